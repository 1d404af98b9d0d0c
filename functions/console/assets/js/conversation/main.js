// One conversation, brought to life wherever the page shows one; and left again when the page shows another.
import { command, run } from "../commands.js";
import { toast } from "../notice.js";
import { Composer } from "./composer.js";
import { block, later, location as place, sticker, ticket } from "./dialogs.js";
import { show } from "./lightbox.js";
import { List } from "./list.js";
import { News } from "./news.js";
import { Outbox } from "./outbox.js";
import { Panel } from "./panel.js";
import { Presence } from "./presence.js";
import { choose } from "./templates.js";
import { learn, say } from "./words.js";

let current = null;

function mount(root) {
  const stop = new AbortController();
  const s = {
    root,
    id: root.dataset.thread,
    channel: root.dataset.channel,
    address: `/console/conversations/${root.dataset.thread}`,
    scroll: root.querySelector("#thread-scroll"),
    list: root.querySelector("#messages"),
    outbox: root.querySelector("#outbox"),
    signal: stop.signal,
    stop,
  };
  learn(root);
  s.messages = new List(s);
  s.news = new News(s);
  s.box = new Outbox(s);
  s.composer = new Composer(s);
  s.presence = new Presence(s);
  s.panel = new Panel(s);
  root.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-lightbox]");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    show(root, link);
  }, { signal: s.signal });
  s.box.run();
  return s;
}

function look() {
  const root = document.querySelector("[data-thread]");
  if (current && (current.root !== root || current.id !== root?.dataset.thread)) {
    current.stop.abort();
    current = null;
  }
  if (root && !current) current = mount(root);
}

// Whoever wants the open conversation loaded anew gets what has changed: what is read and typed stays.
document.body.addEventListener("htmx:beforeRequest", (event) => {
  const { target, requestConfig } = event.detail;
  if (!current || !target?.contains(current.root) || requestConfig?.triggeringEvent?.type !== "renew") return;
  if (!requestConfig.path.startsWith(current.address)) return;
  event.preventDefault();
  current.news.own();
});

const with_ = (run) => (element) => { if (current) run(current, element); };
const item = (element) => element?.closest(".message");
const press = (act) => with_((s) => s.root.querySelector(`[data-act="${act}"]`)?.click());

command("newest", with_((s) => s.messages.newest()));
command("panel", with_((s) => s.panel.toggle()));
command("attach", with_((s) => s.composer.files.input.click()));
command("templates", with_((s) => choose(s)));
command("sticker", with_((s) => sticker(s)));
command("location", with_((s) => place(s)));
command("send-later", with_((s) => later(s)));
command("block", with_((s) => block(s)));
command("ticket", with_((s, element) => ticket(s, { episode: Number(element?.dataset.episode ?? s.root.querySelector("[data-episode]")?.dataset.episode) })));
command("message-ticket", with_((s, element) => ticket(s, { message_id: item(element).dataset.id })));
command("message-copy", with_((s, element) => copy(item(element).querySelector(".words, .pressed")?.textContent ?? "")));
command("note-edit", with_((s, element) => s.composer.edit(item(element).dataset.id, item(element).querySelector(".words")?.textContent ?? "")));
command("copy", with_((s, element) => copy(element.dataset.copy)));
command("copy-link", with_((s) => copy(`${location.origin}${s.address}`)));
command("conversation-reply", with_((s) => { s.composer.switch("reply"); s.composer.field.focus(); }));
command("conversation-note", with_((s) => { s.composer.switch("note"); s.composer.field.focus(); }));
for (const act of ["assign", "done", "snooze", "close", "reopen", "more"]) command(`conversation-${act}`, act === "close" ? press("close") : press(act));
command("conversation-leave", () => { if (!run("back")) location.assign("/console/inbox"); });

async function copy(text) {
  try { await navigator.clipboard.writeText(text); toast(say("copied")); } catch { toast(text); }
}

new MutationObserver(look).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-thread"] });
look();
