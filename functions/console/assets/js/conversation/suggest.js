// What is offered while one writes: templates behind a "/" at the beginning, colleagues behind an "@" in a note.
import { part } from "./part.js";
import { make } from "./part.js";
import { chosen } from "./templates.js";

export class Suggest {
  constructor(s, composer) {
    this.s = s;
    this.composer = composer;
    this.box = s.root.querySelector("#composer-suggest");
    this.wanted = "";
    this.people = new Map();
    composer.field.setAttribute("aria-controls", "composer-suggest");
    this.box.addEventListener("pointerdown", (event) => event.preventDefault(), { signal: s.signal });
    this.box.addEventListener("click", (event) => { const option = event.target.closest("button"); if (option) this.choose(option); }, { signal: s.signal });
    composer.field.addEventListener("blur", () => setTimeout(() => this.hide(), 150), { signal: s.signal });
  }

  /** What is asked for by what stands before the caret. */
  asked() {
    const before = this.composer.text.slice(0, this.composer.field.selectionStart);
    if (this.composer.mode === "reply") {
      const found = /^\/([^\s/][^\n]{0,40}|)$/.exec(before);
      return found && { kind: "template", words: found[1], from: 0, to: before.length };
    }
    const found = /(?:^|\s)@([^\s@]{0,30})$/.exec(before);
    return found && { kind: "person", words: found[1], from: before.length - found[1].length - 1, to: before.length };
  }

  async look() {
    const asked = this.asked();
    this.now = asked;
    if (!asked) { this.hide(); return; }
    const mark = `${asked.kind}:${asked.words}`;
    this.wanted = mark;
    if (asked.kind === "template") {
      await new Promise((resolve) => setTimeout(resolve, 150));
      if (this.wanted !== mark || !this.now) return;
      const content = await part(`${this.s.address}/templates?q=${encodeURIComponent(asked.words)}`, this.s.signal).catch(() => null);
      if (this.wanted !== mark || !content || !this.now) return;
      this.show([...content.children]);
    } else {
      this.read();
      const words = asked.words.toLowerCase();
      const fits = [...this.people].filter(([, name]) => name.toLowerCase().includes(words)).slice(0, 8);
      this.show(fits.map(([id, name]) => make("button", { type: "button", role: "option", "data-person": id, textContent: name })));
    }
  }

  /** Colleagues who see the conversation, as its head lists them. */
  read() {
    for (const { dataset } of this.s.root.querySelectorAll("[data-colleague]")) this.people.set(dataset.colleague, dataset.name);
  }

  show(options) {
    this.box.replaceChildren(...options);
    this.box.hidden = options.length === 0;
    this.options()[0]?.setAttribute("aria-selected", "true");
  }

  hide() { this.now = null; this.wanted = ""; this.box.hidden = true; }
  options() { return [...this.box.querySelectorAll("button")]; }

  /** Whether the key was for the list. */
  key(event) {
    if (this.box.hidden) return false;
    const options = this.options();
    const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && options.length > 0) {
      event.preventDefault();
      options[at]?.removeAttribute("aria-selected");
      const next = options[(at + step + options.length) % options.length];
      next.setAttribute("aria-selected", "true");
      next.scrollIntoView({ block: "nearest" });
      return true;
    }
    if ((event.key === "Enter" || event.key === "Tab") && options[at]) { event.preventDefault(); this.choose(options[at]); return true; }
    if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); this.hide(); return true; }
    return false;
  }

  choose(option) {
    const { field } = this.composer;
    const asked = this.now ?? this.asked();
    this.hide();
    if (option.dataset.person) {
      const name = this.people.get(option.dataset.person);
      field.setRangeText(`@${name} `, asked?.from ?? field.selectionStart, asked?.to ?? field.selectionStart, "end");
      this.composer.changed();
    } else if (option.dataset.template) {
      if (asked) field.setRangeText("", asked.from, asked.to, "end");
      chosen(this.s, option.dataset.template, option.dataset.languages.split(","));
    }
    field.focus();
  }

  /** The ids of those whom `text` mentions. */
  mentioned(text) {
    this.read();
    return [...this.people].filter(([, name]) => text.includes(`@${name}`)).map(([id]) => id);
  }
}
