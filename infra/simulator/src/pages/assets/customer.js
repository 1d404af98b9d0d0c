import { byId, call, clock, date, el, keepAtEnd, pause } from "./dom.js";

const NAMES = { messenger: "Messenger", line: "LINE", whatsapp: "WhatsApp", sms: "SMS" };
const PROVIDERS = Object.keys(NAMES);
const STICKERS = {
  messenger: ["144884865685780", "126361870881945", "144885145685752", "144884865685783"].map((sticker_id) => ({ sticker_id })),
  line: ["52002736", "52002737", "52002738", "52002739"].map((sticker_id) => ({ package_id: "11537", sticker_id })),
  whatsapp: ["1", "2", "3", "4"].map((sticker_id) => ({ sticker_id })),
  sms: [],
};
// What can be sent besides words. LINE's album arrives as its pictures do: each on its own and all at once.
const FILES = {
  photo: ["写真 · Photo", { kind: "image", count: 1 }],
  album: ["写真3枚 · Album", { kind: "media", media: "image", count: 3, apart: true }],
  video: ["動画 · Video", { kind: "media", media: "video" }],
  audio: ["音声 · Voice", { kind: "media", media: "audio" }],
  file: ["PDF", { kind: "media", media: "file" }],
  contact: ["連絡先 · Contact", { kind: "media", media: "contact" }],
  place: ["位置情報 · Location", { kind: "attachment", attachment: "location" }],
  button: ["ボタン · Button", { kind: "postback", title: "予約を確認", payload: "CONFIRM" }],
  ad: ["広告から · From an ad", { kind: "referral", reference: "spring-sale" }],
};
const OFFERED = {
  messenger: ["photo", "album", "video", "audio", "file", "ad"],
  line: ["photo", "album", "video", "audio", "file", "place"],
  whatsapp: ["photo", "video", "audio", "file", "contact", "place", "button", "ad"],
  sms: ["photo", "album", "video", "audio", "contact"],
};
const WORDS = { whatsapp: ["STOP", "START"], sms: ["STOP", "START"] };
const REACTIONS = ["👍", "❤️", "😆", "😮", "😢"];
const stickerPicture = (id) => el("img", { class: "sticker", src: `/media/sticker-${id}.png`, alt: "スタンプ · Sticker" });

const chosen = { customer: localStorage.getItem("customer"), page: null, channel: null, whatsapp: null, sms: null, group: "" };
const ACCOUNT = { messenger: "page", line: "channel", whatsapp: "whatsapp", sms: "sms" };
let view = null;
let asked = new AbortController();
const seenUpTo = {};
const phones = Object.fromEntries(PROVIDERS.map((provider) => [provider, phone(provider)]));

// The frame of a phone is made once; only its chat is drawn anew, so that a half-written text stays.
function phone(provider) {
  const parts = {
    account: el("select", { "aria-label": "アカウント · Account" }),
    face: el("img", { class: "avatar", alt: "" }),
    state: el("small", { class: "state" }),
    follow: el("button", { class: "quiet", type: "button" }),
    group: el("select", { "aria-label": "トーク · Chat", class: "group" }),
    chat: el("div", { class: "chat", tabindex: "0", role: "log", "aria-label": "メッセージ · Messages" }),
    tray: el("div", { class: "tray", hidden: true }),
    files: el("div", { class: "tray files", hidden: true }),
    text: el("input", {
      class: "text", placeholder: "メッセージを入力", "aria-label": "メッセージ · Message", maxlength: "5000",
      autocomplete: "off", enterkeyhint: "send",
    }),
    problem: el("p", { class: "problem", role: "alert", hidden: true }),
    mode: el("p", { class: "mode", hidden: true }),
    quoting: null,
    editing: null,
    drawn: null,
  };
  const icon = (label, sign, onclick) => el("button", { type: "button", class: "icon", title: label, "aria-label": label, onclick }, sign);
  const show = (shown) => {
    for (const tray of ["tray", "files"]) parts[tray].hidden = tray !== shown || !parts[tray].hidden;
  };
  const form = el("form", {
    class: "composer",
    onsubmit: (event) => {
      event.preventDefault();
      say(provider);
    },
  },
    STICKERS[provider].length ? icon("スタンプ · Sticker", "☺", () => show("tray")) : null,
    icon("ファイルなどを送る · Send a file", "＋", () => show("files")),
    parts.text,
    el("button", { type: "submit", class: "send", "aria-label": "送信 · Send" }, "➤"),
  );
  for (const sticker of STICKERS[provider]) {
    parts.tray.append(icon("スタンプ · Sticker", stickerPicture(sticker.sticker_id), () => {
      parts.tray.hidden = true;
      perform(provider, { kind: "sticker", ...sticker });
    }));
  }
  const offer = (label, action) => parts.files.append(el("button", {
    type: "button", class: "quiet", onclick: () => {
      parts.files.hidden = true;
      perform(provider, action);
    },
  }, label));
  for (const name of OFFERED[provider]) offer(...FILES[name]);
  for (const text of WORDS[provider] ?? []) offer(text, { kind: "text", text });
  byId(provider).append(
    el("header", {},
      parts.face,
      el("div", { class: "who" }, parts.account, el("span", {}, el("b", {}, NAMES[provider]), " ", parts.state)),
      provider === "line" ? parts.group : null,
      parts.follow),
    parts.chat, parts.problem, parts.mode, parts.tray, parts.files, form);
  parts.account.addEventListener("change", () => {
    chosen[ACCOUNT[provider]] = parts.account.value;
    refresh();
  });
  parts.group.addEventListener("change", () => {
    chosen.group = parts.group.value;
    refresh();
  });
  parts.follow.addEventListener("click", () => perform(provider, { kind: parts.follow.dataset.act }));
  return parts;
}

async function say(provider) {
  const parts = phones[provider];
  const text = parts.text.value.trim();
  if (!text) return;
  const { editing, quoting } = parts;
  setMode(provider, null);
  parts.text.value = "";
  const done = await perform(provider, editing
    ? { kind: "edit", message_id: editing.id, text }
    : { kind: "text", text, quote: quoting?.id });
  if (!done) parts.text.value = text;
}

function setMode(provider, mode, message) {
  const parts = phones[provider];
  parts.quoting = mode === "quote" ? message : null;
  parts.editing = mode === "edit" ? message : null;
  parts.mode.hidden = !mode;
  if (!mode) return;
  const label = mode === "edit" ? "編集中 · Editing: " : "引用 · Quoting: ";
  parts.mode.replaceChildren(label, message.text ?? "…", " ",
    el("button", { type: "button", class: "link", onclick: () => setMode(provider, null) }, "やめる · Cancel"));
  if (mode === "edit") parts.text.value = message.text ?? "";
  parts.text.focus();
}

async function perform(provider, action) {
  const parts = phones[provider];
  const act = { provider, customer: view.customer, account: view[provider].account, ...action };
  if (provider === "line" && view.line.group) act.group = view.line.group;
  parts.problem.hidden = true;
  try {
    await call("POST", "/control/act", act);
    parts.chat.scrollTop = parts.chat.scrollHeight;
    return true;
  } catch (refused) {
    parts.problem.textContent = refused.message;
    parts.problem.hidden = false;
    return false;
  }
}

function draw() {
  byId("customers").replaceChildren(...view.customers.map((customer) =>
    el("option", { value: customer.id, selected: customer.id === view.customer }, customer.name)));
  byId("face").src = view.customers.find((customer) => customer.id === view.customer)?.picture ?? "";
  const notice = byId("notice");
  notice.hidden = view.product_known;
  notice.textContent = "会社側のシステムはまだ起動していません。書いたものは届きません。 · The product is not up yet: nothing that you write arrives.";
  PROVIDERS.forEach(drawPhone);
  byId("webhooks").replaceChildren(...view.webhooks.map((webhook) =>
    el("li", { class: webhook.state },
      el("time", {}, clock(webhook.at_ms)),
      el("b", {}, NAMES[webhook.provider]),
      el("span", { class: "what" }, webhook.what),
      el("span", { class: "result" }, webhook.text))));
  reportReading();
}

function drawPhone(provider) {
  const parts = phones[provider];
  const side = view[provider];
  const thread = side.thread;
  const options = side.accounts.map((account) =>
    el("option", { value: account.id, selected: account.id === side.account }, account.name));
  parts.account.replaceChildren(...options);
  parts.account.disabled = side.accounts.length < 2;
  parts.face.src = side.accounts.find((account) => account.id === side.account)?.picture ?? "";
  if (provider === "line") {
    parts.group.replaceChildren(el("option", { value: "" }, "1対1"), ...side.groups.map((group) =>
      el("option", { value: group.id, selected: group.id === side.group }, group.name)));
  }
  const blocked = thread?.blocked ?? false;
  const friend = provider !== "line" || (thread?.friend ?? false);
  parts.follow.hidden = Boolean(side.group);
  parts.follow.dataset.act = blocked || !friend ? "follow" : "unfollow";
  parts.follow.textContent = blocked ? "解除 · Unblock" : friend ? "ブロック · Block" : "友だち追加 · Add";
  parts.state.textContent = blocked ? "ブロック中"
    : thread?.opted_out ? "配信停止中 · opted out"
    : provider === "line" && !friend && !side.group ? "友だちではない" : "";
  parts.text.disabled = blocked;

  // Nothing new here: a film that plays is not to start again because of another phone.
  const drawn = JSON.stringify([side.account, side.group, thread]);
  if (parts.drawn === drawn) return;
  parts.drawn = drawn;
  const messages = thread?.messages ?? [];
  const open = parts.chat.querySelector("details[open]")?.dataset.id;
  keepAtEnd(parts.chat, () => {
    let lastDay = null;
    const rows = [];
    for (const message of messages) {
      const today = date(message.at_ms);
      if (today !== lastDay) rows.push(el("p", { class: "day" }, today));
      lastDay = today;
      rows.push(bubble(provider, message, message === messages.at(-1), open === message.id));
    }
    if (thread?.typing) rows.push(el("p", { class: "typing" }, "入力中… · typing"));
    if (rows.length === 0) {
      rows.push(el("p", { class: "empty" }, "まだメッセージはありません。", el("br"), "Write something to the company."));
    }
    parts.chat.replaceChildren(...rows);
  });
}

function bubble(provider, message, isLast, open) {
  const side = message.mine ? "mine" : "theirs";
  if (message.unsent) return el("p", { class: "day" }, "メッセージの送信を取り消しました · unsent");
  const name = message.sender_name ?? message.author;
  return el("div", { class: `row ${side}` },
    name && !message.mine ? el("small", { class: "name" }, name) : null,
    el("div", { class: "line-of" },
      el("div", { class: `bubble ${message.kind}` }, content(message)),
      el("span", { class: "meta" },
        message.edited ? "編集済み " : "",
        message.mine && message.read ? "既読 " : "",
        clock(message.at_ms),
        tick(message),
        menu(provider, message, open))),
    reactions(message),
    choices(provider, message, isLast));
}

// What Twilio has reported to the company about this message.
const TICKS = { accepted: "◌", queued: "◌", sending: "◌", sent: "✓", delivered: "✓✓", read: "✓✓" };

function tick(message) {
  if (!message.status) return null;
  return el("span", { class: `tick ${message.status}`, title: message.status }, TICKS[message.status] ?? "!");
}

function content(message) {
  if (message.kind === "sticker" && message.sticker_id) return stickerPicture(message.sticker_id);
  if (message.files.length) return [...message.files.map(file), caption(message)];
  if (message.place) return place(message.place);
  switch (message.kind) {
    case "postback": return el("span", {}, "▸ ", message.text);
    case "text": case "template": case "flex": return message.text ?? "";
    default: return `▤ ${message.kind}${message.text ? `: ${message.text}` : ""}`;
  }
}

// A document's name is shown with the document.
const caption = (message) =>
  message.text && message.text !== message.files[0].name ? el("span", { class: "caption" }, message.text) : null;

function file({ url, kind, name, size_bytes, problem }) {
  if (problem) return el("span", { class: "broken", title: problem }, "表示できません · cannot be shown");
  switch (kind) {
    case "image": case "sticker": return el("img", { src: url, alt: "写真 · Photo" });
    case "video": return el("video", { src: url, controls: true, preload: "metadata" });
    case "audio": return el("audio", { src: url, controls: true, preload: "metadata" });
    default: {
      const size = size_bytes ? ` · ${Math.ceil(size_bytes / 1024)} KB` : "";
      return el("a", { href: url, target: "_blank", rel: "noopener" }, `▤ ${name ?? kind}${size}`);
    }
  }
}

const place = ({ title, address, latitude, longitude }) => {
  const at = `${latitude}, ${longitude}`;
  const map = `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=16/${latitude}/${longitude}`;
  return el("a", { class: "place", href: map, title: at, target: "_blank", rel: "noopener noreferrer" },
    el("b", {}, `◎ ${title}`), el("small", {}, address || at));
};

const reactions = (message) => {
  const shown = message.reactions.filter(Boolean);
  return shown.length ? el("span", { class: "reactions" }, shown.join(" ")) : null;
};

function menu(provider, message, open) {
  const actions = [];
  const action = (label, onclick, title) => actions.push(el("button", { type: "button", class: "quiet", onclick, title }, label));
  if (provider === "messenger") {
    for (const emoji of REACTIONS) {
      const remove = message.reactions[0] === emoji;
      action(emoji, () => perform(provider, { kind: "reaction", message_id: message.id, emoji, remove }));
    }
    if (message.mine && message.kind === "text") action("編集", () => setMode(provider, "edit", message), "Edit");
  } else if (provider === "line" && message.mine && message.kind !== "postback") {
    action("送信取消", () => perform(provider, { kind: "unsend", message_id: message.id }), "Unsend");
    if (view.line.group && message.kind === "text") action("編集", () => setMode(provider, "edit", message), "Edit");
  }
  if (provider !== "sms" && message.kind === "text") action("引用", () => setMode(provider, "quote", message), "Quote");
  if (actions.length === 0) return null;
  return el("details", { class: "menu", "data-id": message.id, open },
    el("summary", { title: "操作 · Actions", "aria-label": "操作 · Actions" }, "⋯"), el("div", {}, actions));
}

// Quick replies disappear with the next message; buttons stay.
function choices(provider, message, isLast) {
  const usable = message.choices.filter((choice) => isLast || choice.lasting);
  if (usable.length === 0) return null;
  const press = ({ kind, title, payload }) => perform(provider, kind === "message" ? { kind: "text", text: payload } : { kind, title, payload });
  return el("div", { class: "choices" }, usable.map((choice) =>
    el("button", { type: "button", onclick: () => press(choice) }, choice.title)));
}

// Messenger and WhatsApp tell the company that its message was read: when it is really in sight, and once.
async function reportReading() {
  await Promise.all(["messenger", "whatsapp"].map(async (provider) => {
    const { account, thread } = view[provider];
    const visible = document.visibilityState === "visible" && byId(provider).offsetParent !== null;
    const unread = thread?.messages.findLast((message) =>
      message.from_company && !message.read && (provider === "messenger" || message.status === "delivered"));
    if (!visible || !unread || !thread.receipts || thread.blocked || seenUpTo[provider] === unread.id) return;
    seenUpTo[provider] = unread.id;
    await pause(700);
    const seen = { provider, account, customer: view.customer, read: true };
    await call("POST", "/control/see", seen).catch(() => delete seenUpTo[provider]);
  }));
}

function refresh() {
  if (view) view.version = 0;
  asked.abort();
}

async function follow() {
  for (;;) {
    asked = new AbortController();
    const query = new URLSearchParams({ since: view?.version ?? 0 });
    for (const [name, value] of Object.entries(chosen)) if (value) query.set(name, value);
    try {
      const response = await fetch(`/customer/view?${query}`, { signal: asked.signal });
      view = await response.json();
      draw();
    } catch (error) {
      if (error.name === "AbortError") continue;
      const notice = byId("notice");
      notice.hidden = false;
      notice.textContent = "シミュレーターに接続できません。再接続しています… · The simulator does not answer; trying again.";
      await pause(1500);
    }
  }
}

byId("customers").addEventListener("change", () => choose(byId("customers").value));

function choose(customer) {
  chosen.customer = customer;
  localStorage.setItem("customer", customer);
  for (const provider of PROVIDERS) delete seenUpTo[provider];
  refresh();
}

byId("new-customer").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { id } = await call("POST", "/control/customers", { name: byId("new-name").value });
  byId("new-name").value = "";
  choose(id);
});

for (const provider of PROVIDERS) {
  byId(`tab-${provider}`).addEventListener("click", () => {
    document.body.dataset.shown = provider;
    for (const other of PROVIDERS) byId(`tab-${other}`).setAttribute("aria-selected", other === provider);
    if (view) draw();
  });
}
document.body.dataset.shown = "messenger";
document.addEventListener("visibilitychange", () => view && reportReading());
follow();
