// What changes while a conversation is open: its head, whether it can be answered, its messages. Live updates tell ids and
// versions only; what they name is loaded and morphed into its place. After something of one's own it is looked at soon, and
// again for as long as something is under way, so that a state never stays wrong because the network was gone for a moment.
import { NoPart, part } from "./part.js";

/** Changes that come together are fetched together, in milliseconds. */
const TOGETHER_MS = 120;
/** While a reply or file is under way it is looked at again so often, at first and at last. */
const FIRST_MS = 1_200;
const LAST_MS = 15_000;

export class News {
  constructor(s) {
    this.s = s;
    this.changed = new Set();
    this.timer = 0;
    this.later = 0;
    this.failed = false;
    this.pause = FIRST_MS;
    this.running = null;
    const { signal } = s;
    const here = (detail) => (detail?.conversation_id ?? (detail?.kind === "message" ? null : detail?.id)) === s.id;
    document.addEventListener("madoguchi:conversation", ({ detail }) => { if (here(detail) && !detail.own) this.soon(); }, { signal });
    document.addEventListener("madoguchi:message", ({ detail }) => {
      if (!here(detail)) return;
      if (detail.removed) s.messages.remove(detail.id);
      else this.changed.add(detail.id);
      this.soon();
    }, { signal });
    document.addEventListener("madoguchi:reload", () => this.soon(), { signal });
    // While there is no socket, and when there is one again.
    document.addEventListener("madoguchi:poll", () => this.soon(), { signal });
    document.addEventListener("madoguchi:signed-in", () => this.soon(), { signal });
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.soon(); }, { signal });
    addEventListener("online", () => this.soon(), { signal });
    s.root.addEventListener("madoguchi:done", () => {
      for (const menu of s.root.querySelectorAll("details[data-popover][open]")) menu.open = false;
      this.own();
    }, { signal });
    signal.addEventListener("abort", () => { clearTimeout(this.timer); clearTimeout(this.later); });
    this.again();
  }

  /** Something of one's own was done: also for the list beside. */
  own() {
    document.dispatchEvent(new CustomEvent("madoguchi:conversation", { detail: { kind: "conversation", id: this.s.id, conversation_id: this.s.id, own: true } }));
    this.pause = FIRST_MS;
    return this.now();
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.now(), TOGETHER_MS);
  }

  /** Loads what may have changed; one at a time, so that the later answer is the later state. */
  now() {
    clearTimeout(this.timer);
    clearTimeout(this.later);
    this.running = (this.running ?? Promise.resolve()).then(() => this.load()).catch(() => {});
    return this.running;
  }

  async load() {
    const { s } = this;
    if (s.signal.aborted) return;
    const wanted = [...this.changed];
    this.changed.clear();
    try {
      const content = await part(`${s.address}/news?channel=${encodeURIComponent(s.channel)}`, s.signal);
      const head = content.querySelector('[data-part="head"]');
      Idiomorph.morph(s.root.querySelector("#thread-head"), head.childNodes, { morphStyle: "innerHTML" });
      Idiomorph.morph(s.root.querySelector("#composer-state"), content.querySelector('[data-part="composer"]').childNodes, { morphStyle: "innerHTML" });
      const latest = content.querySelector('[data-part="messages"]');
      const covered = new Set([...latest.querySelectorAll(".message")].map((item) => item.dataset.id));
      const changed = s.root.dataset.version !== head.dataset.version;
      s.root.dataset.version = head.dataset.version;
      s.messages.take(latest, { latest: true });
      const others = wanted.filter((id) => !covered.has(id) && s.messages.item(id));
      await this.scattered(others);
      this.failed = false;
      s.root.dispatchEvent(new CustomEvent("conversation:news", { detail: { changed } }));
    } catch (error) {
      if (error.name === "AbortError") return;
      for (const id of wanted) this.changed.add(id);
      if (error instanceof NoPart && error.status === 404) { this.gone(); return; }
      // What was told is not told again. Who is signed out hears when they are signed in.
      this.failed = error.status !== 401;
      this.pause = LAST_MS;
    }
    this.again();
  }

  /** Messages within the window that are not among the newest: each with the one before it as the place to begin. */
  async scattered(ids) {
    for (const id of ids.sort()) {
      const item = this.s.messages.item(id);
      let before = item?.previousElementSibling;
      while (before && !before.classList.contains("message")) before = before.previousElementSibling;
      const query = before ? `after=${encodeURIComponent(before.dataset.id)}&limit=2` : `around=${encodeURIComponent(id)}&limit=3`;
      if (item) this.s.messages.take(await this.s.messages.load(query));
    }
  }

  /** Looks again for as long as something is under way, or was not to be had. What is to be loaded soon in any case stays so. */
  again() {
    clearTimeout(this.later);
    const waits = this.failed || this.s.root.querySelector('.message[data-status="queued"], .message[data-status="sending"], [data-pending]');
    if (!waits || document.hidden) return;
    this.later = setTimeout(() => this.now(), this.pause);
    this.pause = Math.min(LAST_MS, this.pause * 1.5);
  }

  /** It was deleted for ever, or is not to be seen any more. */
  gone() {
    this.s.root.dispatchEvent(new CustomEvent("conversation:gone", { bubbles: true }));
    if (document.querySelector(".conversation-alone")) location.assign("/console/inbox");
  }
}
