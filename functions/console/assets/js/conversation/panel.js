// The panel about the customer: beside the messages where there is room, else above them.
import { part } from "./part.js";

const NAME = "madoguchi_panel";
const WIDE = matchMedia("(min-width: 1200px)");

export class Panel {
  constructor(s) {
    this.s = s;
    this.place = s.root.querySelector("#panel");
    if (WIDE.matches && localStorage.getItem(NAME) !== "0") this.open();
    s.root.addEventListener("conversation:news", ({ detail }) => { if (detail.changed && !this.place.hidden) this.load(); }, { signal: s.signal });
    this.place.addEventListener("click", (event) => {
      const hit = event.target.closest("a[data-jump]");
      if (!hit) return;
      event.preventDefault();
      if (!WIDE.matches) this.close();
      s.messages.jump(hit.dataset.jump);
    }, { signal: s.signal });
    this.place.addEventListener("keydown", (event) => { if (event.key === "Escape" && !WIDE.matches) { event.stopPropagation(); this.toggle(); } }, { signal: s.signal });
  }

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
