import { byId, call, clock, date, el, keepAtEnd, moment, pause, Refused, shortly } from "./dom.js";

const OWN_PAGE = { "x-operator-page": "1" };
const api = (method, path, body, headers = {}) => call(method, `/operator/api/${path}`, body, { ...OWN_PAGE, ...headers });
const id = encodeURIComponent;

const STATUS = {
  queued: "送信待ち queued", sending: "送信中 sending", sent: "送信済み sent", delivered: "配信済み delivered",
  scheduled: "予約 scheduled", canceled: "取消 canceled", read: "既読 read", failed: "送信失敗 failed", unconfirmed: "未確認 unconfirmed",
  retrying: "再送待ち sent again soon",
};
const AUTHOR = {
  other_app: "他のアプリから · from another app", provider_app: "アプリから · from the provider's app",
  system: "システム · system",
};
const KIND = {
  sticker: "スタンプ", image: "写真", video: "動画", audio: "音声", file: "ファイル", location: "位置情報",
  postback: "ボタン", unknown: "未対応の種類", album: "アルバム",
};
const EVENT = {
  closed: "完了 closed", reopened: "再開 reopened", followed: "友だち追加 followed", unfollowed: "ブロック unfollowed",
  referral: "リンクから再訪 referral", joined_group: "グループに参加 joined", left_group: "グループから退出 left",
  members_joined: "メンバーが参加 joined", members_left: "メンバーが退出 left", menu_switched: "メニュー切替 menu",
  beacon: "ビーコン beacon", video_played: "動画を最後まで視聴 watched", account_link: "アカウント連携 linked",
  membership: "メンバーシップ membership", opted_in: "受信に同意 opted in", control_passed: "担当アプリ変更 control passed",
  control_taken: "別のアプリが担当 control taken", control_requested: "担当の要求 control requested",
};
const REASON = {
  operator: "オペレーターによる · by an operator", unanswered: "未対応のまま期限切れ · unanswered",
  idle: "やり取りなし · idle", reply_limit: "返信期限切れ · reply limit",
};
const DEADLINE = {
  unanswered: "未対応の期限 unanswered", idle: "自動完了 idle close", reply_limit: "自動完了 closes",
};
const HEALTH = { connecting: "接続中 connecting", healthy: "正常 healthy", needs_reauthorization: "再認証が必要 re-authorize" };
const NAMES = { messenger: "Messenger", line: "LINE", whatsapp: "WhatsApp", sms: "SMS" };
// Messenger and Twilio count characters, Messenger wants fewer than 2000; LINE counts UTF-16 code units.
const LIMIT = {
  messenger: { most: 1999, count: (text) => [...text].length },
  line: { most: 5000, count: (text) => text.length },
  whatsapp: { most: 1600, count: (text) => [...text].length },
  sms: { most: 1600, count: (text) => [...text].length },
};

// One of each is enough to try them.
const STICKER = { line: { package_id: "11537", sticker_id: "52002734" }, messenger: { sticker_id: "144884865685780" } };
const PLACE = { title: "東京駅", address: "東京都千代田区丸の内1丁目", latitude: 35.681236, longitude: 139.767125 };

const state = {
  person: null, section: "unanswered", list: [], listCursor: null, listShown: null, open: null, conversation: null, messages: [],
  older: [], olderCursor: undefined, unsaved: {}, pending: null, readThrough: {}, typingToldAt: 0, noticesReadAt: -Infinity,
};
// The product tells the provider less often than that.
const TYPING_EVERY_MS = 5000;
// Credentials are checked once a minute at most.
const NOTICES_EVERY_MS = 10000;

// Signing in

async function start() {
  const session = await call("GET", "/operator/session");
  byId("notice").hidden = session.ready;
  byId("notice").textContent = "会社側のシステムはまだ起動していません。 · The product is not up yet.";
  state.person = session.person ?? state.person;
  byId("demo-logins").replaceChildren(...(session.demo_logins ?? []).map((login) => el("button", {
    type: "button", class: "quiet", onclick: () => {
      byId("email").value = login.email;
      byId("password").value = login.password;
      byId("sign-in").requestSubmit();
    },
  }, login.email)));
  showPerson();
}

function showPerson() {
  const signedIn = Boolean(state.person);
  byId("sign-in").hidden = signedIn;
  byId("desk").hidden = !signedIn;
  byId("sign-out").hidden = !signedIn;
  byId("open-settings").hidden = !state.person?.groups.includes("administrators");
  // What one person is told is not for the next.
  state.noticesReadAt = -Infinity;
  drawNotices([]);
  byId("who").textContent = state.person?.email ?? "";
}

byId("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  const problem = byId("sign-in-problem");
  problem.hidden = true;
  try {
    const body = { email: byId("email").value, password: byId("password").value };
    state.person = (await call("POST", "/operator/login", body, OWN_PAGE)).person;
    byId("password").value = "";
    showPerson();
    refresh();
  } catch (refused) {
    problem.textContent = refused.message;
    problem.hidden = false;
  }
});

byId("sign-out").addEventListener("click", async () => {
  await call("POST", "/operator/logout", undefined, OWN_PAGE);
  Object.assign(state, { person: null, open: null, conversation: null, list: [] });
  showPerson();
});

// What needs somebody

async function loadNotices() {
  if (Date.now() - state.noticesReadAt < NOTICES_EVERY_MS) return;
  const readAt = Date.now();
  const { items } = await api("GET", "notices");
  state.noticesReadAt = readAt;
  drawNotices(items);
}

function drawNotices(items) {
  byId("banner").hidden = items.length === 0;
  byId("banner").replaceChildren(...items.map((notice) => el("div", { class: notice.light },
    el("strong", {}, `${notice.channel_name} · ${NAMES[notice.channel_kind] ?? notice.channel_kind}`),
    el("span", {}, [notice.message, notice.cause, notice.remedy].filter(Boolean).join(" ")),
    notice.since ? el("time", { datetime: notice.since }, `${moment(notice.since)} から`) : null,
    notice.until ? el("time", { datetime: notice.until }, `${moment(notice.until)} まで`) : null)));
}

// The list

for (const tab of document.querySelectorAll("[data-section]")) {
  tab.addEventListener("click", () => {
    state.section = tab.dataset.section;
    state.list = [];
    state.listShown = null;
    drawList();
    refresh();
  });
}

async function loadList() {
  const section = state.section;
  const answer = await api("GET", `conversations?section=${section}&limit=50`);
  if (section !== state.section) return;
  const same = JSON.stringify(answer) === state.listShown;
  state.listShown = JSON.stringify(answer);
  state.list = answer.items;
  state.listCursor = answer.next_cursor;
  if (!same) drawList();
}

async function loadMore() {
  const answer = await api("GET", `conversations?section=${state.section}&limit=50&cursor=${id(state.listCursor)}`);
  state.list = [...state.list, ...answer.items];
  state.listCursor = answer.next_cursor;
  drawList();
}

const nameOf = (conversation) => conversation.contact?.name || "（名前なし）";

function face(conversation) {
  const url = conversation.contact?.picture_url;
  return url
    ? el("img", { class: "avatar", src: url, alt: "" })
    : el("span", { class: "avatar initial", "aria-hidden": "true" }, [...(conversation.contact?.name ?? "？")][0]);
}

function channelBadge(conversation) {
  const kind = conversation.channel_kind;
  const label = (NAMES[kind] ?? kind) + (conversation.kind === "one_to_one" ? "" : " グループ");
  return el("span", { class: `badge ${kind}` }, label);
}

function drawList() {
  for (const tab of document.querySelectorAll("[data-section]")) {
    tab.setAttribute("aria-selected", tab.dataset.section === state.section);
  }
  const rows = state.list.map((conversation) => el("li", {}, el("button", {
    class: "open", type: "button", "aria-current": conversation.id === state.open, onclick: () => openConversation(conversation),
  },
    face(conversation),
    el("span", { class: "title" }, nameOf(conversation), " ", channelBadge(conversation)),
    el("time", {}, conversation.last_activity_at ? shortly(conversation.last_activity_at) : ""),
    el("span", { class: "preview" }, conversation.preview ?? ""),
    conversation.unread ? el("span", { class: "badge count" }, conversation.unread) : el("span"))));
  if (rows.length === 0) rows.push(el("li", {}, el("p", { class: "nothing" }, "ありません。", el("br"), "Nothing here.")));
  if (state.listCursor) rows.push(el("li", {}, el("button", { type: "button", class: "quiet more", onclick: loadMore }, "もっと見る · More")));
  byId("conversations").replaceChildren(...rows);
}

// One conversation

function openConversation(conversation) {
  rememberDraft();
  Object.assign(state, {
    open: conversation.id, conversation, messages: [], older: [], olderCursor: undefined, pending: null, typingToldAt: 0,
  });
  byId("desk").dataset.open = "true";
  byId("talk").replaceChildren();
  drawList();
  drawTalk();
  refresh();
}

async function loadConversation() {
  const open = state.open;
  if (!open) return;
  const [conversation, page] = await Promise.all([
    api("GET", `conversations/${id(open)}`),
    api("GET", `conversations/${id(open)}/messages?limit=50`),
  ]);
  if (open !== state.open) return;
  // Drawing what is already there would only disturb whoever selects a text or holds a button.
  const same = JSON.stringify([conversation, page.items]) === JSON.stringify([state.conversation, state.messages]);
  state.conversation = conversation;
  state.messages = page.items;
  if (state.olderCursor === undefined) state.olderCursor = page.next_cursor;
  if (!same) drawTalk();
  tellRead(open);
}

// For the customer to see; nothing depends on it.
function tellRead(conversation) {
  const newest = state.messages.find((message) => message.direction === "in");
  if (!newest || document.visibilityState !== "visible" || state.readThrough[conversation] === newest.id) return;
  state.readThrough[conversation] = newest.id;
  api("POST", `conversations/${id(conversation)}/read`, { message: newest.id }).catch(() => {});
}

function tellTyping() {
  if (!frame.text.value.trim() || Date.now() - state.typingToldAt < TYPING_EVERY_MS) return;
  state.typingToldAt = Date.now();
  api("POST", `conversations/${id(state.open)}/typing`).catch(() => {});
}

async function loadOlder() {
  const page = await api("GET", `conversations/${id(state.open)}/messages?limit=50&cursor=${id(state.olderCursor)}`);
  state.older = [...state.older, ...page.items];
  state.olderCursor = page.next_cursor;
  drawTalk();
}

// Both lists come newest first and overlap when new messages push old ones down.
function allMessages() {
  const byMessage = new Map([...state.older, ...state.messages].map((message) => [message.id, message]));
  return [...byMessage.values()].sort((one, other) => one.at.localeCompare(other.at));
}

const frame = {};

function buildFrame() {
  Object.assign(frame, {
    header: el("header"),
    chat: el("div", { class: "chat", tabindex: "0", role: "log", "aria-label": "メッセージ · Messages" }),
    problem: el("p", { class: "problem", role: "alert", hidden: true }),
    note: el("p", { class: "locked", hidden: true }),
    text: el("textarea", { "aria-label": "返信 · Reply", placeholder: "返信を入力（Ctrl+Enter で送信）", rows: "2" }),
    count: el("span"),
    until: el("span"),
    send: el("button", { type: "submit" }, "送信 · Send"),
    sticker: el("button", {
      type: "button", class: "quiet", onclick: () => post({ sticker: STICKER[state.conversation.channel_kind] }),
    }, "☺ スタンプ · Sticker"),
    place: el("button", { type: "button", class: "quiet", onclick: () => post({ location: PLACE }) }, "◎ 位置情報 · Location"),
    later: el("input", { type: "datetime-local", "aria-label": "送信予約 · Send later" }),
  });
  frame.text.value = state.unsaved[state.open] ?? "";
  frame.text.addEventListener("input", () => {
    drawCount();
    tellTyping();
  });
  frame.text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) frame.form.requestSubmit();
  });
  frame.form = el("form", {
    class: "reply",
    onsubmit: (event) => {
      event.preventDefault();
      send();
    },
  }, frame.note, frame.text,
    el("div", { class: "extras" }, frame.sticker, frame.place, el("label", {}, "送信予約 · Send later ", frame.later)),
    el("div", { class: "foot" }, frame.until, frame.count, frame.send));
  byId("talk").replaceChildren(frame.header, frame.chat, frame.problem, frame.form);
}

function rememberDraft() {
  if (state.open && frame.text?.isConnected) state.unsaved[state.open] = frame.text.value;
}

function drawTalk() {
  const conversation = state.conversation;
  if (!byId("talk").querySelector("header")) buildFrame();
  const closed = conversation.status === "closed";
  const deadline = conversation.deadline;
  frame.header.replaceChildren(
    el("button", { type: "button", class: "quiet back", onclick: goBack, "aria-label": "一覧へ · Back" }, "‹"),
    face(conversation),
    el("h2", {}, nameOf(conversation)),
    channelBadge(conversation),
    conversation.contact?.unreachable ? el("span", { class: "badge due" }, "連絡できません · unreachable") : "",
    conversation.contact?.following === false ? el("span", { class: "badge due" }, "ブロック中") : "",
    closed ? el("span", { class: "badge" }, `完了 closed: ${REASON[conversation.close_reason] ?? conversation.close_reason ?? ""}`) : "",
    deadline ? el("span", { class: "badge due" }, `${DEADLINE[deadline.kind] ?? deadline.kind} ${moment(deadline.due_at)}`) : "",
    el("span", { class: "spacer" }),
    closed
      ? el("button", { type: "button", class: "quiet", onclick: () => change("reopen") }, "再開 ", el("small", {}, "Reopen"))
      : el("button", { type: "button", class: "quiet", onclick: () => change("close") }, "完了にする ", el("small", {}, "Close")));
  keepAtEnd(frame.chat, () => {
    const rows = [];
    if (state.olderCursor) rows.push(el("button", { type: "button", class: "quiet more", onclick: loadOlder }, "以前のメッセージ · Older"));
    let lastDay = null;
    for (const message of allMessages()) {
      const today = date(message.at);
      if (today !== lastDay) rows.push(el("p", { class: "day" }, today));
      lastDay = today;
      rows.push(row(message));
    }
    frame.chat.replaceChildren(...rows);
  });
  drawComposer();
}

function goBack() {
  rememberDraft();
  state.open = null;
  byId("desk").dataset.open = "false";
  drawList();
}

function row(message) {
  if (message.direction === "event") {
    const detail = message.text ? `: ${REASON[message.text] ?? message.text}` : "";
    return el("div", { class: "row event" }, el("span", {}, `${EVENT[message.kind] ?? message.kind}${detail} · ${clock(message.at)}`));
  }
  const out = message.direction === "out";
  const author = out ? AUTHOR[message.sent_by] : message.participant_name ?? (message.participant && `メンバー ${message.participant.slice(0, 7)}…`);
  return el("div", { class: `row ${out ? "mine" : "theirs"}` },
    author ? el("small", {}, author) : null,
    el("div", { class: "line-of" },
      bubble(message),
      el("span", { class: "meta" },
        message.edited && !message.unsent ? "編集済み " : "",
        clock(message.at), " ",
        out && message.status ? el("span", { class: `status ${message.status}` }, STATUS[message.status] ?? message.status) : "")),
    message.reactions?.length ? el("span", { class: "reactions" }, message.reactions.map((reaction) => reaction.emoji).join(" ")) : null,
    failure(message));
}

function bubble(message) {
  if (message.unsent) return el("div", { class: "bubble gone" }, "送信が取り消されました · unsent");
  const parts = [];
  if (message.text) parts.push(message.kind === "postback" ? `▸ ${message.text}` : message.text);
  for (const attachment of message.attachments ?? []) {
    const label = `▤ ${KIND[attachment.kind] ?? attachment.kind}${attachment.title ? `: ${attachment.title}` : ""}`;
    const open = /^https?:/.test(attachment.url ?? "");
    parts.push(open
      ? el("a", { class: "attachment", href: attachment.url, target: "_blank", rel: "noopener noreferrer" }, label)
      : el("span", { class: "attachment" }, label));
  }
  if (parts.length === 0) parts.push(el("span", { class: "attachment" }, `▤ ${KIND[message.kind] ?? message.kind}`));
  return el("div", { class: "bubble" }, parts);
}

function failure(message) {
  if (message.status === "scheduled") {
    return el("small", {}, `${moment(message.send_at)} `,
      el("button", { type: "button", class: "link", onclick: () => cancel(message) }, "予約を取り消す · Cancel"));
  }
  if (message.status === "retrying") {
    return el("span", { class: "failure" }, `${message.first_try.failure.message} 自動で再送します · Sent again by itself`);
  }
  if (message.status !== "failed" && message.status !== "unconfirmed") return null;
  const reason = message.failure?.message ?? (message.status === "unconfirmed" ? "届いたかどうか確認できません。" : "");
  return el("span", { class: "failure" }, reason, " ",
    el("button", { type: "button", class: "link", onclick: () => resend(message) }, "もう一度送る · Send again"));
}

const limitOf = (conversation) => LIMIT[conversation.channel_kind] ?? LIMIT.line;

function drawComposer() {
  const { state: window, reason, message, until } = state.conversation.composer ?? { state: "open" };
  const health = state.conversation.channel_health;
  const locked = window === "locked";
  const notes = [];
  if (locked) notes.push(`返信できません · ${message ?? reason ?? "locked"}`);
  if (window === "human_agent") {
    notes.push("24時間を過ぎました。担当者本人の返信のみ送れます。 · Past 24 hours: only a person's own reply may be sent.");
  }
  if (health?.state === "needs_reauthorization") {
    notes.push(`再認証まで返信は待機します · Replies wait for re-authorization (${health.cause}). ${health.remedy ?? ""}`);
  }
  frame.note.hidden = notes.length === 0;
  frame.note.textContent = notes.join("\n");
  frame.until.textContent = !locked && until ? `返信期限 ${moment(until)}` : "";
  frame.text.disabled = locked;
  const limits = state.conversation.limits;
  frame.sticker.hidden = !limits?.sticker;
  frame.place.hidden = !limits?.location;
  for (const control of [frame.sticker, frame.place, frame.later]) control.disabled = locked;
  drawCount();
}

function drawCount() {
  const { most, count } = limitOf(state.conversation);
  const length = count(frame.text.value);
  frame.count.textContent = `${length.toLocaleString()} / ${most.toLocaleString()}`;
  frame.count.className = length > most ? "over" : "";
  frame.send.disabled = frame.text.disabled || length > most || !frame.text.value.trim();
}

async function send() {
  const text = frame.text.value.trim();
  if (!text || frame.send.disabled) return;
  frame.send.disabled = true;
  if (await post({ text })) frame.text.value = "";
  drawCount();
}

// One key per press: pressing again after a lost answer cannot send twice, what was changed is a new message.
async function post(said) {
  const conversation = state.open;
  const draft = frame.later.value ? { ...said, send_at: new Date(frame.later.value).toISOString() } : said;
  const what = JSON.stringify([conversation, draft]);
  if (state.pending?.what !== what) state.pending = { what, key: crypto.randomUUID() };
  const { key } = state.pending;
  const sent = await attempt(() => api("POST", `conversations/${id(conversation)}/messages`, draft, { "idempotency-key": key }));
  const here = sent && conversation === state.open;
  if (here) {
    state.pending = null;
    frame.later.value = "";
    frame.chat.scrollTop = frame.chat.scrollHeight;
  }
  refresh();
  return here;
}

const resend = (message) => attempt(() =>
  api("POST", `conversations/${id(state.open)}/messages/${id(message.id)}/resend`, {})).then(refresh);
const cancel = (message) => attempt(() => api("DELETE", `conversations/${id(state.open)}/messages/${id(message.id)}`)).then(refresh);
const change = (verb) => attempt(() => api("POST", `conversations/${id(state.open)}/${verb}`, {})).then(refresh);

async function attempt(work) {
  frame.problem.hidden = true;
  try {
    await work();
    return true;
  } catch (refused) {
    frame.problem.textContent = refused.message;
    frame.problem.hidden = false;
    return false;
  }
}

// Settings, for administrators

byId("open-settings").addEventListener("click", async () => {
  const area = byId("channels");
  area.replaceChildren("…");
  byId("settings").showModal();
  try {
    const answer = await api("GET", "channels");
    area.replaceChildren(...(answer.items ?? answer).map(channelForm));
  } catch (refused) {
    area.replaceChildren(el("p", { class: "problem" }, refused.message));
  }
});
byId("close-settings").addEventListener("click", () => byId("settings").close());

function channelForm(channel) {
  const settings = channel.settings ?? channel;
  const minutes = (label, value, least, most) => {
    const input = el("input", { type: "number", min: least, max: most, value: value ?? "", placeholder: "オフ · off" });
    return [input, el("label", {}, label, input, el("small", {}, `${least} – ${most.toLocaleString()} 分、空欄でオフ · minutes, empty is off`))];
  };
  const tick = (label, on) => {
    const input = el("input", { type: "checkbox", checked: on });
    return [input, el("label", { class: "switch" }, input, label)];
  };
  const [unanswered, unansweredLabel] = minutes("未対応の自動完了（分） · Unanswered close", settings.unanswered_close_after_minutes, 15, 43200);
  const [idle, idleLabel] = minutes("無操作の自動完了（分） · Idle close", settings.idle_close_after_minutes, 1, 1440);
  const reopen = el("select", {}, [["always", "常に · always"], ["on_customer_message", "お客様の発言で · on a customer's message"], ["never", "再開しない · never"]]
    .map(([value, label]) => el("option", { value, selected: value === settings.reopen }, label)));
  const [human, humanLabel] = tick("24時間後の担当者返信（HUMAN_AGENT）", settings.human_agent);
  const [enabled, enabledLabel] = tick("有効 · enabled", settings.enabled);
  const result = el("small", { role: "status" });
  const value = (input) => (input.value === "" ? null : Number(input.value));
  return el("form", {
    onsubmit: async (event) => {
      event.preventDefault();
      const wanted = {
        unanswered_close_after_minutes: value(unanswered), idle_close_after_minutes: value(idle),
        reopen: reopen.value,
      };
      if ("enabled" in settings) wanted.enabled = enabled.checked;
      if (channel.kind === "messenger") wanted.human_agent = human.checked;
      try {
        await api("PATCH", `channels/${id(channel.id)}`, wanted);
        result.textContent = "保存しました · saved";
      } catch (refused) {
        result.textContent = refused.message;
      }
    },
  }, el("fieldset", { class: "channel" },
    el("legend", {}, channel.name ?? channel.id, " ", el("span", { class: `badge ${channel.kind}` }, channel.kind)),
    healthOf(channel),
    unansweredLabel, idleLabel,
    el("label", {}, "再開 · Reopen", reopen),
    channel.kind === "messenger" ? humanLabel : el("span"),
    "enabled" in settings ? enabledLabel : el("span"),
    el("div", { class: "wide" }, el("button", { type: "submit" }, "保存 · Save"), result)));
}

function healthOf(channel) {
  if (!channel.health) return el("span", { class: "wide" });
  const { state: health, cause, remedy } = channel.health;
  const lines = [el("span", { class: `badge ${health === "needs_reauthorization" ? "due" : ""}` }, HEALTH[health] ?? health)];
  if (cause) lines.push(el("small", {}, `${cause}: ${remedy ?? ""}`));
  for (const warning of channel.warnings ?? []) lines.push(el("small", {}, warning.message));
  if (health === "needs_reauthorization") lines.push(credentialField(channel));
  return el("div", { class: "wide column" }, lines);
}

// The credential goes to the product and is shown nowhere again.
function credentialField(channel) {
  const name = { line: "channel_secret", messenger: "user_access_token" }[channel.kind] ?? "auth_token";
  const input = el("input", { type: "password", autocomplete: "off", placeholder: name, "aria-label": name });
  const result = el("small", { role: "status" });
  const enter = async () => {
    try {
      await api("PUT", `channels/${id(channel.id)}/credential`, { [name]: input.value });
      result.textContent = "受け付けました · accepted";
      input.value = "";
    } catch (refused) {
      result.textContent = refused.message;
    }
  };
  return el("div", { class: "inline" }, input,
    el("button", { type: "button", class: "quiet", onclick: enter }, "再認証 · Re-authorize"), result);
}

// Keeping up

let busy = false;
let again = false;

async function load() {
  try {
    await Promise.all([loadList(), loadConversation(), loadNotices()]);
    byId("notice").hidden = true;
  } catch (refused) {
    if (!(refused instanceof Refused)) throw refused;
    if (refused.status === 401) {
      state.person = null;
      showPerson();
      return;
    }
    byId("notice").textContent = refused.message;
    byId("notice").hidden = false;
  }
}

// A request that is under way may show the past, so one more follows it.
async function refresh() {
  again = true;
  if (busy) return;
  busy = true;
  try {
    while (again && state.person) {
      again = false;
      await load();
    }
  } finally {
    busy = false;
  }
}

async function keepUp() {
  for (;;) {
    await pause(2000);
    if (document.visibilityState !== "visible") continue;
    if (!state.person) await start().catch(() => {});
    else if (!busy) refresh();
  }
}

start().then(refresh).catch((refused) => {
  byId("notice").textContent = refused.message;
  byId("notice").hidden = false;
}).then(keepUp);
