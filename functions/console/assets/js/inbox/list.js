// The list: the next pages as one scrolls, and changes as they happen. Rows are put in by id and version (CON-9) at the place that their
// order says, without taking away where the person is: scroll, selection and focus stay.
import { command } from "../commands.js";
import { toast } from "../notice.js";
import { say } from "../words.js";
import { list, opened, part, query, rowOf, rows, withQuery } from "./part.js";

const TOGETHER_MS = 250;
const COUNTS_MS = 1200;
const LATE_MS = 1200;
const TRIES = 3;
const AT_ONCE = 50;
const TOP_PX = 40;

const scroller = () => document.querySelector("#list-scroll");
/** Conversations that were told of and are to be fetched, with the version that was told and how often it was tried. */
const wanted = new Map();
const unseen = new Set();
let timer = 0;
let counting = 0;
let loading = false;
/** Where one was in the list when the open conversation left it. */
let left = null;

/** Fetches the row of a conversation anew. */
export function refresh(id, version = 0, tries = 0) {
  const known = wanted.get(id);
  wanted.set(id, { version: Math.max(version, known?.version ?? 0), tries });
  clearTimeout(timer);
  timer = setTimeout(fetchWanted, tries ? LATE_MS : TOGETHER_MS);
}

/** The counts anew, a moment later: they lag a second behind. */
export function recount() {
  clearTimeout(counting);
  counting = setTimeout(() => htmx.trigger("#sections", "renew"), COUNTS_MS);
}

async function fetchWanted() {
  const asked = [...wanted].slice(0, AT_ONCE);
  for (const [id] of asked) wanted.delete(id);
  if (asked.length === 0) return;
  const of = query();
  try {
    const found = await part(withQuery("/console/inbox/rows", of, `ids=${asked.map(([id]) => id).join(",")}`));
    // Meanwhile another list may be shown.
    if (of !== query()) return;
    const fresh = new Map([...found.querySelectorAll(".chat")].map((row) => [row.dataset.id, row]));
    for (const [id, { version, tries }] of asked) {
      const row = fresh.get(id);
      if (row) put(row); else takeAway(id);
      // What was told may not be readable everywhere yet.
      if (row && Number(row.dataset.version) < version && tries < TRIES) refresh(id, version, tries + 1);
    }
    after();
  } catch {
    for (const [id, { version, tries }] of asked) if (tries < TRIES) refresh(id, version, tries + 1);
  }
  if (wanted.size > 0) { clearTimeout(timer); timer = setTimeout(fetchWanted, TOGETHER_MS); }
}

/** Puts a row where it belongs, unless a later one of its conversation is there. */
function put(fresh) {
  const old = rowOf(fresh.dataset.id);
  if (old && Number(old.dataset.version) > Number(fresh.dataset.version)) return;
  if (fresh.dataset.id === opened()) fresh.querySelector(".row-name").setAttribute("aria-current", "true");
  const rest = document.querySelector("#rows-more");
  const above = rows().filter((row) => row !== old);
  const next = above.find((row) => row.dataset.order > fresh.dataset.order);
  if (!old && !next && rest) return;
  const isHigher = !old || old.dataset.order > fresh.dataset.order;
  const row = old ?? document.importNode(fresh, true);
  if (old) {
    const shown = old.querySelector(".veiled > span:not([hidden])");
    Idiomorph.morph(old, fresh, { morphStyle: "outerHTML" });
    if (shown) unveil(rowOf(fresh.dataset.id));
  }
  const there = next ?? rest;
  if (!old || row.nextElementSibling !== there) move(row, there);
  if (isHigher && isScrolled() && row.dataset.id !== opened()) unseen.add(row.dataset.id);
}

// Moving an element takes its focus away, unless the browser can move without taking out.
function move(row, before) {
  const focused = row.contains(document.activeElement) ? document.activeElement : null;
  if (row.isConnected && list().moveBefore) list().moveBefore(row, before);
  else list().insertBefore(row, before);
  if (focused && document.activeElement !== focused) focused.focus({ preventScroll: true });
}

function takeAway(id) {
  unseen.delete(id);
  const row = rowOf(id);
  if (!row) return;
  const beside = row.nextElementSibling?.matches(".chat") ? row.nextElementSibling : row.previousElementSibling;
  const had = row.contains(document.activeElement);
  row.remove();
  if (!had) return;
  // Keys are for what has the focus: of the open conversation they stay with it, and do not go over to the one beside.
  if (id === opened()) { left = beside; document.querySelector("#conversation").focus({ preventScroll: true }); }
  else beside?.querySelector(".row-name")?.focus({ preventScroll: true });
}

const isScrolled = () => scroller().scrollTop > TOP_PX;

function after() {
  list().toggleAttribute("data-clear", rows().length === 0 && !document.querySelector("#rows-more"));
  pill();
}

function pill() {
  const button = document.querySelector(".list-new");
  if (!button) return;
  if (!isScrolled()) unseen.clear();
  const text = unseen.size > 0 ? say("new", unseen.size) : "";
  const words = button.querySelector("span");
  if (words.textContent !== text) words.textContent = text;
  const said = document.querySelector("#list-said");
  if (button.hidden !== (unseen.size === 0) && unseen.size > 0) said.textContent = say("arrived", unseen.size);
  button.hidden = unseen.size === 0;
}

function unveil(row) {
  const veiled = row?.querySelector(".veiled");
  if (!veiled) return;
  veiled.querySelector("span").hidden = false;
  veiled.querySelector("[data-unveil]").hidden = true;
}

/** The top of the list anew, and of what else is shown what has changed: where nothing tells what did. */
async function look(all) {
  const of = query();
  try {
    const found = await part(withQuery("/console/inbox/list", of));
    if (of !== query()) return;
    const fresh = [...found.querySelectorAll(".chat")];
    const ids = new Set(fresh.map((row) => row.dataset.id));
    const last = fresh.at(-1)?.dataset.order;
    const whole = !found.querySelector("#rows-more");
    // What stood in this stretch and does no longer has moved on, or is gone: it is asked for.
    const others = rows().filter((row) => !ids.has(row.dataset.id) && (all || whole || row.dataset.order <= last));
    fresh.forEach(put);
    for (const row of others) refresh(row.dataset.id);
    after();
  } catch { /* The next look finds it. */ }
}

/** Loads the next page. */
async function more() {
  const rest = document.querySelector("#rows-more");
  if (!rest || loading) return;
  loading = true;
  rest.setAttribute("aria-busy", "true");
  const of = query();
  try {
    const found = await part(withQuery("/console/inbox/list", of, `cursor=${encodeURIComponent(rest.dataset.cursor)}`));
    if (of !== query() || !rest.isConnected) return;
    const fresh = [...found.children].filter((row) => !(row.dataset.id && rowOf(row.dataset.id)));
    for (const row of fresh) if (row.dataset.id && row.dataset.id === opened()) row.querySelector(".row-name").setAttribute("aria-current", "true");
    rest.replaceWith(...fresh);
    after();
    watch();
  } catch {
    rest.removeAttribute("aria-busy");
    toast(say("loadFailed"), { bad: true });
  } finally {
    loading = false;
  }
}

let watcher = null;

/** Watches for the end of what is loaded; again for every list that is shown. */
export function watch() {
  watcher?.disconnect();
  const rest = document.querySelector("#rows-more");
  if (!rest) return;
  watcher = new IntersectionObserver((seen) => { if (seen.some((one) => one.isIntersecting)) more(); }, { root: scroller(), rootMargin: "900px 0px" });
  watcher.observe(rest);
}

/** For another list: nothing of the former one is waited for. */
export function begin() {
  wanted.clear();
  unseen.clear();
  scroller().addEventListener("scroll", pill, { passive: true });
  watch();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-unveil]");
  if (button) unveil(button.closest(".chat"));
});
document.addEventListener("madoguchi:conversation", ({ detail: { id, version = 0, removed } }) => {
  if (removed) { takeAway(id); after(); } else refresh(id, version);
});
document.addEventListener("madoguchi:counts", recount);
document.addEventListener("madoguchi:poll", () => { look(false); recount(); });
document.addEventListener("madoguchi:reload", () => { look(true); recount(); });

// Whatever was done to a conversation, here or in the pane beside, shows in its row.
document.addEventListener("madoguchi:done", (event) => {
  const row = event.target.closest?.(".chat");
  const inside = event.target.closest?.("#conversation");
  if (row || inside) { refresh(row?.dataset.id ?? opened()); recount(); }
});

command("more", more);
command("to-top", () => { scroller().scrollTo({ top: 0 }); unseen.clear(); pill(); }, { group: "group.list", keys: ["g g"] });

function step(by) {
  const all = rows();
  if (all.length === 0) return;
  const at = all.findIndex((row) => row.contains(document.activeElement));
  const from = at >= 0 ? at : all.findIndex((row) => row.dataset.id === opened());
  const to = from < 0 ? Math.max(0, all.indexOf(left)) : Math.max(0, Math.min(from + by, all.length - 1));
  const link = all[to].querySelector(".row-name");
  link.focus({ preventScroll: true });
  all[to].scrollIntoView({ block: "nearest" });
  if (to > all.length - 8) more();
}
command("next", () => step(1), { group: "group.list", keys: ["j", "ArrowDown"] });
command("previous", () => step(-1), { group: "group.list", keys: ["k", "ArrowUp"] });
command("open", () => document.activeElement.closest?.(".chat")?.querySelector(".row-name").click(), { group: "group.list", keys: ["o"], when: () => Boolean(document.activeElement?.closest?.(".chat")) });

begin();
