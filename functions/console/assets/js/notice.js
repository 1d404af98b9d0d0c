// Short messages: toasts that go by themselves, and a banner that stays as long as what it tells.
import { say } from "./words.js";

const LIFE_MS = 6000;

/** Shows `text` for a moment. `undo`, if given, is called when the person wants it undone. */
export function toast(text, { bad = false, undo } = {}) {
  const shown = document.createElement("div");
  shown.className = bad ? "toast bad" : "toast";
  shown.append(Object.assign(document.createElement("span"), { textContent: text }));
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = undo ? say("undo") : say("close");
  button.addEventListener("click", () => { shown.remove(); undo?.(); });
  shown.append(button);
  document.querySelector("#toasts").append(shown);
  let timer = setTimeout(() => shown.remove(), bad ? 2 * LIFE_MS : LIFE_MS);
  shown.addEventListener("pointerenter", () => clearTimeout(timer));
  shown.addEventListener("pointerleave", () => { timer = setTimeout(() => shown.remove(), LIFE_MS); });
  return shown;
}

const banners = new Map();

/** Shows `text` at the top until it is called with null for the same `kind`. */
export function banner(kind, text, ...beside) {
  if (text === null) banners.delete(kind);
  else banners.set(kind, [text, ...beside]);
  const place = document.querySelector("#banner");
  const latest = [...banners.values()].pop();
  place.replaceChildren(...(latest ?? []));
}
