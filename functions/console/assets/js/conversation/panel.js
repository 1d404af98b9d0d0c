// The panel about the customer: beside the messages where there is room, else above them.
import { part } from "./part.js";

const NAME = "madoguchi_panel";
/** As wide as messages and panel need beside each other, in pixels. */
const WIDE = 900;

export class Panel {
  constructor(s) {
    this.s = s;
    this.place = s.root.querySelector("#panel");
    if (this.wide && localStorage.getItem(NAME) !== "0") this.open();
    s.root.addEventListener("conversation:news", ({ detail }) => { if (detail.changed && !this.place.hidden) this.load(); }, { signal: s.signal });
    this.place.addEventListener("click", (event) => {
      const hit = event.target.closest("a[data-jump]");
      if (!hit) return;
      event.preventDefault();
      if (!this.wide) this.close();
      s.messages.jump(hit.dataset.jump);
    }, { signal: s.signal });
    this.place.addEventListener("keydown", (event) => { if (event.key === "Escape" && !this.wide) { event.stopPropagation(); this.toggle(); } }, { signal: s.signal });
  }

  get wide() { return this.s.root.clientWidth >= WIDE; }

  toggle() {
    if (this.place.hidden) this.open(true); else this.close();
    localStorage.setItem(NAME, this.place.hidden ? "0" : "1");
    if (this.place.hidden) this.s.root.querySelector('.thread-acts [data-command="panel"]')?.focus();
  }

  close() { this.place.hidden = true; this.s.root.classList.remove("with-panel"); this.s.messages?.keep(); }

  async open(focus = false) {
    this.place.hidden = false;
    this.s.root.classList.add("with-panel");
    await this.load();
    this.s.messages?.keep();
    if (focus) this.place.querySelector("button, input")?.focus();
  }

  async load() {
    const content = await part(`${this.s.address}/panel?channel=${encodeURIComponent(this.s.channel)}`, this.s.signal).catch(() => null);
    if (!content) return;
    const found = this.place.querySelector("#panel-found");
    const typed = this.place.querySelector("#panel-q")?.value;
    const holder = document.createElement("div");
    holder.append(content);
    // What was searched for stays.
    if (found?.childElementCount) holder.querySelector("#panel-found").replaceChildren(...[...found.children].map((child) => child.cloneNode(true)));
    Idiomorph.morph(this.place, holder.childNodes, { morphStyle: "innerHTML" });
    const field = this.place.querySelector("#panel-q");
    if (field && typed) field.value = typed;
    htmx.process(this.place);
  }
}
