// Tells of customers who write while the page is open, of what the person wants to be told of on the desktop: with
// `madoguchi:notice` {id, kind}, upon which it sounds, and through the service worker while no page is in front.
import { call } from "./api.js";
import { kept } from "./sound.js";

const me = document.querySelector('meta[name="visitor"]')?.content ?? "";
/** Several changes of a conversation at once are looked at once. */
const PAUSE_MS = 400;
/** What is older was there before the page. */
const FRESH_MS = 30_000;
const SETTINGS_LIFE_MS = 60_000;
const unread = new Map();
const changed = new Set();
let timer = null;
let settings = null;
let read = 0;

const pushes = () => "Notification" in window && Notification.permission === "granted" && localStorage.getItem(`madoguchi_push:${me}`) === "on";

document.addEventListener("madoguchi:conversation", ({ detail }) => {
  if (!detail?.id || detail.removed || (!kept("madoguchi_sound") && !pushes())) return;
  changed.add(detail.id);
  timer ??= setTimeout(() => { timer = null; look().catch(() => {}); }, PAUSE_MS);
});

// The latest of the list, and not one by one: an administrator who is told of a conversation has not read it.
async function look() {
  const ids = new Set(changed);
  changed.clear();
  const { items } = await call("GET", "/conversations?limit=20");
  for (const conversation of items.filter(({ id }) => ids.has(id))) await weigh(conversation);
}

async function weigh(conversation) {
  const { id } = conversation;
  const before = unread.get(id);
  unread.set(id, conversation.unread);
  const isNew = before === undefined ? Date.now() - Date.parse(conversation.last_activity_at) < FRESH_MS : conversation.unread > before;
  if (!isNew || !conversation.unreplied || conversation.unread === 0 || conversation.mode === "bot") return;
  const kind = conversation.assignee_id === null ? "unassigned" : conversation.assignee_id === me ? "mine" : "others";
  if (!(await wants(kind))) return;
  document.dispatchEvent(new CustomEvent("madoguchi:notice", { detail: { id, kind } }));
  if (!document.hidden || !pushes()) return;
  const registration = await navigator.serviceWorker.getRegistration("/console/");
  registration?.active?.postMessage({ kind, conversation_id: id, contact: conversation.contact?.name ?? undefined, at: conversation.last_activity_at });
}

/** Whether the person wants to be told of this on the desktop. */
async function wants(kind) {
  if (!settings || Date.now() - read > SETTINGS_LIFE_MS) {
    const [chosen, duty] = await Promise.all([call("GET", "/me/notifications"), call("GET", "/me/availability")]);
    settings = { kinds: chosen.kinds, available: duty.available };
    read = Date.now();
  }
  return Boolean(settings.kinds?.[kind]?.desktop) && (kind !== "unassigned" || settings.available);
}
document.addEventListener("madoguchi:done", () => { settings = null; });
