// The messages on the page: a window of them, however many there are. What is far away is taken out and loaded again when it
// is scrolled to; what is before the eyes stays where it is, whatever happens above and below it.
import { part } from "./part.js";
import { say } from "./words.js";

/** As many stay in the page; more than a screen in either direction at any size of window. */
const MOST = 240;
/** So near to an end the next stretch is loaded, in pixels. */
const NEAR = 900;
/** So near to the bottom one reads the newest. */
const AT_BOTTOM = 60;
/** A stretch that could not be loaded is tried again after so long, at first and at last, in milliseconds. */
const PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

export class List {
  /** @param s the conversation's parts of the page */
  constructor(s) {
    this.s = s;
    this.older = s.root.querySelector("#thread-older");
    this.newer = s.root.querySelector("#thread-newer");
    this.pill = s.root.querySelector("#thread-newest");
    this.shown = new WeakMap();
    this.loading = new Set();
    this.failures = 0;
    this.follow = true;
    this.place = null;
    this.unseen = 0;
    for (const item of this.items()) this.shown.set(item, item.outerHTML);
    s.scroll.addEventListener("scroll", () => this.scrolled(), { passive: true, signal: s.signal });
    s.scroll.addEventListener("keydown", (event) => this.walk(event), { signal: s.signal });
    s.list.addEventListener("click", (event) => this.clicked(event), { signal: s.signal });
    this.sizes = new ResizeObserver(() => this.keep());
    for (const element of [s.list, s.outbox, s.scroll]) this.sizes.observe(element);
    s.signal.addEventListener("abort", () => this.sizes.disconnect());
    const jumped = s.list.dataset.jumped;
    if (jumped && this.item(jumped)) this.show(this.item(jumped));
    else this.begin();
  }

  items() { return this.s.list.querySelectorAll(":scope > .message"); }
  item(id) { return document.getElementById(`m-${id}`); }
  first() { return this.s.list.querySelector(":scope > .message"); }
  last() { const all = this.items(); return all[all.length - 1]; }
  /** Whether the newest message is on the page. */
  get whole() { return this.newer.hidden; }

  /** At the first unread message, or at the bottom. */
  begin() {
    const unread = Number(this.s.root.dataset.unread);
    const theirs = [...this.items()].filter((item) => item.dataset.direction === "in");
    const at = unread > 0 ? theirs[theirs.length - unread] ?? (unread >= theirs.length ? theirs[0] : null) : null;
    this.bottom();
    if (at && at !== this.first()) {
      const line = document.createElement("li");
      line.className = "unread-line";
      line.append(Object.assign(document.createElement("span"), { textContent: say("newMessages") }));
      (at.previousElementSibling?.classList.contains("day") ? at.previousElementSibling : at).before(line);
      const top = line.getBoundingClientRect().top - this.s.scroll.getBoundingClientRect().top;
      if (top < 0) { this.s.scroll.scrollTop += top - 16; this.follow = false; }
    }
    this.remember();
  }

  bottom() {
    this.follow = true;
    this.s.scroll.scrollTop = this.s.scroll.scrollHeight;
    this.unseen = 0;
    this.badge();
  }

  /** To the newest message, which may have to be loaded. */
  async newest() {
    if (!this.whole) {
      const loaded = await this.load("");
      this.replace(loaded);
    }
    this.bottom();
  }

  /** To a message and what stands around it. */
  async jump(id) {
    if (!this.item(id)) {
      const loaded = await this.load(`around=${encodeURIComponent(id)}`);
      this.replace(loaded);
    }
    const item = this.item(id);
    if (item) this.show(item);
    return Boolean(item);
  }

  show(item) {
    this.follow = false;
    item.scrollIntoView({ block: "center" });
    item.classList.add("found");
    setTimeout(() => item.classList.remove("found"), 2_500);
    item.focus({ preventScroll: true });
    this.remember();
    this.scrolled();
  }

  async load(query) {
    const content = await part(`${this.s.address}/messages?${query}`, this.s.signal);
    return content.querySelector('[data-part="messages"]');
  }

  /** All of the messages by others. */
  replace(loaded) {
    this.s.list.replaceChildren(...loaded.children);
    for (const item of this.items()) this.shown.set(item, item.outerHTML);
    this.older.hidden = !("older" in loaded.dataset);
    this.newer.hidden = !("newer" in loaded.dataset);
    this.remember();
  }

  /** Does what changes the messages, and keeps what is read where it is. */
  anchored(change) {
    const held = this.place;
    change();
    this.keep(held);
  }

  /** The uppermost message that is seen, and how far below the edge. */
  remember() {
    const edge = this.s.scroll.getBoundingClientRect().top;
    const items = this.items();
    let low = 0;
    let high = items.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (items[middle].getBoundingClientRect().bottom > edge) high = middle; else low = middle + 1;
    }
    const item = items[low];
    this.place = item ? { item, id: item.dataset.id, top: item.getBoundingClientRect().top - edge } : null;
  }

  keep(place = this.place) {
    const { scroll } = this.s;
    if (this.follow && this.whole) { scroll.scrollTop = scroll.scrollHeight; return; }
    const item = place && (place.item.isConnected ? place.item : this.item(place.id));
    if (!item) return;
    const moved = item.getBoundingClientRect().top - scroll.getBoundingClientRect().top - place.top;
    if (Math.abs(moved) > 0.5) scroll.scrollTop += moved;
    this.place = { item, id: item.dataset.id, top: place.top };
  }

  scrolled() {
    const { scroll } = this.s;
    const below = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight;
    this.follow = this.whole && below < AT_BOTTOM;
    if (this.follow) this.unseen = 0;
    this.remember();
    this.badge();
    if (scroll.scrollTop < NEAR) this.more("older");
    if (below < NEAR) this.more("newer");
  }

  badge() {
    const away = !this.follow && (this.unseen > 0 || !this.whole || this.s.scroll.scrollHeight - this.s.scroll.scrollTop - this.s.scroll.clientHeight > 600);
    this.pill.hidden = !away;
    this.pill.classList.toggle("unseen", this.unseen > 0);
    const words = this.unseen > 0 ? `${say("newMessages")} (${this.unseen})` : say("newest");
    const place = this.pill.querySelector("span");
    if (place.textContent !== words) place.textContent = words;
  }

  /** One more stretch in a direction. */
  async more(direction) {
    const edge = direction === "older" ? this.older : this.newer;
    const from = direction === "older" ? this.first() : this.last();
    if (edge.hidden || !from || this.loading.has(direction)) return;
    this.loading.add(direction);
    try {
      const query = direction === "older" ? `before=${encodeURIComponent(from.dataset.oldest)}` : `after=${encodeURIComponent(from.dataset.id)}`;
      const loaded = await this.load(query);
      // Meanwhile others are shown: what belongs to them is asked for when they are scrolled.
      if (!from.isConnected) { this.loading.delete(direction); return; }
      this.anchored(() => {
        const known = new Set([...this.items()].map((item) => item.id));
        const fresh = [...loaded.querySelectorAll(":scope > .message")].filter((item) => !known.has(item.id));
        for (const item of fresh) this.shown.set(item, item.outerHTML);
        if (direction === "older") this.s.list.prepend(...fresh); else this.s.list.append(...fresh);
        edge.hidden = !(direction in loaded.dataset);
        this.drop(direction);
        this.tidy();
      });
    } catch {
      if (!this.s.signal.aborted) this.later(direction);
      return;
    }
    this.failures = 0;
    this.loading.delete(direction);
    this.scrolled();
  }

  /** Not at once, and not with each step of scrolling: the network may be gone for a while. */
  later(direction) {
    const pause = Math.min(LONGEST_PAUSE_MS, PAUSE_MS * 2 ** this.failures);
    this.failures += 1;
    setTimeout(() => {
      this.loading.delete(direction);
      if (!this.s.signal.aborted) this.scrolled();
    }, pause);
  }

  /** Takes out what is far away at the other end. */
  drop(direction) {
    const all = [...this.items()];
    const surplus = all.length - MOST;
    if (surplus <= 0) return;
    const away = direction === "older" ? all.slice(-surplus) : all.slice(0, surplus);
    const playing = (item) => item.contains(document.activeElement) || [...item.querySelectorAll("video, audio")].some((media) => !media.paused);
    if (away.some(playing)) return;
    for (const item of away) item.remove();
    (direction === "older" ? this.newer : this.older).hidden = false;
  }

  /** One line for each day; messages of one person stand together. */
  tidy() {
    let before = null;
    for (const item of [...this.s.list.children]) {
      if (item.classList.contains("day")) {
        const after = item.nextElementSibling;
        if (!after?.dataset.day || after.dataset.day !== item.dataset.separator || before?.dataset.day === item.dataset.separator) item.remove();
        continue;
      }
      if (!item.classList.contains("message")) continue;
      const begins = before?.dataset.day !== item.dataset.day;
      if (begins && !item.previousElementSibling?.classList.contains("day")) {
        const day = document.createElement("li");
        day.className = "day";
        day.dataset.separator = item.dataset.day;
        day.append(Object.assign(document.createElement("span"), { textContent: item.dataset.dayName }));
        item.before(day);
      }
      const follows = !begins && before && !item.classList.contains("line") && before.dataset.who === item.dataset.who
        && before.dataset.direction === item.dataset.direction && Number(item.dataset.at) - Number(before.dataset.at) < 300;
      item.classList.toggle("follows", Boolean(follows));
      before = item;
    }
  }

  /**
   * Takes in messages as they are now. `latest`: they are the newest of the conversation. What differs is morphed, so that
   * selection, focus and a playing video stay.
   */
  take(loaded, { latest = false } = {}) {
    const fresh = [...loaded.querySelectorAll(":scope > .message")];
    if (fresh.length === 0) return;
    let added = 0;
    // Newer ones than the window holds come with the next stretch; only those that join it are put in.
    const joins = this.whole;
    // More was said than was loaded: the stretch between is loaded when it is scrolled to.
    const gap = latest && joins && this.last() && fresh[0].dataset.oldest > this.last().dataset.id;
    if (gap) { this.newer.hidden = false; this.unseen += fresh.length; this.badge(); if (this.follow) this.newest(); return; }
    this.anchored(() => {
      for (const item of fresh) {
        const old = this.item(item.dataset.id) ?? this.sameAlbum(item);
        const html = item.outerHTML;
        if (old) {
          if (this.shown.get(old) === html) continue;
          const found = old.classList.contains("found");
          old.dataset.version = item.dataset.version;
          Idiomorph.morph(old, item, { morphStyle: "outerHTML" });
          const now = this.item(item.dataset.id) ?? old;
          now.classList.toggle("found", found);
          this.shown.set(now, html);
          continue;
        }
        const next = [...this.items()].find((other) => other.dataset.id > item.dataset.id);
        if (next && next === this.first() && !this.older.hidden) continue;
        if (!next && !joins) continue;
        this.shown.set(item, html);
        if (next) next.before(item); else this.s.list.append(item);
        if (item.dataset.direction === "in") added += 1;
      }
      this.drop("newer");
      this.tidy();
    });
    if (added > 0 && !this.follow) this.unseen += added;
    this.badge();
    this.scrolled();
  }

  /** A picture that joins an album moves its place. */
  sameAlbum(item) {
    const oldest = item.dataset.oldest;
    return oldest === item.dataset.id ? null : [...this.items()].find((other) => other.dataset.oldest === oldest) ?? null;
  }

  remove(id) {
    this.anchored(() => { this.item(id)?.remove(); this.tidy(); });
  }

  clicked(event) {
    const link = event.target.closest("a[data-jump]");
    if (!link) return;
    event.preventDefault();
    this.jump(link.dataset.jump);
  }

  /** Arrow keys go from message to message. */
  walk(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("input, textarea, select, video, audio")) return;
    if (event.key === "End") { event.preventDefault(); this.newest(); return; }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const items = [...this.items()];
    const now = event.target.closest(".message");
    const edge = this.s.scroll.getBoundingClientRect();
    const at = now ? items.indexOf(now) + step
      : step > 0 ? items.findIndex((item) => item.getBoundingClientRect().top >= edge.top)
        : items.findLastIndex((item) => item.getBoundingClientRect().bottom <= edge.bottom);
    const item = items[at];
    if (!item) return;
    event.preventDefault();
    event.stopPropagation();
    item.focus({ preventScroll: true });
    item.scrollIntoView({ block: "nearest" });
  }
}
