// Who else looks at the conversation, and who writes there; and that we do.
import { call } from "../api.js";
import { say } from "./words.js";

const VIEWING_MS = 30_000;

export class Presence {
  constructor(s) {
    this.s = s;
    this.people = [];
    this.read = "";
    const own = document.querySelector('meta[name="visitor"]')?.content;
    document.addEventListener("madoguchi:presence", ({ detail }) => {
      if (detail?.conversation_id !== s.id) return;
      this.people = (detail.people ?? []).filter((person) => person.operator_id !== own);
      this.show();
    }, { signal: s.signal });
    const timers = [setInterval(() => this.show(), 2_000), setInterval(() => this.look(), VIEWING_MS)];
    document.addEventListener("visibilitychange", () => this.look(), { signal: s.signal });
    document.addEventListener("madoguchi:live", () => this.look(), { signal: s.signal });
    s.root.addEventListener("conversation:news", () => this.seen(), { signal: s.signal });
    s.signal.addEventListener("abort", () => { timers.forEach(clearInterval); this.tell(null); });
    this.show();
    this.look();
  }

  /** Live updates pass it on to colleagues. */
  tell(id) { document.dispatchEvent(new CustomEvent("madoguchi:viewing", { detail: { conversation_id: id } })); }

  look() {
    this.tell(document.hidden || this.s.signal.aborted ? null : this.s.id);
    this.seen();
  }

  /** The customer's messages are read once somebody has them before their eyes. */
  seen() {
    if (document.hidden) return;
    const theirs = this.s.list.querySelectorAll('.message[data-direction="in"]');
    const newest = theirs[theirs.length - 1]?.dataset.id;
    if (!newest || !this.s.messages.whole || newest <= this.read) return;
    this.read = newest;
    call("POST", `/conversations/${this.s.id}/read`, { message: newest }).catch(() => { this.read = ""; });
  }

  show() {
    const place = this.s.root.querySelector("#presence");
    if (!place) return;
    const now = Date.now();
    const here = this.people.filter((person) => Date.parse(person.until) > now);
    const writing = here.filter((person) => person.typing_until && Date.parse(person.typing_until) > now);
    const names = (people) => people.map((person) => person.name).join("、");
    const text = writing.length > 0 ? say("typing", names(writing)) : here.length > 0 ? say("viewing", names(here)) : "";
    if (place.textContent !== text) place.textContent = text;
    place.classList.toggle("writing", writing.length > 0);
  }
}
