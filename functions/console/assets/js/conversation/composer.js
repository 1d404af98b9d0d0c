// Where an answer or a note is written.
import { Refused, call } from "../api.js";
import { toast } from "../notice.js";
import { Draft } from "./draft.js";
import { Files } from "./files.js";
import { Suggest } from "./suggest.js";
import { say } from "./words.js";

/** The customer is shown for some 15 to 20 seconds that somebody writes. */
const TYPING_MS = 5_000;
const GROW_MOST = 0.4;

/** How long `text` is as the provider counts. */
export const length = (text, unit) => (unit === "utf16_code_units" ? text.length : [...text].length);

/** One text below the other, where there are two. */
const joined = (first, second) => (first && second ? `${first.trimEnd()}\n${second}` : first || second);

const GSM = /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà^{}\\[~\]|€]*$/;
/** How many SMS a text takes: 160 characters of GSM 03.38 or 70 of any other, 153 and 67 in each of several. */
export function segments(text) {
  if (text === "") return 0;
  const gsm = GSM.test(text);
  const units = gsm ? text.length + (text.match(/[\^{}\\[~\]|€]/g)?.length ?? 0) : text.length;
  const [one, many] = gsm ? [160, 153] : [70, 67];
  return units <= one ? 1 : Math.ceil(units / many);
}

export class Composer {
  constructor(s) {
    this.s = s;
    this.form = s.root.querySelector("#composer");
    this.field = this.form.querySelector("#composer-text");
    this.button = this.form.querySelector("#composer-send");
    this.error = this.form.querySelector("#composer-error");
    this.count = this.form.querySelector("#composer-count");
    this.sender = this.form.querySelector("#composer-sender");
    this.enter = this.form.querySelector("#composer-enter");
    this.mode = "reply";
    this.split = false;
    this.template = null;
    this.editing = null;
    this.kept = { reply: "", note: localStorage.getItem(this.noteName()) ?? "" };
    /** What goes out once its files are uploaded: a draft until then. */
    this.going = "";
    this.typed = 0;
    this.draft = new Draft(s, this.field, this.form.querySelector("#composer-saved"), () => joined(this.going, this.reply));
    this.files = new Files(s, this);
    this.suggest = new Suggest(s, this);
    const on = (element, name, run) => element.addEventListener(name, run, { signal: s.signal });
    on(this.form, "submit", (event) => { event.preventDefault(); this.submit(); });
    on(this.field, "input", () => this.changed());
    on(this.field, "keydown", (event) => this.key(event));
    on(this.sender, "change", () => call("PATCH", "/me", { sender: this.sender.value }).catch((error) => toast(error.message, { bad: true })));
    this.enter.checked = localStorage.getItem("madoguchi_enter_sends") === "1";
    on(this.enter, "change", () => localStorage.setItem("madoguchi_enter_sends", this.enter.checked ? "1" : "0"));
    for (const tab of this.form.querySelectorAll("[data-mode]")) on(tab, "click", () => { this.switch(tab.dataset.mode); this.field.focus(); });
    on(s.root, "conversation:news", () => this.facts());
    on(this.count, "change", () => { this.split = this.count.querySelector("input")?.checked ?? false; this.show(); });
    this.facts();
    this.show();
  }

  noteName() { return `madoguchi_note_${this.s.id}`; }
  get text() { return this.field.value; }
  /** The reply that is being written, also while a note is. */
  get reply() { return this.mode === "reply" ? this.text : this.kept.reply; }

  /** What the server has told of what can be sent. */
  facts() {
    const facts = JSON.parse(this.s.root.querySelector("#composer-facts")?.dataset.composer ?? "{}");
    this.limits = facts.limits ?? {};
    this.state = facts.state ?? "locked";
    this.told = facts;
    this.show();
  }

  get writable() { return this.mode === "note" || ["open", "human_agent"].includes(this.state); }

  switch(mode) {
    if (mode === this.mode) return;
    // What was being written is saved as what it is.
    if (this.mode === "reply") this.draft.save();
    this.kept[this.mode] = this.text;
    this.mode = mode;
    this.editing = null;
    this.field.value = this.kept[mode];
    this.show();
    this.grow();
  }

  /** Puts `text` where one writes. */
  put(text, { note = false } = {}) {
    this.switch(note ? "note" : "reply");
    this.field.value = this.text.trim() ? `${this.text.trimEnd()}\n${text}` : text;
    this.changed();
    this.field.focus();
    this.field.setSelectionRange(this.text.length, this.text.length);
  }

  /** Takes a note to be changed. */
  edit(id, text) {
    this.switch("note");
    this.editing = id;
    this.field.value = text;
    this.show();
    this.grow();
    this.field.focus();
  }

  changed() {
    this.tell(null);
    if (this.text.trim()) this.typing();
    if (this.mode === "reply") {
      this.draft.changed();
      if (this.text === "") this.template = null;
    } else if (!this.editing) {
      try { localStorage.setItem(this.noteName(), this.text); } catch { /* full or forbidden */ }
    }
    this.show();
    this.grow();
    this.suggest.look();
  }

  grow() {
    this.field.style.height = "auto";
    this.field.style.height = `${Math.min(this.field.scrollHeight + 2, innerHeight * GROW_MOST)}px`;
  }

  typing() {
    if (Date.now() - this.typed < TYPING_MS) return;
    this.typed = Date.now();
    this.writes(true);
    if (this.mode === "reply" && this.writable) call("POST", `/conversations/${this.s.id}/typing`).catch(() => {});
  }

  /** For colleagues. */
  writes(writes) { document.dispatchEvent(new CustomEvent("madoguchi:typing", { detail: { conversation_id: this.s.id, writes } })); }

  show() {
    const { form, mode } = this;
    form.classList.toggle("noting", mode === "note");
    for (const tab of form.querySelectorAll("[data-mode]")) tab.setAttribute("aria-pressed", String(tab.dataset.mode === mode));
    this.field.placeholder = mode === "note" ? this.field.dataset.noteHint : this.field.dataset.replyHint;
    // Not disabled: the focus would be lost, and what is typed on would be keys of the page.
    this.field.readOnly = !this.writable;
    this.field.setAttribute("aria-disabled", String(!this.writable));
    const reply = mode === "reply";
    const can = { attach: reply && this.writable && this.told?.files?.allowed, sticker: reply && this.writable && this.limits?.sticker, location: reply && this.writable && this.limits?.location, "send-later": reply && this.writable, templates: reply && (this.writable || this.state === "template_only") };
    for (const tool of form.querySelectorAll("[data-tool]")) tool.hidden = !can[tool.dataset.tool];
    this.sender.closest("label").hidden = !reply;
    const over = this.over();
    this.button.disabled = !this.writable || (over > 0 && !this.split) || (this.text.trim() === "" && this.files?.empty !== false);
    this.button.querySelector("span").textContent = say(this.editing ? "saveNote" : reply ? "send" : "addNote");
    this.counted(over);
  }

  limit() { return this.mode === "note" ? { max: 5_000, unit: "characters" } : this.limits?.text ?? { max: 5_000, unit: "characters" }; }
  over() { const { max, unit } = this.limit(); return length(this.text, unit) - max; }

  counted(over) {
    const { max, unit } = this.limit();
    const used = length(this.text, unit);
    const sms = this.mode === "reply" && this.told?.channel === "sms" && this.text ? say("segments", segments(this.text)) : "";
    this.count.classList.toggle("bad", over > 0);
    const words = over > 0 ? say("over", over) : used > max * 0.8 ? `${used} / ${max}` : "";
    const text = [sms, words].filter(Boolean).join(" · ");
    const kept = this.count.querySelector("input");
    if (over > 0 && this.mode === "reply") {
      if (!kept) {
        const label = document.createElement("label");
        label.append(Object.assign(document.createElement("input"), { type: "checkbox" }), ` ${say("split")}`);
        this.count.replaceChildren(document.createElement("span"), " ", label);
      }
      this.count.firstElementChild.textContent = text;
    } else {
      this.split = false;
      if (this.count.textContent !== text || kept) this.count.textContent = text;
    }
  }

  tell(text) {
    this.error.hidden = !text;
    this.error.textContent = text ?? "";
  }

  key(event) {
    // While an input method composes, Enter and Escape are its own.
    if (event.isComposing || event.keyCode === 229) return;
    if (this.suggest.key(event)) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey || (this.enter.checked && !event.shiftKey && !event.altKey))) {
      event.preventDefault();
      this.submit();
    } else if (event.key === "Escape" && this.editing) {
      event.preventDefault();
      event.stopPropagation();
      this.editing = null;
      this.field.value = "";
      this.switch("reply");
    }
  }

  /** What goes along with each reply. */
  base() { return { sender: this.sender.value }; }

  async submit(extra = {}) {
    const text = this.text;
    if (this.button.disabled || !this.writable) return;
    if (this.mode === "note") { await this.note(text); return; }
    if (this.files.sending) return;
    if (!this.files.empty && extra.send_at) { this.tell(say("filesAndLater")); return; }
    const body = { text, ...this.base(), ...extra };
    if (this.template) body.template_id = this.template;
    if (this.split && this.over() > 0) body.split = true;
    // Taken before anything is waited for: what is typed from here on is the next message.
    this.template = null;
    this.going = text;
    this.field.value = "";
    this.kept.reply = "";
    this.typed = 0;
    this.writes(false);
    this.show();
    this.grow();
    if (!this.files.empty && !(await this.files.send())) { this.back(text, body.template_id); return; }
    this.going = "";
    if (text.trim() === "") return;
    // The draft becomes the message; it is stored here until the server has it.
    const revision = await this.draft.sent();
    if (revision) body.draft_revision = revision;
    this.s.box.add("messages", body);
    // What was typed meanwhile is a draft of its own.
    if (this.reply) this.draft.changed();
  }

  /** What could not go out stands before what was typed since. */
  back(text, template) {
    const whole = joined(text, this.reply);
    this.going = "";
    this.template ??= template ?? null;
    if (this.mode === "reply") this.field.value = whole; else this.kept.reply = whole;
    this.draft.changed();
    this.show();
    this.grow();
  }

  async note(text) {
    if (text.trim() === "") return;
    const mentions = this.suggest.mentioned(text);
    if (this.editing) {
      const { editing } = this;
      try {
        await call("PATCH", `/conversations/${this.s.id}/notes/${editing}`, { text, mentions });
      } catch (error) {
        this.tell(error instanceof Refused ? error.message : say("offline"));
        return;
      }
      this.s.news.changed.add("");
      this.s.news.own();
      // Whoever writes on, or something else, goes on with that.
      if (this.editing !== editing || this.text !== text) { if (this.mode !== "note" && this.kept.note === text) this.kept.note = ""; return; }
      this.editing = null;
    } else {
      this.s.box.add("notes", { text, mentions });
      localStorage.removeItem(this.noteName());
    }
    this.field.value = "";
    this.kept.note = "";
    this.switch("reply");
  }
}
