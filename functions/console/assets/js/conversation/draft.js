// What somebody has begun to write, kept on the server for them alone (CON-6), and in this browser while that cannot be reached.
import { Refused, call } from "../api.js";
import { make } from "./part.js";
import { say } from "./words.js";

const PAUSE_MS = 800;

export class Draft {
  constructor(s, field, place, read) {
    this.s = s;
    this.field = field;
    this.place = place;
    this.read = read;
    this.name = `madoguchi_draft_${document.querySelector('meta[name="visitor"]')?.content}_${s.id}`;
    this.revision = Number(s.root.querySelector("#composer").dataset.revision) || 0;
    this.stored = field.value;
    this.timer = 0;
    this.saving = Promise.resolve();
    const here = this.local();
    if (here && here.text !== field.value) { field.value = here.text; this.changed(); }
    const flush = () => { if (document.hidden) this.save(true); };
    document.addEventListener("visibilitychange", flush, { signal: s.signal });
    addEventListener("online", () => this.changed(), { signal: s.signal });
    document.addEventListener("madoguchi:signed-in", () => this.changed(), { signal: s.signal });
    s.signal.addEventListener("abort", () => { clearTimeout(this.timer); if (this.read() !== this.stored) this.save(true, true); });
  }

  local() { try { return JSON.parse(localStorage.getItem(this.name) ?? "null"); } catch { return null; } }
  keepHere(text) { try { if (text) localStorage.setItem(this.name, JSON.stringify({ text, at: Date.now() })); else localStorage.removeItem(this.name); } catch { /* full or forbidden */ } }

  changed() {
    clearTimeout(this.timer);
    this.place.textContent = "";
    this.keepHere(this.read() === this.stored ? "" : this.read());
    this.timer = setTimeout(() => this.save(), PAUSE_MS);
  }

  save(keepalive = false, last = false) {
    clearTimeout(this.timer);
    const text = this.read();
    this.saving = this.saving.then(() => this.put(text, keepalive, last)).catch(() => {});
    return this.saving;
  }

  async put(text, keepalive, last) {
    if (text === this.stored) return;
    const path = `/conversations/${this.s.id}/draft`;
    try {
      if (text.trim() === "") {
        if (this.revision > 0) await call("DELETE", `${path}?revision=${this.revision}`, undefined, { keepalive });
        this.revision = 0;
      } else {
        const saved = await call("PUT", path, { text, revision: this.revision }, { keepalive });
        this.revision = saved.revision;
        if (!last) this.place.textContent = say("saved");
      }
      this.stored = text;
      if (this.read() === text) this.keepHere("");
    } catch (error) {
      if (last) return;
      if (error instanceof Refused && error.status === 412) this.differs(error.problem?.current ?? error.problem?.error?.current ?? null);
      else if (!(error instanceof Refused)) this.place.textContent = say("savedHere");
    }
  }

  /** Another tab or device has saved another text. */
  differs(theirs) {
    this.revision = theirs?.revision ?? 0;
    this.stored = theirs?.text ?? "";
    if (!theirs || theirs.text === this.read()) { if (!theirs) this.changed(); return; }
    const button = (words, act) => make("button", { type: "button", className: "link-button", textContent: words, onclick: act });
    this.place.replaceChildren(
      say("draftElsewhere"), " ",
      button(say("useTheirs"), () => { this.field.value = theirs.text; this.keepHere(""); this.place.textContent = ""; this.field.dispatchEvent(new Event("input", { bubbles: true })); }),
      " ", button(say("keepMine"), () => this.save()),
    );
  }

  /** The text goes out as a message: resolves to the revision that has become it, if one is stored. */
  async sent() {
    clearTimeout(this.timer);
    await this.saving;
    this.place.textContent = "";
    const revision = this.revision;
    this.revision = 0;
    this.stored = "";
    this.keepHere("");
    return revision > 0 ? revision : undefined;
  }
}
