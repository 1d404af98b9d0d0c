// <form data-preview="/console/…">: shows, while it is filled in, what it would come to. The console is asked with the JSON that
// would be sent to the API; nothing is changed by that. What it answers takes the place of what has the same ids.
import { json } from "./act.js";
import { csrf } from "./api.js";

const PAUSE_MS = 200;
const waiting = new WeakMap();

async function show(form) {
  waiting.get(form)?.abort();
  const abort = new AbortController();
  waiting.set(form, abort);
  const headers = { "content-type": "application/json", "x-csrf-token": csrf(), "hx-request": "true" };
  let draft;
  try { draft = JSON.stringify(json(form)); } catch { return; }
  try {
    const answer = await fetch(form.dataset.preview, { method: "POST", headers, body: draft, signal: abort.signal });
    if (!answer.ok) return;
    const parts = document.createElement("template");
    parts.innerHTML = await answer.text();
    for (const part of [...parts.content.children]) {
      const place = part.id && document.getElementById(part.id);
      if (place) Idiomorph.morph(place, part, { morphStyle: "outerHTML" });
    }
  } catch (error) {
    // Without network there is no preview; what is typed stays.
    if (error.name !== "AbortError" && !(error instanceof TypeError)) throw error;
  }
}

const timers = new WeakMap();
/** Shows the preview of `form` soon. */
export function soon(form) {
  clearTimeout(timers.get(form));
  timers.set(form, setTimeout(() => show(form), PAUSE_MS));
}

for (const kind of ["input", "change"]) {
  document.addEventListener(kind, (event) => {
    const form = event.target.closest?.("form[data-preview]");
    if (form) soon(form);
  });
}
