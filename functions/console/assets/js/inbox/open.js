// Which list and which conversation the page shows: as its address says, without loading the page anew.
import { command } from "../commands.js";
import { toast } from "../notice.js";
import { say } from "../words.js";
import { begin } from "./list.js";
import { isNarrow, opened, part, query, rowOf, withQuery } from "./part.js";

const inbox = document.querySelector("#inbox");
const pane = document.querySelector("#conversation");

const address = (id, of = query()) => withQuery(id ? `/console/inbox/${id}` : "/console/inbox", of);

function mark(id) {
  for (const link of document.querySelectorAll('#rows [aria-current="true"]')) link.removeAttribute("aria-current");
  if (id) rowOf(id)?.querySelector(".row-name").setAttribute("aria-current", "true");
}

/** Which request the pane waits for. */
let turn = 0;

// What is being loaded is not waited for any more.
function leave() {
  turn += 1;
  htmx.trigger(pane, "htmx:abort");
}

function free() {
  pane.inert = false;
  pane.removeAttribute("aria-busy");
}

/** Opens a conversation beside the list. `more` is what else belongs into the address, such as `message=…`. */
export async function show(id, { push = true, more = "" } = {}) {
  const path = withQuery(`/console/conversations/${id}`, query(), more);
  pane.dataset.opened = id;
  inbox.toggleAttribute("data-open", true);
  mark(id);
  if (push) history.pushState({}, "", withQuery(address(id), more));
  // What a part of the page, or a button, asks to be loaded anew is this one from now on.
  pane.setAttribute("hx-get", path);
  pane.setAttribute("hx-trigger", "renew");
  htmx.process(pane);
  leave();
  const mine = turn;
  const former = pane.firstElementChild;
  const had = pane.contains(document.activeElement);
  // The one that stands there is no longer the one that is open: nothing is to be written to it by mistake.
  pane.inert = true;
  pane.setAttribute("aria-busy", "true");
  await htmx.ajax("GET", path, { source: pane, target: pane, swap: "innerHTML" }).catch(() => {});
  if (mine !== turn) return;
  free();
  if (former?.parentElement === pane) failed(() => show(id, { push: false, more }));
  pane.scrollTop = 0;
  if (had || isNarrow()) pane.focus({ preventScroll: true });
  document.dispatchEvent(new CustomEvent("madoguchi:opened", { detail: { id } }));
}

/** Says in the pane that nothing came, and how to try again. */
function failed(again) {
  const told = Object.assign(document.createElement("div"), { className: "empty" });
  told.setAttribute("role", "alert");
  const button = Object.assign(document.createElement("button"), { type: "button", className: "button", textContent: say("retry") });
  button.addEventListener("click", again);
  told.append(Object.assign(document.createElement("p"), { textContent: say("loadFailed") }), button);
  pane.replaceChildren(told);
}

/** Closes the conversation; the list has the focus then. */
export function hide({ push = true } = {}) {
  const id = opened();
  if (!id) return;
  leave();
  free();
  delete pane.dataset.opened;
  pane.removeAttribute("hx-get");
  pane.removeAttribute("hx-trigger");
  inbox.removeAttribute("data-open");
  mark(null);
  pane.replaceChildren(document.querySelector("#conversation-none").content.cloneNode(true));
  if (push) history.pushState({}, "", address(null));
  rowOf(id)?.querySelector(".row-name").focus();
  document.dispatchEvent(new CustomEvent("madoguchi:closed", { detail: { id } }));
}

/** Shows another list: another section, other filters, another order. */
export async function go(href, { push = true } = {}) {
  const url = new URL(href, location.href);
  const of = url.search.slice(1);
  const focused = document.activeElement?.closest("#sections a")?.getAttribute("href");
  const list = document.querySelector("#list");
  list.setAttribute("aria-busy", "true");
  try {
    const fresh = await part(withQuery("/console/inbox", of));
    const sections = fresh.querySelector("#sections");
    document.querySelector("#sections").replaceWith(sections);
    list.replaceWith(fresh.querySelector("#list"));
    htmx.process(sections);
    if (focused) document.querySelector(`#sections a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
    mark(opened());
    begin();
    if (push) history.pushState({}, "", address(opened()));
    document.dispatchEvent(new CustomEvent("madoguchi:listed"));
  } catch {
    list.removeAttribute("aria-busy");
    toast(say("loadFailed"), { bad: true });
  }
}

const isPlain = (event) => event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || !isPlain(event)) return;
  const row = event.target.closest(".row-name")?.closest(".chat");
  const link = event.target.closest("a[data-inbox-link]");
  if (row) { event.preventDefault(); if (row.dataset.id !== opened() || isNarrow()) show(row.dataset.id); }
  else if (link) { event.preventDefault(); go(link.href); }
});

function asked(form) {
  const chosen = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (value) chosen.set(name, chosen.has(name) ? `${chosen.get(name)},${value}` : value);
  chosen.sort();
  return withQuery("/console/inbox", chosen.toString());
}
document.addEventListener("change", async (event) => {
  const form = event.target.closest("#filters");
  if (!form) return;
  const [name, value, wasOpen] = [event.target.name, event.target.value, Boolean(form.querySelector("details[open]"))];
  await go(asked(form));
  // One goes on choosing where one was.
  const panel = document.querySelector("#filters details");
  if (wasOpen && panel) panel.open = true;
  const same = [...document.querySelectorAll(`#filters [name="${CSS.escape(name)}"]`)];
  (same.find((field) => field.type !== "checkbox" || field.value === value) ?? same[0])?.focus();
});
document.addEventListener("submit", (event) => {
  if (event.target.id === "filters") { event.preventDefault(); go(asked(event.target)); }
});

addEventListener("popstate", async () => {
  const of = location.search.slice(1);
  const id = location.pathname.match(/^\/console\/inbox\/([^/]+)$/)?.[1] ?? null;
  const more = new URLSearchParams(of).get("message");
  const listed = new URLSearchParams(of);
  listed.delete("message");
  if (listed.toString() !== new URLSearchParams(query()).toString()) await go(`/console/inbox?${listed}`, { push: false });
  if (id && id !== opened()) show(id, { push: false, more: more ? `message=${encodeURIComponent(more)}` : "" });
  else if (!id) hide({ push: false });
});

// What cannot be shown says so where it would be; and what comes too late for what is shown now is left out.
document.body.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.target !== pane) return;
  const path = detail.pathInfo?.requestPath ?? "";
  if (!opened() || !path.startsWith(`/console/conversations/${opened()}`)) detail.shouldSwap = false;
  else if (detail.xhr.status >= 400 && detail.xhr.status !== 401) { detail.shouldSwap = true; detail.isError = false; }
});

document.addEventListener("madoguchi:open", (event) => { event.preventDefault(); show(event.detail.id); });
document.addEventListener("madoguchi:conversation", ({ detail: { id, removed } }) => {
  if (removed && id === opened()) { hide(); toast(say("gone")); }
});

// While nothing tells what has changed, the one that is open may have.
document.addEventListener("madoguchi:poll", () => {
  const id = opened();
  if (id) document.dispatchEvent(new CustomEvent("madoguchi:conversation", { detail: { kind: "conversation", id, conversation_id: id, version: 0 } }));
});

command("back", () => hide(), { group: "group.list", keys: ["u", "Escape"], when: () => opened() !== null });
