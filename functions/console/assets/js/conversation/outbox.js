// What was sent from this browser and is not known to be stored: it stands below the messages, honestly marked, until the
// server has it. Each has a key under which it is done once, however often it is tried; they go out in their order, and
// nothing is lost when the page is loaded again.
import { Refused, call } from "../api.js";
import { icon, make } from "./part.js";
import { say } from "./words.js";

const STORE = "madoguchi_outbox";
/** Older ones are forgotten: the server knows a key for 30 days. */
const KEPT_MS = 7 * 86_400_000;

// Every tab keeps its entries there: each is put in and taken out by itself, and what others have put in stays.
const read = () => { try { return JSON.parse(localStorage.getItem(STORE) ?? "[]"); } catch { return []; } };
const write = (all) => { try { localStorage.setItem(STORE, JSON.stringify(all)); } catch { /* full or forbidden: it is still in the page */ } };
const fresh = (one) => Date.now() - one.at < KEPT_MS;

export class Outbox {
  constructor(s) {
    this.s = s;
    this.visitor = document.querySelector('meta[name="visitor"]')?.content ?? "";
    this.busy = false;
    this.own = read().filter((one) => one.conversation === s.id && one.visitor === this.visitor && fresh(one));
    for (const one of this.own) { one.state = one.state === "refused" ? "refused" : "leftover"; this.draw(one); }
    const signal = s.signal;
    addEventListener("online", () => this.run(), { signal });
    document.addEventListener("madoguchi:signed-in", () => this.run(), { signal });
    addEventListener("storage", (event) => { if (event.key === STORE) this.elsewhere(event); }, { signal });
    s.outbox.addEventListener("click", (event) => this.clicked(event), { signal });
  }

  keep(one) {
    const all = read().filter(fresh);
    const at = all.findIndex((other) => other.key === one.key);
    write(at < 0 ? [...all, one] : all.with(at, one));
  }

  forget(one) {
    this.own = this.own.filter((other) => other !== one);
    write(read().filter((other) => other.key !== one.key && fresh(other)));
  }

  /** Another tab has sent or thrown away what is shown here too. What is on its way from here is answered here. */
  elsewhere({ oldValue, newValue }) {
    const keys = (value) => { try { return new Set(JSON.parse(value ?? "[]").map((one) => one.key)); } catch { return new Set(); } };
    const [before, now] = [keys(oldValue), keys(newValue)];
    const gone = this.own.filter((one) => before.has(one.key) && !now.has(one.key) && one.state !== "sending");
    if (gone.length === 0) return;
    this.own = this.own.filter((one) => !gone.includes(one));
    for (const one of gone) this.erase(this.element(one));
    this.s.news.soon();
  }

  /** Sends `body` to a route of the conversation (`messages` or `notes`). */
  add(route, body, shown = body.text) {
    const one = { key: crypto.randomUUID(), conversation: this.s.id, visitor: this.visitor, route, body, shown, at: Date.now(), state: "waiting" };
    this.own.push(one);
    this.keep(one);
    this.draw(one);
    this.s.list.querySelector(".unread-line")?.remove();
    this.s.messages.newest();
    return this.run();
  }

  /** Sends what waits, one after the other. */
  async run() {
    if (this.busy || this.s.signal.aborted) return;
    this.busy = true;
    try {
      for (;;) {
        const one = this.own.find((each) => ["waiting", "unsent"].includes(each.state));
        if (!one || !(await this.send(one))) break;
      }
    } finally {
      this.busy = false;
    }
  }

  /** Whether the next one may go. */
  async send(one) {
    one.state = "sending";
    this.draw(one);
    try {
      const answer = await this.post(one);
      this.done(one);
      this.s.root.dispatchEvent(new CustomEvent("conversation:sent", { detail: { one, answer } }));
      await this.s.news.own();
      return true;
    } catch (error) {
      if (error instanceof Refused && error.status >= 400 && error.status < 500 && ![401, 408, 425, 429].includes(error.status)) {
        one.state = "refused";
        one.error = error.message;
        this.keep(one);
        this.draw(one);
        this.s.news.soon();
        return true;
      }
      one.state = "unsent";
      one.error = error instanceof Refused ? error.message : say("offline");
      this.keep(one);
      this.draw(one);
      return false;
    }
  }

  async post(one) {
    const path = `/conversations/${this.s.id}/${one.route}`;
    try {
      return await call("POST", path, one.body, { key: one.key });
    } catch (error) {
      // Another tab has saved or thrown away the draft since: the message goes out all the same.
      if (error instanceof Refused && error.status === 412 && one.body.draft_revision !== undefined) {
        delete one.body.draft_revision;
        return call("POST", path, one.body, { key: one.key });
      }
      throw error;
    }
  }

  done(one) {
    this.forget(one);
    // Its place is taken by the message itself a moment later.
    const shown = this.element(one);
    setTimeout(() => this.erase(shown), 1_500);
    this.s.root.addEventListener("conversation:news", () => this.erase(shown), { once: true });
  }

  erase(shown) {
    shown?.remove();
    this.s.outbox.hidden = this.s.outbox.childElementCount === 0;
  }

  element(one) { return this.s.outbox.querySelector(`[data-key="${one.key}"]`); }

  draw(one) {
    const failed = ["unsent", "refused", "leftover"].includes(one.state);
    const status = { waiting: say("waiting"), sending: say("sending") }[one.state] ?? say("notSent");
    const item = make("li", { className: `message out pending${one.route === "notes" ? " note" : ""}${failed ? " failed" : ""}`, "data-key": one.key });
    const bubble = make("div", { className: "bubble" }, make("p", { className: "words", dir: "auto", textContent: one.shown ?? "" }));
    const foot = make("div", { className: "message-foot" }, make("span", { className: failed ? "message-status bad" : "message-status" }, icon(failed ? "circle-alert" : "clock"), status));
    const body = make("div", { className: "message-body" }, bubble, foot);
    if (failed) {
      const button = (act, words) => make("button", { type: "button", className: "button small", "data-outbox": act, textContent: words });
      const acts = make("div", { className: "remedy-acts" });
      if (one.state !== "refused") acts.append(button("retry", say("retry")));
      if (one.body.text) acts.append(button("edit", say("edit")));
      acts.append(button("discard", say("discard")));
      body.append(make("div", { className: "remedy bad" }, make("p", { textContent: one.state === "leftover" ? say("leftover") : one.error ?? "" }), acts));
    }
    item.append(body);
    const old = this.element(one);
    if (old) old.replaceWith(item); else this.s.outbox.append(item);
    this.s.outbox.hidden = false;
  }

  clicked(event) {
    const button = event.target.closest("[data-outbox]");
    if (!button) return;
    const key = button.closest("[data-key]").dataset.key;
    const one = this.own.find((each) => each.key === key);
    if (!one) return;
    if (button.dataset.outbox === "retry") {
      // All that were left go out in their order.
      for (const each of this.own) if (each.state === "leftover" || each.state === "unsent") { each.state = "waiting"; this.draw(each); }
      this.run();
      return;
    }
    this.forget(one);
    this.erase(this.element(one));
    if (button.dataset.outbox === "edit") this.s.composer.put(one.body.text, { note: one.route === "notes" });
  }
}
