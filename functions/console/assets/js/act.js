// What pages declare, done: buttons and forms that call the API.
//
//   <button data-call="POST /conversations/…/close" data-body='{"…":1}' data-confirm="Title" data-confirm-text="…"
//           data-confirm-type="text to write" data-undo="POST /…" data-done="Words of the toast" data-refresh="#id">
//   <form data-call="PATCH /channels/…">: its fields become JSON. A name with dots nests (`bot.starts`). `data-type` of a
//     field says what it becomes: `number` (empty: null), `text-or-null`, `list` (one a line), `json`, `instant` (a
//     local time, as the instant that it is); a check box becomes true
//     or false, or with `data-type="list"` its value in a list. `data-version` is sent as If-Match. `gate` is a check box
//     that says nothing while it is checked, else null; `path` a list with slashes between; `map` lines such as `1: text`;
//     `none` is not sent. `data-times` names the field, by its id, that a number is multiplied with. What is disabled is
//     not sent, see opens.js.
//   `data-errors` of a form or button has the words for some ids of errors, as JSON; `{"field", "text"}` in place of words
//     shows them at that field. `id:field` is for an error whose message names the field, as in "`field` must …".
//   Fields in a `data-row` become one item of the list that the `data-rows` around it names; without its `data-row-switch`
//     checked, none.
//
// Afterwards: `data-go` leads to another page (`{id}` is taken from the answer), `data-follow` to the address that the answer
// has under this name, `data-refresh` loads these parts anew by
// their own hx-get, or the page if it is "page"; `madoguchi:done` is dispatched with the answer in any case.
// `data-clear` empties the form, `data-close` closes the <details> around it.
import { Refused, call } from "./api.js";
import { confirm } from "./dialog.js";
import { toast } from "./notice.js";
import { say } from "./words.js";

/** The JSON that a form stands for. */
export function json(form) {
  const root = {};
  const rows = new Map();
  for (const list of form.querySelectorAll("[data-rows]")) root[list.dataset.rows] = [];
  for (const field of form.elements) {
    if (!field.name || field.matches(":disabled") || field.type === "submit" || field.type === "button") continue;
    if (field.type === "radio" && !field.checked) continue;
    const value = of(field);
    if (value === undefined) continue;
    const row = field.closest("[data-row]");
    if (row && !rows.has(row)) rows.set(row, begun(row, root));
    const base = row ? rows.get(row) : root;
    if (!base) continue;
    const path = field.name.split(".");
    const last = path.pop();
    const place = path.reduce((object, key) => (object[key] ??= {}), base);
    if (field.type === "checkbox" && field.dataset.type === "list") (place[last] ??= []).push(...value);
    else place[last] = value;
  }
  return root;
}

/** The item that a row stands for, or null if it is not wanted. */
function begun(row, root) {
  const wanted = row.querySelector("[data-row-switch]")?.checked ?? true;
  const item = wanted ? {} : null;
  if (item) root[row.closest("[data-rows]").dataset.rows].push(item);
  return item;
}

function of(field) {
  const type = field.dataset.type;
  if (type === "none") return undefined;
  if (type === "gate") return field.checked ? undefined : null;
  if (field.dataset.times) return field.value.trim() === "" ? null : Math.round(Number(field.value) * Number(document.getElementById(field.dataset.times).value));
  if (type === "path") return field.value.split("/").map((name) => name.trim()).filter(Boolean);
  if (type === "map") {
    const lines = field.value.split("\n").map((line) => line.split(/[:：]/)).filter(([name]) => name.trim());
    return Object.fromEntries(lines.map(([name, ...value]) => [name.trim(), value.join(":").trim()]));
  }
  if (field.type === "checkbox") return type === "list" ? (field.checked ? [field.value] : []) : field.checked;
  if (type === "number" || (field.type === "number" && !type)) return field.value.trim() === "" ? null : Number(field.value);
  if (type === "text-or-null") return field.value.trim() === "" ? null : field.value;
  if (type === "list") return field.value.split("\n").map((line) => line.trim()).filter(Boolean);
  if (type === "json") return JSON.parse(field.value || "null");
  if (type === "instant") return field.value === "" ? null : new Date(field.value).toISOString();
  if (type === "bool") return field.value === "true";
  if (type === "skip-empty" && field.value === "") return undefined;
  return field.value;
}

/** Does what `element` declares; resolves to the answer, or to undefined if it was not done. */
export async function act(element) {
  // As it was pressed: what is drawn anew meanwhile may make something else of the element.
  const data = { ...element.dataset };
  if (data.confirm && !(await confirm(data.confirm, data.confirmText, { yes: data.confirmYes, type: data.confirmType }))) return undefined;
  const [method, path] = data.call.split(" ");
  const body = element instanceof HTMLFormElement ? json(element) : data.body ? JSON.parse(data.body) : undefined;
  const button = element instanceof HTMLFormElement ? element.querySelector('[type="submit"]') : element;
  button?.setAttribute("aria-busy", "true");
  if (button) button.disabled = true;
  tell(element, null);
  try {
    const answer = await call(method, path, body, { key: data.key, version: data.version });
    done(element, data, answer);
    return answer;
  } catch (error) {
    tell(element, error);
    return undefined;
  } finally {
    button?.removeAttribute("aria-busy");
    if (button) button.disabled = false;
  }
}

function done(element, data, answer) {
  const { done: words, undo, undoBody, go, follow, refresh, remove } = data;
  const around = element.closest(".chat, [data-thread]");
  element.dispatchEvent(new CustomEvent("madoguchi:done", { bubbles: true, detail: answer }));
  if (follow) {
    location.assign(answer[follow]);
    return;
  }
  if (go) {
    location.assign(go.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(answer?.[name] ?? "")));
    return;
  }
  if (words) {
    const back = undo && (async () => {
      const [method, path] = undo.split(" ");
      let undone;
      try { undone = await call(method, path, undoBody ? JSON.parse(undoBody) : undefined); }
      catch (error) { toast(error instanceof Refused ? error.message : say("failed"), { bad: true }); return; }
      // The element may be gone; what it stood in shows how things are now.
      const place = [element, around].find((one) => one?.isConnected) ?? document.body;
      place.dispatchEvent(new CustomEvent("madoguchi:done", { bubbles: true, detail: undone }));
      renew(refresh);
    });
    toast(words, { undo: back || undefined });
  }
  if (remove) element.closest(remove)?.remove();
  if ("clear" in data) element.reset();
  if ("close" in data) {
    const opened = element.closest("details");
    if (opened) {
      opened.open = false;
      // What has the focus is not drawn anew: it comes back afterwards.
      const back = () => { if (document.activeElement === document.body) opened.querySelector("summary")?.focus(); };
      if (refresh) document.body.addEventListener("htmx:afterSettle", back, { once: true });
      else back();
    }
  }
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
  const known = JSON.parse(element.dataset.errors || "{}");
  const named = /`([\w.]+)`/.exec(error.message ?? "")?.[1];
  const told = known[`${error.id}:${named}`] ?? known[error.id];
  const text = error instanceof Refused ? told?.text ?? told ?? error.message : say("offline");
  const name = told?.field ?? error.problem?.error?.field;
  const place = name && form.querySelector(`[data-field="${CSS.escape(name)}"] .field-error`);
  const general = form.querySelector("[data-form-error]");
  if (place) {
    place.textContent = text;
    place.hidden = false;
    const folded = place.closest("details");
    if (folded) folded.open = true;
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
