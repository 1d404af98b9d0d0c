// Live updates: one WebSocket, opened by a ticket. What it tells becomes events on `document`:
//
//   madoguchi:conversation  {kind, id, conversation_id, version, channel, removed}   a conversation is new, changed or gone: fetch it if it is shown
//   madoguchi:message       {kind, id, conversation_id, version, channel, removed}   the same of a message or a line of the timeline
//   madoguchi:counts        {}     the counts of sections may have changed
//   madoguchi:presence      {conversation_id, people: [{operator_id, name, until, typing_until}]}   who else looks at what one looks at
//   madoguchi:poll          {}     something may have changed: there is no socket (every 15 seconds), or it has just been opened
//   madoguchi:reload        {}     too much was missed to be told: load what is shown anew
//   madoguchi:live          {on}   the socket is there, or not
//
// And it hears events, which pages dispatch again for as long as they hold:
//
//   madoguchi:viewing       {conversation_id}            the conversation that is on the screen; null for none (every 30 seconds)
//   madoguchi:typing        {conversation_id, writes}    the person writes there (every 5 seconds), or with `writes: false` no longer
//
// Things are told late, repeatedly and out of order (CON-9): of a conversation what is older than what was told before is left out
// here; whoever fetches keeps what has the higher version.
import { call } from "./api.js";
import { banner } from "./notice.js";
import { say } from "./words.js";

const POLL_MS = 15_000;
const PING_MS = 45_000;
const ANSWER_MS = 10_000;
const LONGEST_PAUSE_MS = 30_000;
const PATIENCE_MS = 8_000;

const offered = Boolean(document.querySelector('meta[name="live"]')?.content);
let socket = null;
let seq = null;
let tries = 0;
let timer = 0;
let silent = 0;
let lostAt = 0;
let out = false;
const versions = new Map();

const tell = (name, detail = {}) => document.dispatchEvent(new CustomEvent(`madoguchi:${name}`, { detail }));
const isOpen = () => socket?.readyState === WebSocket.OPEN;
const speak = (message) => { if (isOpen()) socket.send(JSON.stringify(message)); };

document.addEventListener("madoguchi:viewing", ({ detail: { conversation_id } }) => speak({ action: "viewing", conversation_id }));
document.addEventListener("madoguchi:typing", ({ detail: { conversation_id, writes = true } }) => {
  speak(writes ? { action: "typing", conversation_id } : { action: "typing", conversation_id, typing: false });
});

/** Whether changes are told as they happen. */
export const live = () => isOpen();

async function connect() {
  clearTimeout(timer);
  if (!offered || out || socket || !navigator.onLine) return;
  socket = { readyState: WebSocket.CONNECTING, close() {} };
  try {
    const { ticket, url } = await call("POST", "/live/tickets", {});
    const opened = new WebSocket(`${url}?ticket=${encodeURIComponent(ticket)}`);
    socket = opened;
    opened.addEventListener("open", () => speak(seq === null ? { action: "hello" } : { action: "resume", after: seq }));
    opened.addEventListener("message", ({ data }) => { if (socket === opened) hear(data); });
    opened.addEventListener("close", () => { if (socket === opened) lost(); });
  } catch {
    lost();
  }
}

function lost() {
  socket = null;
  clearTimeout(silent);
  if (!lostAt) { lostAt = Date.now(); tell("live", { on: false }); }
  // With jitter, so that not everybody comes back at the same moment.
  const pause = Math.min(LONGEST_PAUSE_MS, 1000 * 2 ** tries) * (0.5 + Math.random() / 2);
  tries++;
  clearTimeout(timer);
  timer = setTimeout(connect, pause);
  setTimeout(show, PATIENCE_MS + 100);
}

function back() {
  tries = 0;
  lostAt = 0;
  show();
  tell("live", { on: true });
}

// A short loss is nobody's concern.
function show() {
  const bad = offered && lostAt && Date.now() - lostAt >= PATIENCE_MS && navigator.onLine && !out;
  banner("live", bad ? say("reconnecting") : null);
}

function hear(data) {
  let told;
  try { told = JSON.parse(data); } catch { return; }
  listen();
  if (Number.isInteger(told.seq)) seq = Math.max(seq ?? 0, told.seq);
  switch (told.type) {
    case "hello": back(); tell("poll"); break;
    case "resumed": back(); break;
    case "reload": back(); versions.clear(); tell("reload"); tell("counts"); break;
    case "changes": changed(told.changes ?? []); break;
    case "presence": tell("presence", { conversation_id: told.conversation_id, people: told.people ?? [] }); break;
    default: break;
  }
}

function changed(changes) {
  let counts = false;
  for (const { kind, id, conversation_id: conversation, channel_id: channel, version, removed = false } of changes) {
    if (kind === "conversation") {
      const known = versions.get(id);
      const rank = version * 2 + (removed ? 1 : 0);
      if (known !== undefined && rank <= known) continue;
      versions.set(id, rank);
      counts = true;
      tell("conversation", { kind, id, conversation_id: id, version, channel, removed });
    } else if (kind === "message") {
      tell("message", { kind, id, conversation_id: conversation, version, channel, removed });
    }
  }
  if (counts) tell("counts");
}

// A connection can die without a word: whoever hears nothing asks, and who is not answered begins anew.
function listen() {
  clearTimeout(silent);
  silent = setTimeout(() => {
    speak({ action: "ping" });
    silent = setTimeout(() => { const dead = socket; lost(); dead?.close(); }, ANSWER_MS);
  }, PING_MS);
}

setInterval(() => { if (!isOpen() && !document.hidden && navigator.onLine && !out) tell("poll"); }, POLL_MS);

function again() {
  if (isOpen()) return;
  tries = 0;
  if (!socket) connect();
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  again();
  if (!isOpen()) tell("poll");
});
addEventListener("online", () => { again(); tell("poll"); });
addEventListener("offline", () => { const dead = socket; if (dead) { lost(); dead.close(); } });
addEventListener("pagehide", () => { const left = socket; socket = null; clearTimeout(timer); left?.close(); });
addEventListener("pageshow", (event) => { if (event.persisted) { again(); tell("poll"); } });
document.addEventListener("madoguchi:signed-out", () => { out = true; show(); });
document.addEventListener("madoguchi:signed-in", () => { out = false; again(); });
connect();
