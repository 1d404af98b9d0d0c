// One phone. Its frame is made once and its messages are drawn one by one, so that a half-written text, the place in
// the chat, a selection and a playing film stay as they are.

import { gist, row, size, stickerPicture } from "./bubble.js";
import { call, el, pause } from "./dom.js";
import { icon } from "./icons.js";
import { FILES_AT_ONCE, NAMES, REACTIONS, STICKERS, kindOf, largestMb, samples } from "./offers.js";
import { clock, day, fill, reason, word } from "./words.js";

// Messages of one sender within this time stand together.
const TOGETHER_MS = 4 * 60_000;
const NEAR_THE_END_PX = 60;

export class Phone {
  constructor(provider, host, page) {
    Object.assign(this, {
      provider, host, page, view: null, side: null, key: null, drawn: new Map(), known: new Set(), pending: [],
      staged: [], quoting: null, editing: null, opened: null, focused: null, atEnd: true, inSight: false, unseen: 0,
      typingUntil: 0, seenUpTo: null,
    });
    this.build();
    new IntersectionObserver(([entry]) => {
      this.inSight = entry.isIntersecting;
      this.noticeReading();
    }, { threshold: 0.3 }).observe(host);
  }

  // The frame.

  build() {
    const { provider } = this;
    const button = (name, label, onclick, more = {}) =>
      el("button", { type: "button", class: "icon", "data-label": label, onclick, ...more }, icon(name));
    const toggle = (name) => (event) => this.show(name, event.currentTarget);
    this.clock = el("span", {});
    this.face = el("img", { class: "avatar", alt: "", width: 36, height: 36 });
    this.account = el("select", { class: "account", "data-label": "account", onchange: () => this.page.choose(provider, this.account.value) });
    this.name = el("b", { class: "account" });
    this.state = el("span", { class: "state" });
    this.settings = el("div", { class: "tray settings", hidden: true });
    this.banner = el("div", { class: "banner", hidden: true });
    this.chat = el("div", { class: "chat", tabindex: "0", role: "log", "aria-live": "off" });
    this.jump = el("button", { type: "button", class: "jump", hidden: true, onclick: () => this.toEnd() }, icon("down"), " ", el("span", { "data-word": "newest" }));
    this.problem = el("p", { class: "problem", role: "alert", hidden: true });
    this.mode = el("p", { class: "mode", hidden: true });
    this.waiting = el("ul", { class: "waiting", hidden: true });
    this.stickers = el("div", { class: "tray stickers", hidden: true });
    this.files = el("div", { class: "tray offers", hidden: true });
    this.picker = el("input", { type: "file", multiple: true, class: "unseen", tabindex: "-1", "data-label": "choose", onchange: () => this.chosen() });
    this.text = el("textarea", {
      class: "text", rows: "1", "data-label": "message", "data-placeholder": "message", maxlength: "5000", dir: "auto", enterkeyhint: "send",
    });
    this.drop = el("div", { class: "drop", hidden: true, "aria-hidden": "true" });
    const form = el("form", {
      class: "composer",
      onsubmit: (event) => {
        event.preventDefault();
        this.say();
      },
    },
      button("plus", "attach", toggle("files"), { "aria-expanded": "false" }),
      STICKERS[provider].length ? button("smile", "stickers", toggle("stickers"), { "aria-expanded": "false" }) : null,
      this.text,
      el("button", { type: "submit", class: "send", "data-label": "send" }, icon("send")));
    this.host.append(
      el("div", { class: "status", "aria-hidden": "true" }, this.clock, el("span", { class: "battery" })),
      el("header", {},
        this.face,
        el("div", { class: "who" }, this.account, this.name, el("span", { class: "app" }, el("b", {}, NAMES[provider]), this.state)),
        button("more", "options", toggle("settings"), { "aria-expanded": "false" })),
      this.settings, this.banner,
      el("div", { class: "room" }, this.chat, this.jump, this.drop),
      this.problem, this.mode, this.waiting, this.stickers, this.files, form, this.picker);
    this.listen();
    this.relabel();
  }

  listen() {
    this.text.addEventListener("keydown", (event) => {
      // Enter that ends a conversion of kana is not for sending.
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) {
        event.preventDefault();
        this.say();
      }
      if (event.key === "Escape" && (this.editing || this.quoting)) this.setMode(null);
    });
    this.text.addEventListener("input", () => this.keepDraft());
    this.text.addEventListener("paste", (event) => {
      if (event.clipboardData.files.length) {
        event.preventDefault();
        this.stage(event.clipboardData.files);
      }
    });
    this.chat.addEventListener("scroll", () => {
      this.atEnd = this.chat.scrollHeight - this.chat.scrollTop - this.chat.clientHeight < NEAR_THE_END_PX;
      if (this.atEnd) {
        this.jump.hidden = true;
        this.noticeReading();
      }
    }, { passive: true });
    // A picture that has come makes the chat longer.
    for (const came of ["load", "loadedmetadata"]) this.chat.addEventListener(came, () => this.atEnd && this.toEnd(), true);
    new ResizeObserver(() => this.atEnd && this.toEnd()).observe(this.chat);
    this.chat.addEventListener("keydown", (event) => this.walk(event));
    this.host.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.show(null);
    });
    this.host.addEventListener("dragover", (event) => {
      if (!event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      this.drop.hidden = false;
    });
    this.host.addEventListener("dragleave", (event) => {
      if (!this.host.contains(event.relatedTarget)) this.drop.hidden = true;
    });
    this.host.addEventListener("drop", (event) => {
      event.preventDefault();
      this.drop.hidden = true;
      if (event.dataTransfer.files.length) this.stage(event.dataTransfer.files);
    });
  }

  // After a change of language, too.
  relabel() {
    const { provider } = this;
    this.stickers.replaceChildren(...STICKERS[provider].map((sticker, index) =>
      el("button", { type: "button", class: "icon", "aria-label": `${word("sticker")} ${index + 1}`, onclick: () => this.offer({ kind: "sticker", ...sticker }) },
        stickerPicture(sticker.sticker_id))));
    this.files.replaceChildren(
      el("button", { type: "button", class: "device", onclick: () => this.picker.click() }, icon("device"), ` ${word("choose")}`),
      el("span", { class: "hint" }, word("samples")),
      ...samples(provider).map(([name, action]) =>
        el("button", { type: "button", class: "quiet", onclick: () => this.offer(action(word("button-title"))) }, icon(name), ` ${word(name)}`)));
    this.drop.replaceChildren(icon("photo"), word("drop", { name: NAMES[provider] }));
    fill(this.host);
    this.drawn.clear();
    if (this.view) {
      this.draw(this.view);
      this.drawWaiting();
    }
  }

  show(name, opener) {
    for (const tray of ["settings", "stickers", "files"]) {
      const open = tray === name && this[tray].hidden;
      this[tray].hidden = !open;
    }
    for (const expanded of this.host.querySelectorAll(":scope > header [aria-expanded], .composer [aria-expanded]")) {
      expanded.setAttribute("aria-expanded", String(expanded === opener && !this[name].hidden));
    }
  }

  offer(action) {
    this.show(null);
    this.text.focus();
    this.perform(action);
  }

  // What is drawn.

  draw(view) {
    this.view = view;
    const side = view[this.provider];
    this.side = side;
    const key = [view.customer, side.account, side.group ?? ""].join("|");
    const anew = key !== this.key;
    if (anew) this.enter(key);
    this.drawFrame(side);
    this.drawMessages(side.thread, anew);
    this.noticeReading();
  }

  // Another chat: its own half-written text, and nothing of the last one.
  enter(key) {
    this.key = key;
    this.drawn.clear();
    this.known.clear();
    this.setMode(null);
    this.opened = null;
    this.focused = null;
    this.staged = [];
    this.drawWaiting();
    this.problem.hidden = true;
    this.jump.hidden = true;
    this.atEnd = true;
    this.unseen = 0;
    this.seenUpTo = null;
    this.text.value = sessionStorage.getItem(`draft ${this.provider} ${key}`) ?? "";
  }

  keepDraft() {
    const name = `draft ${this.provider} ${this.key}`;
    if (this.text.value && !this.editing) sessionStorage.setItem(name, this.text.value);
    else sessionStorage.removeItem(name);
  }

  get accountName() {
    const group = this.side.groups?.find((known) => known.id === this.side.group);
    return group?.name ?? this.side.accounts.find((account) => account.id === this.side.account)?.name ?? NAMES[this.provider];
  }

  get accountPicture() {
    return this.side.accounts.find((account) => account.id === this.side.account)?.picture ?? "/favicon.ico";
  }

  drawFrame(side) {
    this.clock.textContent = clock(this.view.now_ms);
    const frame = JSON.stringify([side.accounts, side.account, side.groups, side.group, { ...side.thread, messages: null, typing: null, typing_for_ms: null }, document.documentElement.lang]);
    if (frame === this.frame) return;
    this.frame = frame;
    const { provider } = this;
    const thread = side.thread ?? {};
    const several = side.accounts.length > 1;
    this.account.hidden = !several;
    this.name.hidden = several;
    this.name.textContent = this.accountName;
    if (several) options(this.account, side.accounts, side.account);
    this.face.src = this.accountPicture;
    this.chat.setAttribute("aria-label", word("messages", { name: `${NAMES[provider]} ${this.accountName}` }));
    this.state.textContent = side.group ? ` · ${this.accountName}` : "";

    const follow = (label, name = null) => el("button", { type: "button", class: "quiet", onclick: () => this.perform({ kind: "follow" }) }, name ? icon(name) : null, word(label));
    const stranger = provider === "line" && !side.group && !thread.friend;
    const banner = thread.blocked ? [word("blocked"), follow("unblock")]
      : thread.opted_out ? [word("opted-out"), el("button", { type: "button", class: "quiet", onclick: () => this.perform({ kind: "text", text: "START" }) }, word("send-start"))]
      : thread.unavailable ? [word("unavailable")]
      : stranger ? [word("not-friend"), follow("follow")] : null;
    this.banner.hidden = !banner;
    this.banner.replaceChildren(...(banner ? [el("span", {}, banner[0]), ...banner.slice(1)] : []));
    this.text.disabled = Boolean(thread.blocked);
    this.drawSettings(side, thread);
  }

  drawSettings(side, thread) {
    const { provider } = this;
    const parts = [];
    if (side.groups?.length) {
      const select = el("select", { class: "group", onchange: () => this.page.enterGroup(select.value) });
      options(select, [{ id: "", name: word("one-to-one") }, ...side.groups], side.group ?? "");
      parts.push(el("label", {}, `${word("chat")} `, select));
    }
    if (!side.group) {
      const act = thread.blocked || (provider === "line" && !thread.friend) ? "follow" : "unfollow";
      const label = thread.blocked ? "unblock" : act === "follow" ? "follow" : "block";
      parts.push(el("button", { type: "button", class: "quiet", onclick: () => this.perform({ kind: act }) }, icon(act === "follow" ? "plus" : "stop"), ` ${word(label)}`));
    }
    if (["whatsapp", "sms"].includes(provider) && !thread.opted_out) {
      parts.push(el("button", { type: "button", class: "quiet", onclick: () => this.perform({ kind: "text", text: "STOP" }) }, word("send-stop")));
    }
    if (["messenger", "whatsapp"].includes(provider) && side.thread) {
      const box = el("input", { type: "checkbox", onchange: () => this.tellReading(box.checked) });
      box.checked = thread.receipts;
      parts.push(el("label", {}, box, ` ${word("receipts")}`));
    }
    this.settings.replaceChildren(...parts);
  }

  drawMessages(thread, anew) {
    const all = thread?.messages ?? [];
    const fresh = all.filter((message) => !this.known.has(message.id));
    this.matchPending(fresh);
    for (const message of fresh) this.known.add(message.id);
    const messages = [...all, ...this.pending.filter((message) => message.key === this.key && !message.shown)];
    this.typingUntil = performance.now() + (thread?.typing_for_ms ?? 0);
    if (thread?.typing_for_ms) setTimeout(() => this.drawRows(messages, anew), thread.typing_for_ms + 50);
    this.drawRows(messages, anew);
    const came = anew ? [] : fresh.filter((message) => message.from_company);
    if (came.length) this.page.announce(this, came);
    if (anew || this.atEnd) this.toEnd();
    else if (came.length) this.jump.hidden = false;
  }

  drawRows(messages, anew) {
    const items = [];
    let before = null;
    const newestOwn = messages.findLast((message) => message.mine && !message.failed);
    for (const message of messages) {
      const today = day(message.at_ms);
      if (!before || day(before.at_ms) !== today) {
        items.push({ id: `day ${today}`, stamp: today, make: () => el("p", { class: "day" }, today) });
        before = null;
      }
      items.push(this.item(message, before, message === messages.at(-1), message === newestOwn));
      before = message;
    }
    if (this.typingUntil > performance.now()) {
      items.push({ id: "typing", stamp: word("typing"), make: () => el("p", { class: "typing", role: "img", "aria-label": word("typing") }, el("i"), el("i"), el("i")) });
    }
    if (messages.length === 0) items.push({ id: "empty", stamp: word("empty"), make: () => this.empty() });
    this.reconcile(items, anew);
  }

  item(message, before, isLast, isNewestOwn) {
    const { provider } = this;
    const who = message.sender_name ?? message.author ?? this.accountName;
    const sameSender = before && !before.unsent && before.mine === message.mine && (before.sender_name ?? before.author) === (message.sender_name ?? message.author);
    const joined = Boolean(sameSender && message.at_ms - before.at_ms < TOGETHER_MS);
    const isOpen = this.opened === message.id;
    const picture = message.sender_picture ?? (message.from_company ? this.accountPicture : this.faceOf(message.author));
    const actions = this.actions(message);
    const { key, action, retry, discard, shown, uploads, ...told } = message;
    return {
      id: message.id,
      stamp: JSON.stringify([told, who, joined, isLast, isNewestOwn, isOpen, picture, document.documentElement.lang]),
      make: () => row(message, {
        provider, who, joined, isLast, isNewestOwn, isOpen, actions, picture,
        account: this.accountName,
        showsFace: ["messenger", "line"].includes(provider),
        named: !message.mine && !joined && (provider === "line" || Boolean(message.sender_name ?? message.author)),
        toggle: () => this.open(isOpen ? null : message.id),
        press: (choice) => this.press(choice),
        look: this.page.look,
        jump: (id) => this.walkTo(id),
      }),
    };
  }

  faceOf(name) {
    return this.view.customers.find((customer) => customer.name === name)?.picture ?? this.accountPicture;
  }

  // Only what is new or changed is made anew.
  reconcile(items, anew) {
    const focused = this.chat.contains(document.activeElement) ? document.activeElement.closest("[data-id]")?.dataset.id : null;
    const toolbar = document.activeElement?.closest?.(".actions");
    const next = new Map();
    for (const item of items) {
      const old = this.drawn.get(item.id);
      next.set(item.id, old?.stamp === item.stamp ? old : { stamp: item.stamp, node: item.make() });
    }
    const kept = new Set([...next.values()].map(({ node }) => node));
    for (const node of [...this.chat.children]) if (!kept.has(node)) node.remove();
    let at = this.chat.firstChild;
    for (const { node } of next.values()) {
      if (node === at) at = at.nextSibling;
      else this.chat.insertBefore(node, at);
    }
    this.drawn = next;
    this.chat.classList.toggle("still", anew);
    this.rove();
    if (focused && !this.chat.contains(document.activeElement)) {
      const node = next.get(focused)?.node;
      ((toolbar && node?.querySelector(".actions button")) || node || this.chat).focus({ preventScroll: true });
    }
  }

  empty() {
    return el("div", { class: "empty" },
      el("b", {}, word("empty")), el("p", {}, word("empty-hint")),
      this.provider === "sms" ? el("p", {}, word("empty-sms")) : null,
      el("div", { class: "choices" }, word("starter").map((text) =>
        el("button", { type: "button", onclick: () => this.offer({ kind: "text", text }) }, text))));
  }

  toEnd() {
    this.chat.scrollTop = this.chat.scrollHeight;
    this.atEnd = true;
    this.jump.hidden = true;
  }

  // By keyboard: one message is the way in, the arrows go on from there.

  rove() {
    const rows = [...this.chat.querySelectorAll(".row")];
    const way = rows.find((node) => node.dataset.id === this.focused) ?? rows.at(-1);
    for (const node of rows) node.tabIndex = node === way ? 0 : -1;
  }

  walkTo(id) {
    const node = this.drawn.get(id)?.node;
    if (!node) return;
    this.focused = id;
    this.rove();
    node.focus();
    node.scrollIntoView({ block: "nearest" });
  }

  walk(event) {
    const rows = [...this.chat.querySelectorAll(".row")];
    const on = event.target.closest(".row");
    const inside = on && event.target !== on;
    if (inside && event.key === "Escape" && this.opened) {
      event.stopPropagation();
      this.open(null);
      this.walkTo(on.dataset.id);
      return;
    }
    if (inside && event.key.startsWith("Arrow") && event.target.closest(".actions")) {
      const buttons = [...on.querySelectorAll(".actions button")];
      const step = event.key === "ArrowLeft" || event.key === "ArrowUp" ? -1 : 1;
      buttons.at((buttons.indexOf(event.target) + step) % buttons.length).focus();
      event.preventDefault();
      return;
    }
    if (inside || rows.length === 0) return;
    const index = on ? rows.indexOf(on) : rows.length;
    const target = { ArrowUp: index - 1, ArrowDown: index + 1, Home: 0, End: rows.length - 1 }[event.key];
    if (target !== undefined) {
      event.preventDefault();
      this.walkTo(rows[Math.min(Math.max(target, 0), rows.length - 1)].dataset.id);
    } else if (on && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      this.open(on.dataset.id);
      this.drawn.get(on.dataset.id)?.node.querySelector(".actions button, a, .photo, video, audio")?.focus();
    }
  }

  open(id) {
    this.opened = id;
    this.draw(this.view);
    this.drawn.get(id)?.node.scrollIntoView({ block: "nearest" });
  }

  actions(message) {
    const { provider } = this;
    if (message.pending || message.failed || message.unsent) return [];
    const all = [];
    const id = message.id;
    if (provider === "messenger") {
      for (const emoji of REACTIONS) {
        const remove = message.reactions[0] === emoji;
        const label = word(remove ? "unreact" : "react", { emoji });
        all.push({ sign: emoji, label, act: () => this.perform({ kind: "reaction", message_id: id, emoji, remove }) });
      }
    }
    if (provider !== "sms" && message.kind === "text") all.push({ name: "reply", label: word("quote"), act: () => this.setMode("quote", message) });
    const editable = provider === "messenger" || (provider === "line" && this.side.group);
    if (message.mine && message.kind === "text" && editable) all.push({ name: "edit", label: word("edit"), act: () => this.setMode("edit", message) });
    if (message.mine && provider === "line" && message.kind !== "postback") {
      all.push({ name: "undo", label: word("unsend"), act: () => this.perform({ kind: "unsend", message_id: id }) });
    }
    return all;
  }

  // What the customer does.

  press({ kind, title, payload }) {
    this.perform(kind === "message" ? { kind: "text", text: payload } : { kind, title, payload });
  }

  setMode(mode, message) {
    const wasEditing = this.editing;
    this.quoting = mode === "quote" ? message : null;
    this.editing = mode === "edit" ? message : null;
    this.mode.hidden = !mode;
    if (wasEditing && !this.editing) this.text.value = "";
    if (!mode) return;
    this.mode.replaceChildren(icon(mode === "edit" ? "edit" : "reply"), el("b", {}, word(`${mode}-mode`)), el("span", { dir: "auto" }, gist(message)),
      el("button", { type: "button", class: "icon", "aria-label": word("cancel"), title: word("cancel"), onclick: () => this.setMode(null) }, icon("close")));
    if (mode === "edit") this.text.value = message.text ?? "";
    this.opened = null;
    this.draw(this.view);
    this.text.focus();
  }

  async say() {
    const text = this.text.value.trim();
    const { editing, quoting, staged } = this;
    if (!text && staged.length === 0) return;
    this.setMode(null);
    this.text.value = "";
    this.staged = [];
    this.drawWaiting();
    this.keepDraft();
    if (editing) {
      const done = await this.perform({ kind: "edit", message_id: editing.id, text });
      if (!done) {
        this.setMode("edit", editing);
        this.text.value = text;
      }
      return;
    }
    const captioned = staged.length > 0 && ["whatsapp", "sms"].includes(this.provider);
    for (const [index, group] of groups(staged).entries()) {
      await this.perform({
        kind: "media", media: group[0].kind, apart: this.provider === "line" && group.length > 1,
        text: captioned && index === 0 && text ? text : undefined,
      }, group);
    }
    if (text && !captioned) await this.perform({ kind: "text", text, quote: quoting?.id });
  }

  // Messages stand in the chat at once, as on their way, and say so when they do not go.
  async perform(action, uploads = []) {
    this.problem.hidden = true;
    this.opened = null;
    const pending = this.hold(action, uploads);
    const { provider, view, side } = this;
    const act = { provider, customer: view.customer, account: side.account, ...action };
    if (provider === "line" && side.group) act.group = side.group;
    try {
      if (uploads.length) act.files = await Promise.all(uploads.map(upload));
      await call("POST", "/control/act", act);
      this.pending = this.pending.filter((message) => message !== pending);
      return true;
    } catch (refused) {
      const text = refused.id === "offline" ? word("offline") : refused.message;
      if (pending) {
        pending.failed = text;
        pending.pending = false;
        pending.retry = () => {
          pending.discard();
          this.perform(action, uploads);
        };
      } else {
        this.problem.textContent = reason(text);
        this.problem.hidden = false;
      }
      return false;
    } finally {
      if (this.view) this.draw(this.view);
    }
  }

  hold(action, uploads) {
    const kinds = { text: "text", sticker: "sticker", media: action.media, image: "image", postback: "postback", quick_reply: "text" };
    const kind = kinds[action.kind];
    if (!kind) return null;
    const message = {
      id: `pending ${crypto.randomUUID()}`, key: this.key, mine: true, from_company: false, kind,
      text: action.text ?? action.title ?? uploads[0]?.name ?? (action.kind === "text" || kind === "sticker" ? null : word(kind === "image" ? "photo" : kind)),
      files: uploads.filter((file) => file.preview).map((file) => ({ url: file.preview, kind: "image" })),
      sticker_id: action.sticker_id, choices: [], reactions: [], at_ms: this.view.now_ms, pending: true,
    };
    message.discard = () => {
      this.pending = this.pending.filter((other) => other !== message);
      this.draw(this.view);
    };
    this.pending.push(message);
    this.draw(this.view);
    this.toEnd();
    return message;
  }

  // What the simulator shows already need not stand here a second time.
  matchPending(fresh) {
    const own = fresh.filter((message) => message.mine);
    for (const message of this.pending) {
      if (message.key !== this.key || message.failed || message.shown) continue;
      const index = own.findIndex((other) => other.kind === message.kind);
      if (index >= 0) {
        own.splice(index, 1);
        message.shown = true;
      }
    }
  }

  // Files of this machine.

  chosen() {
    this.stage(this.picker.files);
    this.picker.value = "";
    this.show(null);
  }

  async stage(list) {
    const { provider } = this;
    if (this.text.disabled) return;
    const problems = [];
    for (const file of list) {
      const name = file.name || word("photo");
      const kind = kindOf(provider, file.type);
      if (!kind) problems.push(word("wrong-kind", { name, app: NAMES[provider] }));
      else if (file.size > largestMb(provider) * 1024 * 1024) problems.push(word("too-large", { name, size: largestMb(provider) }));
      else if (this.staged.length >= FILES_AT_ONCE) problems.push(word("too-many", { count: FILES_AT_ONCE }));
      else this.staged.push({ file, name, kind, preview: kind === "image" ? await read(file) : null });
    }
    this.problem.textContent = [...new Set(problems)].join(" ");
    this.problem.hidden = problems.length === 0;
    this.drawWaiting();
    this.text.focus();
  }

  drawWaiting() {
    this.waiting.hidden = this.staged.length === 0;
    this.waiting.replaceChildren(...this.staged.map((staged) => {
      const label = word("remove", { name: staged.name });
      return el("li", {},
        staged.preview ? el("img", { src: staged.preview, alt: "" }) : icon(staged.kind),
        el("span", {}, el("bdi", {}, staged.name), el("small", {}, size(staged.file.size))),
        el("button", {
          type: "button", class: "icon", "aria-label": label, title: label,
          onclick: () => {
            this.staged = this.staged.filter((other) => other !== staged);
            this.drawWaiting();
            this.text.focus();
          },
        }, icon("close")));
    }));
  }

  // What the company learns of the reading: Messenger and WhatsApp tell it when the message is really in sight, and once.

  get isSeen() {
    return this.inSight && document.visibilityState === "visible";
  }

  async noticeReading() {
    const { provider, side, view } = this;
    if (!side || !this.isSeen) return;
    if (this.unseen) {
      this.unseen = 0;
      this.page.count();
    }
    const { account, thread } = side;
    if (!["messenger", "whatsapp"].includes(provider) || !thread?.receipts || thread.blocked || !this.atEnd) return;
    const unread = thread.messages.findLast((message) =>
      message.from_company && !message.read && (provider === "messenger" || message.status === "delivered"));
    if (!unread || this.seenUpTo === unread.id) return;
    this.seenUpTo = unread.id;
    await pause(700);
    const seen = { provider, account, customer: view.customer, read: true };
    await call("POST", "/control/see", seen).catch(() => { this.seenUpTo = null; });
  }

  async tellReading(receipts) {
    const { provider, side, view } = this;
    await call("POST", "/control/person", { provider, account: side.account, customer: view.customer, receipts }).catch(() => null);
  }
}

function options(select, all, chosen) {
  select.replaceChildren(...all.map(({ id, name }) => el("option", { value: id, selected: id === chosen }, name)));
}

// Files of one kind that follow each other go together.
function groups(staged) {
  const all = [];
  for (const file of staged) {
    if (all.at(-1)?.[0].kind === file.kind && file.kind === "image") all.at(-1).push(file);
    else all.push([file]);
  }
  return all;
}

async function upload(staged) {
  const headers = { "content-type": staged.file.type || "application/octet-stream", "x-file-name": encodeURIComponent(staged.name) };
  let response;
  try {
    response = await fetch("/control/files", { method: "POST", headers, body: staged.file });
  } catch {
    throw Object.assign(new Error(), { id: "offline" });
  }
  const answer = await response.json().catch(() => null);
  if (!response.ok) throw new Error(answer?.error ?? `HTTP ${response.status}`);
  return answer.id;
}

const read = (file) => new Promise((resolve) => {
  const reader = new FileReader();
  reader.onload = () => resolve(reader.result);
  reader.onerror = () => resolve(null);
  reader.readAsDataURL(file);
});
