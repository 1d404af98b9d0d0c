// What pages declare, done: buttons and forms that call the API.
//
//   <button data-call="POST /conversations/…/close" data-body='{"…":1}' data-confirm="Title" data-confirm-text="…"
//           data-confirm-type="text to write" data-undo="POST /…" data-done="Words of the toast" data-refresh="#id">
//   <form data-call="PATCH /channels/…">: its fields become JSON. A name with dots nests (`bot.starts`). `data-type` of a
//     field says what it becomes: `number` (empty: null), `text-or-null`, `list` (one a line), `json`; a check box becomes true
//     or false, or with `data-type="list"` its value in a list. `data-version` is sent as If-Match.
//
// Afterwards: `data-go` leads to another page (`{id}` is taken from the answer), `data-refresh` loads these parts anew by
// their own hx-get, or the page if it is "page"; `madoguchi:done` is dispatched with the answer in any case.
import { Refused, call } from "./api.js";
import { confirm } from "./dialog.js";
import { toast } from "./notice.js";
import { say } from "./words.js";

/** The JSON that a form stands for. */
export function json(form) {
  const root = {};
  for (const field of form.elements) {
    if (!field.name || field.disabled || field.type === "submit" || field.type === "button") continue;
    if (field.type === "radio" && !field.checked) continue;
    const value = of(field);
    if (value === undefined) continue;
    const path = field.name.split(".");
    const last = path.pop();
    const place = path.reduce((object, key) => (object[key] ??= {}), root);
    if (field.type === "checkbox" && field.dataset.type === "list") (place[last] ??= []).push(...value);
    else place[last] = value;
  }
  return root;
}

function of(field) {
  const type = field.dataset.type;
  if (field.type === "checkbox") return type === "list" ? (field.checked ? [field.value] : []) : field.checked;
  if (type === "number" || (field.type === "number" && !type)) return field.value.trim() === "" ? null : Number(field.value);
  if (type === "text-or-null") return field.value.trim() === "" ? null : field.value;
  if (type === "list") return field.value.split("\n").map((line) => line.trim()).filter(Boolean);
  if (type === "json") return JSON.parse(field.value || "null");
  if (type === "bool") return field.value === "true";
  if (type === "skip-empty" && field.value === "") return undefined;
  return field.value;
}

/** Does what `element` declares; resolves to the answer, or to undefined if it was not done. */
export async function act(element) {
  const data = element.dataset;
  if (data.confirm && !(await confirm(data.confirm, data.confirmText, { yes: data.confirmYes, type: data.confirmType }))) return undefined;
  const [method, path] = data.call.split(" ");
  const body = element instanceof HTMLFormElement ? json(element) : data.body ? JSON.parse(data.body) : undefined;
  const button = element instanceof HTMLFormElement ? element.querySelector('[type="submit"]') : element;
  button?.setAttribute("aria-busy", "true");
  if (button) button.disabled = true;
  tell(element, null);
  try {
    const answer = await call(method, path, body, { key: data.key, version: data.version });
    done(element, answer);
    return answer;
  } catch (error) {
    tell(element, error);
    return undefined;
  } finally {
    button?.removeAttribute("aria-busy");
    if (button) button.disabled = false;
  }
}

function done(element, answer) {
  const { done: words, undo, go, refresh, remove } = element.dataset;
  element.dispatchEvent(new CustomEvent("madoguchi:done", { bubbles: true, detail: answer }));
  if (go) {
    location.assign(go.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(answer?.[name] ?? "")));
    return;
  }
  if (words) {
    const back = undo && (async () => {
      const [method, path] = undo.split(" ");
      try { await call(method, path, element.dataset.undoBody ? JSON.parse(element.dataset.undoBody) : undefined); renew(refresh); }
      catch (error) { toast(error instanceof Refused ? error.message : say("failed"), { bad: true }); }
    });
    toast(words, { undo: back || undefined });
  }
  if (remove) element.closest(remove)?.remove();
  renew(refresh);
}

/** Loads parts of the page anew. */
export function renew(selectors) {
  if (!selectors) return;
  if (selectors === "page") { location.reload(); return; }
  for (const part of document.querySelectorAll(selectors)) htmx.trigger(part, "renew");
}

/** Shows an error where it belongs: at its field, in the form, or as a toast. Null takes former ones away. */
function tell(element, error) {
  const form = element.closest("form") ?? element;
  for (const shown of form.querySelectorAll(".field-error, [data-form-error]")) { shown.hidden = true; shown.textContent = ""; }
  for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
  if (!error) return;
  const text = error instanceof Refused ? error.message : say("offline");
  const name = error.problem?.error?.field;
  const place = name && form.querySelector(`[data-field="${CSS.escape(name)}"] .field-error`);
  const general = form.querySelector("[data-form-error]");
  if (place) {
    place.textContent = text;
    place.hidden = false;
    const input = form.querySelector(`[data-field="${CSS.escape(name)}"] :is(input, select, textarea)`);
    input?.setAttribute("aria-invalid", "true");
    input?.focus();
  } else if (general) {
    general.textContent = text;
    general.hidden = false;
    general.scrollIntoView({ block: "nearest" });
  } else {
    toast(text, { bad: true });
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-call]");
  if (button) { event.preventDefault(); act(button); }
});
document.addEventListener("submit", (event) => {
  if (event.target.matches("form[data-call]")) { event.preventDefault(); act(event.target); }
});
