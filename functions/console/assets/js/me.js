// One's own settings: what the customer sees follows what is typed; pictures are uploaded; tests tell what came of them.
import { Refused, call } from "./api.js";
import { renew } from "./act.js";

const LARGEST_BYTES = 5_000_000;
/** How often, and after how long each, it is asked whether a new picture is shown. */
const LOOKS = 10;
const PAUSE_MS = 1500;

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-me]");
  const preview = form && document.querySelector(".sender-preview");
  if (!preview) return;
  preview.dataset.byName = String(form.elements.sender.value === "operator");
  preview.querySelector("[data-shown-name]").textContent = form.elements.display_name.value.trim() || preview.dataset.accountName;
});

document.addEventListener("change", (event) => {
  const place = event.target.closest("[data-picture]");
  const file = place && event.target.files?.[0];
  if (file) upload(place, file).finally(() => { event.target.value = ""; });
});

async function upload(place, file) {
  const words = JSON.parse(place.dataset.words);
  const tell = (text) => { document.querySelector("[data-picture-told]").textContent = text; };
  if (!["image/jpeg", "image/png"].includes(file.type) || file.size === 0 || file.size > LARGEST_BYTES) { tell(words.wrong); return; }
  tell(words.uploading);
  try {
    const { upload_id, form } = await call("POST", "/me/picture/uploads", { type: file.type, size_bytes: file.size });
    const body = new FormData();
    for (const [name, value] of form.fields) body.append(name, value);
    body.append("file", file);
    const answer = await fetch(form.url, { method: "POST", body });
    if (!answer.ok) throw new Error("refused");
    await call("PUT", "/me/picture", { upload_id });
    tell(words.done);
    look(LOOKS);
  } catch (error) {
    tell(error instanceof Refused ? error.message : words.failed);
  }
}

/** Shows the new picture as soon as it is there. */
function look(times) {
  renew("#profile");
  setTimeout(() => { if (times > 1 && document.querySelector('[data-picture][data-state="pending"]')) look(times - 1); }, PAUSE_MS);
}

document.addEventListener("madoguchi:done", (event) => {
  const place = event.target.closest?.("[data-notification-test]");
  if (!place) return;
  const { outcome, code } = event.detail ?? {};
  const text = JSON.parse(place.dataset.words)[outcome] ?? outcome;
  place.querySelector("[data-test-told]").textContent = code && outcome === "refused" ? `${text} (${code})` : text;
});
