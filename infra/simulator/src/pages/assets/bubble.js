// One message as a phone shows it.

import { el } from "./dom.js";
import { icon } from "./icons.js";
import { clock, full, reason, word } from "./words.js";

const isolated = (text) => el("bdi", {}, text);
export const stickerPicture = (id) =>
  el("img", { class: "sticker", src: `/media/sticker-${id}.png`, alt: word("sticker"), width: 96, height: 96 });

// Addresses become links; what ends a sentence is not part of one.
const ADDRESS = /https?:\/\/[^\s<>"'、。」』)]+/g;

function linked(text) {
  const parts = [];
  let end = 0;
  for (const found of text.matchAll(ADDRESS)) {
    const address = found[0].replace(/[.,;:!?]+$/, "");
    parts.push(text.slice(end, found.index), el("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, address));
    end = found.index + address.length;
  }
  return [...parts, text.slice(end)].filter(Boolean);
}

// What a message is, in a few words: for quotes and for screen readers.
export function gist(message) {
  if (message.text) return message.text;
  const names = { image: "photo", video: "video", audio: "audio", file: "file", contact: "contact", sticker: "sticker", location: "place" };
  return names[message.kind] ? word(names[message.kind]) : message.kind;
}

// `at` holds what the phone knows around the message: provider, who, account, picture, joined, isLast, isOpen, actions.
export function row(message, at) {
  const side = message.mine ? "mine" : "theirs";
  if (message.unsent) {
    const text = message.mine ? word("unsent-mine") : word("unsent", { name: at.who });
    return el("p", { class: "day" }, text);
  }
  const shows = at.showsFace && !message.mine;
  const trouble = troubleOf(message);
  return el("article", {
    class: `row ${side}${at.joined ? " joined" : ""}${message.pending ? " pending" : ""}`,
    tabindex: "-1", "data-id": message.id,
    "aria-label": `${message.mine ? word("you") : at.who} ${clock(message.at_ms)}`,
  },
    shows ? el("img", { class: "avatar", src: at.picture, alt: "", width: 30, height: 30 }) : null,
    el("div", { class: "stack" },
      at.named ? el("span", { class: "name" }, isolated(at.who)) : null,
      el("div", { class: "line-of" },
        el("div", { class: `bubble ${shape(message)}`, dir: "auto" }, quote(message, at), content(message, at)),
        el("span", { class: "meta" }, marks(message, at),
          el("time", { title: full(message.at_ms) }, clock(message.at_ms))),
        at.actions.length ? el("button", {
          type: "button", class: "icon more", tabindex: "-1", "aria-expanded": String(at.isOpen),
          "aria-label": word("actions"), title: word("actions"), onclick: at.toggle,
        }, icon("more")) : null),
      reactions(message),
      lasting(message, at),
      at.isOpen ? el("div", { class: "actions", role: "toolbar", "aria-label": word("actions") },
        at.actions.map(({ name, sign, label, act }) =>
          el("button", { type: "button", class: "quiet", onclick: act, "aria-label": label, title: label },
            name ? icon(name) : sign, name ? ` ${label}` : null))) : null,
      trouble ? el("p", { class: `trouble ${trouble.level}` }, icon("alert"), ` ${trouble.text}`,
        message.retry ? el("button", { type: "button", class: "link", onclick: message.retry }, word("retry")) : null,
        message.discard ? el("button", { type: "button", class: "link", onclick: message.discard }, word("discard")) : null) : null,
      passing(message, at)));
}

function troubleOf({ failed, arrival, mine }) {
  if (failed) return { level: "bad", text: `${word("not-sent")}: ${reason(failed)}` };
  if (!mine || !arrival || arrival.state === "ok") return null;
  if (arrival.state === "late") return { level: "warn", text: word("arrived-late") };
  return { level: arrival.state === "unsent" ? "warn" : "bad", text: `${word("not-arrived")}: ${reason(arrival.text)}` };
}

// Files, stickers and places need no bubble around them, words do.
function shape(message) {
  const bare = ["image", "video", "audio"].includes(message.kind) && message.files.length > 0 && !message.text;
  const problem = message.files.some((file) => file.problem);
  return `${message.kind}${(bare && !problem) || (message.kind === "sticker" && message.sticker_id) ? " bare" : ""}`;
}

function content(message, at) {
  if (message.kind === "sticker" && message.sticker_id) return stickerPicture(message.sticker_id);
  if (message.files.length) return [files(message, at), caption(message)];
  if (message.place) return place(message.place);
  if (message.kind === "postback") return el("span", { class: "pressed" }, icon("button"), " ", message.text);
  if (["text", "template", "flex"].includes(message.kind)) return linked(message.text ?? "");
  return el("span", { class: "other" }, icon("file"), " ", message.kind, message.text ? `: ${message.text}` : "");
}

function quote({ quote: quoted }, at) {
  if (!quoted) return null;
  const who = quoted.from_company ? at.account : word("you");
  return el("button", { type: "button", class: "quoted", onclick: () => at.jump(quoted.id) },
    el("b", {}, isolated(who)), el("span", { dir: "auto" }, gist(quoted)));
}

// A document's name is shown with the document.
const caption = (message) =>
  message.text && message.text !== message.files[0].name ? el("span", { class: "caption" }, linked(message.text)) : null;

function files(message, at) {
  const pictures = message.files.filter((file) => file.kind === "image" && !file.problem);
  const shown = message.files.map((file) => {
    if (file.problem) return el("span", { class: "broken", title: file.problem }, icon("alert"), ` ${word("cannot-show")}`);
    return file.kind === "image" || file.kind === "sticker" ? picture(file, pictures, message, at) : other(file);
  });
  return el("div", { class: `files${pictures.length > 1 ? " album" : ""}` }, shown);
}

function picture(file, pictures, message, at) {
  const label = message.mine ? word("photo-mine") : word("photo-of", { name: at.who });
  return el("button", {
    type: "button", class: "photo", "aria-label": label, onclick: () => at.look(pictures, pictures.indexOf(file), label),
  }, el("img", { src: file.url, alt: "" }));
}

function other({ url, kind, name, size_bytes, preview }) {
  switch (kind) {
    case "video": return el("video", { src: url, controls: true, preload: "metadata", poster: preview ? `${url}/preview` : null, "aria-label": word("video") });
    case "audio": return el("audio", { src: url, controls: true, preload: "metadata", "aria-label": word("audio") });
    default: return el("a", { class: "document", href: url, target: "_blank", rel: "noopener" },
      icon(kind === "contact" ? "contact" : "file"),
      el("span", {}, isolated(name ?? word(kind === "contact" ? "contact" : "download")), size_bytes ? el("small", {}, size(size_bytes)) : null));
  }
}

export const size = (bytes) =>
  bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;

function place({ title, address, latitude, longitude }) {
  const at = `${latitude}, ${longitude}`;
  const map = `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=16/${latitude}/${longitude}`;
  return el("a", { class: "place", href: map, title: `${word("open-map")}: ${at}`, target: "_blank", rel: "noopener noreferrer" },
    el("span", { class: "map" }, icon("place")), el("b", {}, title), el("small", {}, address || at));
}

const reactions = (message) => {
  const shown = message.reactions.filter(Boolean);
  return shown.length ? el("span", { class: "reactions" }, shown.join(" ")) : null;
};

// What the provider shows beside an own message: on its way, arrived, read.
function marks(message, { provider, isNewestOwn }) {
  const shown = [];
  if (message.edited) shown.push(el("span", {}, word("edited")));
  if (!message.mine) return shown;
  if (message.pending) return [...shown, el("span", { class: "mark" }, icon("clock"), word("sending"))];
  if (message.failed) return shown;
  const arrived = message.arrival?.state === "ok" || message.arrival?.state === "late" || !message.arrival;
  if (provider === "whatsapp") {
    const label = message.read ? word("read") : word("sent");
    shown.push(el("span", { class: `mark${message.read ? " seen" : ""}`, title: label }, icon(arrived ? "checks" : "check"), el("span", { class: "unseen" }, label)));
  } else if (provider === "sms") {
    if (isNewestOwn && arrived) shown.push(el("span", { class: "mark" }, word("sent")));
  } else if (message.read) {
    if (provider === "line" || isNewestOwn) shown.push(el("span", { class: "mark seen" }, word("read")));
  } else if (provider === "messenger" && isNewestOwn && arrived) {
    shown.push(el("span", { class: "mark" }, word("sent")));
  }
  return shown;
}

const press = (at, message, all) => all.map((choice) =>
  el("button", { type: "button", onclick: () => at.press(choice) }, choice.title));

// Buttons stay with their message.
function lasting(message, at) {
  const all = message.choices.filter((choice) => choice.lasting);
  return all.length ? el("div", { class: "buttons" }, press(at, message, all)) : null;
}

// Quick replies vanish with the next message.
function passing(message, at) {
  const all = at.isLast ? message.choices.filter((choice) => !choice.lasting) : [];
  return all.length ? el("div", { class: "choices" }, press(at, message, all)) : null;
}
