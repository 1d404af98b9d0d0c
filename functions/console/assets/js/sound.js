// The sound of something new, and other switches that only this browser keeps.
import { command } from "./commands.js";

/** Whether the switch `name` is on here; sound begins off, everything else on. */
export function kept(name) {
  const value = localStorage.getItem(name);
  return value === null ? name !== "madoguchi_sound" : value === "on";
}

let audio;

/** Two short tones, made here: no file is loaded. */
export function play() {
  audio ??= new AudioContext();
  audio.resume();
  const from = audio.currentTime + 0.02;
  for (const [index, pitch] of [660, 880].entries()) {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    const at = from + index * 0.13;
    tone.type = "sine";
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.0001, at);
    volume.gain.exponentialRampToValueAtTime(0.12, at + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.28);
    tone.connect(volume).connect(audio.destination);
    tone.start(at);
    tone.stop(at + 0.3);
  }
}

// However much comes at once, and in however many tabs, it sounds once.
let last = 0;
const tabs = new BroadcastChannel("madoguchi-sound");
tabs.addEventListener("message", () => { last = Date.now(); });
document.addEventListener("madoguchi:notice", () => {
  if (!kept("madoguchi_sound") || Date.now() - last < 2000) return;
  last = Date.now();
  tabs.postMessage("played");
  play();
});

command("sound", play);

function show() {
  for (const box of document.querySelectorAll("input[data-kept]")) box.checked = kept(box.dataset.kept);
}
document.addEventListener("change", (event) => {
  const name = event.target.dataset?.kept;
  if (!name) return;
  localStorage.setItem(name, event.target.checked ? "on" : "off");
  document.dispatchEvent(new CustomEvent("madoguchi:kept", { detail: name }));
  if (name === "madoguchi_sound" && event.target.checked) play();
});
document.body.addEventListener("htmx:afterSettle", show);
show();
