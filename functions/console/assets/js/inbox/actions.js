// What is done with a conversation, from its row or by a key: the API is asked, and what it answers shows. Nothing is changed on the
// screen before; what it refuses is told, and the row stays as it was.
import { Refused, call } from "../api.js";
import { command, run } from "../commands.js";
import { confirm, open } from "../dialog.js";
import { toast } from "../notice.js";
import { say } from "../words.js";
import { recount, refresh } from "./list.js";
import { opened, rowOf } from "./part.js";

const me = document.querySelector('meta[name="visitor"]').content;

/** How things stand with a conversation: as its row says, or as the API does. */
async function state(id) {
  const row = rowOf(id)?.dataset;
  if (row) return { assignee: row.assignee ?? null, mode: row.mode, done: "done" in row, snoozed: "snoozed" in row, closed: row.status === "closed" };
  const { assignee_id: assignee, mode, done, snooze, status } = await call("GET", `/conversations/${id}`);
  return { assignee, mode, done, snoozed: snooze !== null, closed: status === "closed" };
}

/** Whose conversation it is, as its row or its head says. */
const nameOf = (id) => (rowOf(id)?.querySelector(".row-name") ?? (id === opened() ? document.querySelector("#conversation-name bdi") : null))?.textContent.trim() ?? "";
/** The question called `name`, with whose conversation it is about: the one with the focus need not be the one that is open. */
const about = (id, name) => [nameOf(id) && `\u2068${nameOf(id)}\u2069`, say(name)].filter(Boolean).join(" · ");

// Each: what is asked of the API, and what takes it back.
const VERBS = {
  claim: {
    ask: (id, { assignee }) => call("PUT", `/conversations/${id}/assignee`, assignee ? { operator_id: "me", expect: assignee } : { operator_id: "me" }),
    back: (id, { assignee }) => assignee
      ? call("PUT", `/conversations/${id}/assignee`, { operator_id: assignee, expect: me })
      : call("DELETE", `/conversations/${id}/assignee?expect=${encodeURIComponent(me)}`),
  },
  done: { ask: (id) => call("POST", `/conversations/${id}/done`), back: (id) => call("DELETE", `/conversations/${id}/done`) },
  undone: { ask: (id) => call("DELETE", `/conversations/${id}/done`), back: (id) => call("POST", `/conversations/${id}/done`) },
  snooze: {
    prepare: until,
    ask: (id, _, until) => call("POST", `/conversations/${id}/snooze`, { until }),
    back: (id) => call("DELETE", `/conversations/${id}/snooze`),
  },
  wake: { ask: (id) => call("DELETE", `/conversations/${id}/snooze`) },
  close: {
    prepare: async (id) => (await confirm(about(id, "close.ask"), say("close.why"), { yes: say("close.yes"), danger: false })) || undefined,
    ask: (id) => call("POST", `/conversations/${id}/close`),
    back: (id) => call("POST", `/conversations/${id}/reopen`),
  },
  reopen: { ask: (id) => call("POST", `/conversations/${id}/reopen`) },
  bot: { ask: (id) => call("PUT", `/conversations/${id}/mode`, { mode: "bot" }), back: (id) => call("PUT", `/conversations/${id}/mode`, { mode: "operator" }) },
  operator: { ask: (id) => call("PUT", `/conversations/${id}/mode`, { mode: "operator" }), back: (id) => call("PUT", `/conversations/${id}/mode`, { mode: "bot" }) },
};

const failed = (error) => toast(error instanceof Refused ? error.message : say("offline"), { bad: true });

function changed(id) {
  refresh(id);
  recount();
  if (id === opened()) htmx.trigger("#conversation", "renew");
}

/** Does `verb` with a conversation; `how` decides between two by how things stand. */
export async function act(id, how) {
  let stands;
  try { stands = await state(id); } catch (error) { failed(error); return; }
  const verb = typeof how === "function" ? how(stands) : how;
  const { prepare, ask, back } = VERBS[verb];
  const prepared = prepare ? await prepare(id) : null;
  if (prepared === undefined) return;
  rowOf(id)?.setAttribute("aria-busy", "true");
  try {
    await ask(id, stands, prepared);
    const undo = back && (async () => {
      try { await back(id, stands); } catch (error) { failed(error); }
      changed(id);
    });
    toast(say(`${verb}.done`), { undo });
  } catch (error) {
    failed(error);
  }
  rowOf(id)?.removeAttribute("aria-busy");
  changed(id);
}

/** Asks until when; resolves to an instant, to null for "until the customer writes", or to undefined. */
async function until(id) {
  const now = new Date();
  const nine = (days) => { const at = new Date(now); at.setDate(at.getDate() + days); at.setHours(9, 0, 0, 0); return at; };
  const choices = [
    ["hour", new Date(now.getTime() + 3_600_000)], ["later", new Date(now.getTime() + 3 * 3_600_000)], ["tomorrow", nine(1)],
    ["monday", nine(((8 - now.getDay()) % 7) || 7)], ["customer", null],
  ];
  const form = Object.assign(document.createElement("form"), { method: "dialog", className: "snooze" });
  form.append(Object.assign(document.createElement("h2"), { id: "dialog-title", textContent: about(id, "snooze.ask") }));
  const language = document.documentElement.lang;
  const exact = new Intl.DateTimeFormat(language, { month: "short", day: "numeric", weekday: "short", hour: "numeric", minute: "2-digit" });
  const many = document.createElement("div");
  many.className = "snooze-choices";
  for (const [name, at] of choices) {
    // None of them is what Enter in the field below stands for.
    const button = Object.assign(document.createElement("button"), { type: "button", className: "button" });
    button.addEventListener("click", () => document.querySelector("#dialog").close(at ? at.toISOString() : "customer"));
    button.append(Object.assign(document.createElement("span"), { textContent: say(`snooze.${name}`) }));
    if (at) button.append(Object.assign(document.createElement("span"), { className: "muted", textContent: exact.format(at) }));
    many.append(button);
  }
  const other = Object.assign(document.createElement("input"), { type: "datetime-local", id: "snooze-other" });
  const label = Object.assign(document.createElement("label"), { htmlFor: other.id, textContent: say("snooze.other") });
  const set = Object.assign(document.createElement("button"), { className: "button primary", textContent: say("snooze.set"), disabled: true });
  other.addEventListener("input", () => {
    const at = new Date(other.value);
    set.disabled = Number.isNaN(at.getTime());
    if (!set.disabled) set.value = at.toISOString();
  });
  const row = document.createElement("div");
  row.className = "snooze-other";
  row.append(other, set);
  const acts = Object.assign(document.createElement("div"), { className: "dialog-acts" });
  acts.append(Object.assign(document.createElement("button"), { className: "button", value: "", textContent: say("cancel") }));
  form.append(many, label, row, acts);
  const chosen = await open(document.querySelector("#dialog"), form);
  if (!chosen) return undefined;
  return chosen === "customer" ? null : chosen;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-row-act]");
  if (button) act(button.closest(".chat").dataset.id, button.dataset.rowAct);
});

const current = () => document.activeElement?.closest?.(".chat")?.dataset.id ?? opened();
const when = () => Boolean(current());
const key = (name, keys, how) => command(name, () => act(current(), how), { group: "group.conversation", keys: [keys], when });
key("claim", "a", "claim");
key("done", "e", ({ done }) => (done ? "undone" : "done"));
key("snooze", "s", ({ snoozed }) => (snoozed ? "wake" : "snooze"));
key("close-conversation", "x", ({ closed }) => (closed ? "reopen" : "close"));
const isOpen = () => opened() !== null && document.querySelector("#thread") !== null;
for (const [name, keys, does] of [["compose", "r", "conversation-reply"], ["note", "n", "conversation-note"], ["panel-key", "p", "panel"]]) {
  command(name, () => run(does), { group: "group.conversation", keys: [keys], when: isOpen });
}
