// What is asked before a sticker, a place, a later reply, a ticket or a block.
import { Refused, call } from "../api.js";
import { open } from "../dialog.js";
import { toast } from "../notice.js";
import { make } from "./part.js";
import { say } from "./words.js";

/** A dialog of fields; resolves to their values, or to null. `fields` are `[name, label, properties]`. */
async function ask(title, fields, yes, { text, danger = false, before = [] } = {}) {
  const inputs = fields.map(([name, , properties]) => make("input", { id: `ask-${name}`, name, type: "text", autocomplete: "off", ...properties }));
  const rows = fields.map(([name, label, properties], at) => (properties?.type === "checkbox"
    ? make("label", { className: "check" }, inputs[at], make("span", { textContent: label }))
    : make("div", { className: "field" }, make("label", { htmlFor: `ask-${name}`, textContent: label }), inputs[at])));
  const go = make("button", { className: danger ? "button primary danger" : "button primary", value: "yes", textContent: yes });
  const no = make("button", { type: "button", className: "button", textContent: say("cancel"), onclick: () => document.querySelector("#dialog").close("no") });
  const form = make("form", { method: "dialog", className: "form" }, make("h2", { id: "dialog-title", textContent: title }), text ? make("p", { textContent: text }) : null, ...before, ...rows, make("div", { className: "dialog-acts" }, no, go));
  const answer = await open(document.querySelector("#dialog"), form);
  if (answer !== "yes") return answer && answer !== "no" ? { chosen: answer } : null;
  return Object.fromEntries(inputs.map((input) => [input.name, input.type === "checkbox" ? input.checked : input.value.trim()]));
}

const fault = (error) => toast(error instanceof Refused ? error.message : say("offline"), { bad: true });

export async function sticker(s) {
  const number = { required: true, inputMode: "numeric", pattern: "[0-9]{1,19}" };
  const needed = s.composer.limits.sticker?.package_required;
  const given = await ask(say("stickerTitle"), [...(needed ? [["package_id", say("stickerPackage"), number]] : []), ["sticker_id", say("stickerId"), number]], say("send"));
  if (given) s.box.add("messages", { sticker: given, ...s.composer.base() }, `${say("stickerTitle")} ${given.sticker_id}`);
}

export async function location(s) {
  const limits = s.composer.limits.location;
  const degrees = (most) => ({ type: "number", step: "any", min: -most, max: most, required: true });
  const given = await ask(say("locationTitle"), [
    ["title", say("locationName"), { required: true, maxLength: limits?.title?.max }],
    ["address", say("locationAddress"), { required: Boolean(limits?.address_required), maxLength: limits?.address?.max }],
    ["latitude", say("latitude"), degrees(90)],
    ["longitude", say("longitude"), degrees(180)],
  ], say("send"));
  if (!given) return;
  const place = { title: given.title, latitude: Number(given.latitude), longitude: Number(given.longitude) };
  if (given.address) place.address = given.address;
  s.box.add("messages", { location: place, ...s.composer.base() }, `📍 ${given.title}`);
}

/** Times to choose from, in the browser's zone. */
function times() {
  const at = (days) => { const date = new Date(); date.setDate(date.getDate() + days); date.setHours(9, 0, 0, 0); return date; };
  const monday = (8 - new Date().getDay()) % 7 || 7;
  return [[say("laterHour"), new Date(Date.now() + 3_600_000)], [say("laterTomorrow"), at(1)], [say("laterMonday"), at(monday)]];
}

export async function later(s) {
  const { composer } = s;
  if (composer.text.trim() === "") { composer.tell(say("noText")); composer.field.focus(); return; }
  const presets = times();
  const unless = make("input", { type: "checkbox" });
  const buttons = presets.map(([words, at]) => make("button", { type: "button", className: "button", onclick: () => document.querySelector("#dialog").close(at.toISOString()), title: at.toLocaleString(document.documentElement.lang), textContent: words }));
  const before = [make("div", { className: "preset-list" }, ...buttons), make("label", { className: "check" }, unless, make("span", { textContent: say("laterUnless") }))];
  const given = await ask(say("laterTitle"), [["at", say("laterPick"), { type: "datetime-local", required: true }]], say("laterSend"), { before });
  if (!given) return;
  const at = given.chosen ?? (given.at ? new Date(given.at).toISOString() : null);
  if (!at) return;
  composer.submit({ send_at: at, ...(unless.checked ? { unless_customer_writes: true } : {}) });
}

/** Makes a ticket of a message or an episode. */
export async function ticket(s, of) {
  const given = await ask(say("ticketTitle"), [["subject", say("ticketSubject"), { maxLength: 200 }]], say("create"));
  if (!given) return;
  try {
    const made = await call("POST", "/tickets", { conversation_id: s.id, ...of });
    if (given.subject) await call("PATCH", `/tickets/${made.number}`, { subject: given.subject });
    toast(`${say("ticketMade")} #${made.number}`);
  } catch (error) {
    fault(error);
  }
  s.news.own();
}

export async function block(s) {
  const given = await ask(say("blockTitle"), [["reason", say("blockReason"), { required: true, maxLength: 200 }]], say("block"), { text: say("blockText"), danger: true });
  if (!given?.reason) return;
  try {
    await call("POST", `/conversations/${s.id}/block`, { reason: given.reason });
    toast(say("blocked"), { undo: async () => { await call("DELETE", `/conversations/${s.id}/block`).catch(fault); s.news.own(); } });
  } catch (error) {
    fault(error);
  }
  s.news.own();
}
