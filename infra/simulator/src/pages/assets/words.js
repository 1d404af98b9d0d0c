// What the customer's page says, in Japanese and English, and how it writes times.

const WORDS = {
  ja: {
    skip: "スマートフォンへ移動",
    title: "お客様になる",
    "page-title": "お客様 — Madoguchi シミュレーター",
    "you-are": "あなたは",
    "new-name": "新しいお客様の名前",
    "new-language": "新しいお客様の言語",
    add: "追加",
    guide: "このページについて",
    "guide-title": "ここはお客様側の画面です",
    "guide-what": "4台のスマートフォンは、どれも本物のサービスにはつながらない見本です。ここで書いたことは、会社の問い合わせ窓口 (Madoguchi) に届きます。",
    "guide-write": "好きな1台で何か書いて送ります。写真や位置情報、スタンプも送れます。",
    "guide-answer": "別のウィンドウで開いて返信します:",
    "guide-watch": "返信がこの画面に届きます。上の名前を変えると、別のお客様になれます。",
    "guide-login": "ログイン: {email} / {password}",
    console: "オペレーター画面",
    close: "閉じる",
    phones: "スマートフォン",
    log: "会社のシステムの応答",
    "log-hint": "サービスが会社へ送った通知 (webhook) と、その応答です。新しいものが上です。",
    "log-none": "まだ何も送っていません",
    "log-last": "最後: {name} {text}",
    "log-troubles": "問題 {count} 件",
    "theme-auto": "表示: 端末に合わせる",
    "theme-light": "表示: 明るい",
    "theme-dark": "表示: 暗い",
    "not-up": "会社側のシステムはまだ起動していません。ここで書いたものは、まだどこにも届きません。",
    lost: "シミュレーターに接続できません。再接続しています…",
    offline: "シミュレーターに接続できません。",
    account: "会社のアカウント",
    chat: "トーク",
    "one-to-one": "1対1のトーク",
    messages: "{name} のメッセージ",
    message: "メッセージ",
    send: "送信",
    stickers: "スタンプ",
    sticker: "スタンプ",
    attach: "写真・ファイルなどを送る",
    choose: "この端末から選ぶ",
    options: "トークの設定",
    block: "ブロック",
    unblock: "ブロックを解除",
    follow: "友だちに追加",
    "not-friend": "このアカウントはまだ友だちではありません。",
    blocked: "ブロック中です。会社からのメッセージは届きません。",
    "opted-out": "配信停止中です。START を送ると再開します。",
    "send-start": "START を送る",
    "send-stop": "STOP を送る (配信停止)",
    unavailable: "この端末には届きません。",
    receipts: "既読を会社に知らせる",
    typing: "入力中",
    read: "既読",
    sent: "送信済み",
    sending: "送信中…",
    "not-sent": "送信できませんでした",
    "not-arrived": "会社に届いていません",
    "arrived-late": "会社の応答が遅れました",
    retry: "もう一度送る",
    discard: "取り消す",
    edited: "編集済み",
    unsent: "{name}がメッセージの送信を取り消しました",
    "unsent-mine": "メッセージの送信を取り消しました",
    you: "あなた",
    actions: "メッセージの操作",
    edit: "編集",
    "edit-mode": "編集中",
    unsend: "送信取消",
    quote: "リプライ",
    "quote-mode": "返信先",
    react: "リアクション {emoji}",
    unreact: "リアクション {emoji} を取り消す",
    cancel: "やめる",
    empty: "まだメッセージはありません",
    "empty-hint": "下に書いて送ると、会社のオペレーター画面に届きます。",
    "empty-sms": "STOP と送ると配信を停止し、START で再開します。",
    starter: ["こんにちは。注文した商品はいつ届きますか?", "予約を変更したいです。"],
    photo: "写真",
    "photo-of": "{name}の写真",
    "photo-mine": "あなたの写真",
    photos: "写真3枚",
    video: "動画",
    audio: "音声",
    file: "PDF",
    contact: "連絡先",
    place: "位置情報",
    button: "ボタンを押す",
    ad: "広告から開く",
    "button-title": "予約を確認",
    "cannot-show": "表示できません",
    samples: "見本を送る",
    drop: "ここに置くと {name} で送れます",
    remove: "{name} を外す",
    "wrong-kind": "{name} は {app} では送れない種類のファイルです。",
    "too-large": "{name} は大きすぎます。ここから送れるのは {size} MB までです。",
    "too-many": "一度に送れるのは {count} 件までです。",
    previous: "前の写真",
    next: "次の写真",
    newest: "新しいメッセージ",
    "open-map": "地図で見る",
    download: "ダウンロード",
  },
  en: {
    skip: "Skip to the phones",
    title: "Be the customer",
    "page-title": "Customer — Madoguchi simulator",
    "you-are": "You are",
    "new-name": "New customer's name",
    "new-language": "New customer's language",
    add: "Add",
    guide: "About this page",
    "guide-title": "You are the customer here",
    "guide-what": "Four phones, none of which reaches a real service. What you write on them arrives in the company's inbox, Madoguchi.",
    "guide-write": "Write something on any phone and send it: pictures, places and stickers too.",
    "guide-answer": "Answer it from a second window:",
    "guide-watch": "The answer appears here. Change the name above to be somebody else.",
    "guide-login": "Sign in as {email} / {password}",
    console: "Operators' console",
    close: "Close",
    phones: "Phones",
    log: "What the company's system answered",
    "log-hint": "What the services told the company (webhooks), and its answers. The newest is on top.",
    "log-none": "nothing sent yet",
    "log-last": "last: {name} {text}",
    "log-troubles": "{count} went wrong",
    "theme-auto": "Theme: as the device",
    "theme-light": "Theme: light",
    "theme-dark": "Theme: dark",
    "not-up": "The company's system is not up yet: nothing that you write arrives anywhere.",
    lost: "The simulator does not answer. Trying again…",
    offline: "The simulator does not answer.",
    account: "Company's account",
    chat: "Chat",
    "one-to-one": "One to one",
    messages: "Messages with {name}",
    message: "Message",
    send: "Send",
    stickers: "Stickers",
    sticker: "Sticker",
    attach: "Send a picture, file or more",
    choose: "Choose from this device",
    options: "Chat settings",
    block: "Block",
    unblock: "Unblock",
    follow: "Add as friend",
    "not-friend": "You have not added this account as a friend.",
    blocked: "Blocked: nothing from the company arrives.",
    "opted-out": "You opted out. Send START to get messages again.",
    "send-start": "Send START",
    "send-stop": "Send STOP (opt out)",
    unavailable: "Nothing arrives on this phone.",
    receipts: "Tell the company what I read",
    typing: "typing",
    read: "Read",
    sent: "Sent",
    sending: "Sending…",
    "not-sent": "Not sent",
    "not-arrived": "Did not reach the company",
    "arrived-late": "The company answered late",
    retry: "Send again",
    discard: "Discard",
    edited: "Edited",
    unsent: "{name} unsent a message",
    "unsent-mine": "You unsent a message",
    you: "You",
    actions: "What to do with this message",
    edit: "Edit",
    "edit-mode": "Editing",
    unsend: "Unsend",
    quote: "Reply",
    "quote-mode": "Replying to",
    react: "React with {emoji}",
    unreact: "Take back {emoji}",
    cancel: "Cancel",
    empty: "No messages yet",
    "empty-hint": "Write below: it arrives in the console, where operators answer.",
    "empty-sms": "Send STOP to opt out, START to come back.",
    starter: ["Hello! When will my order arrive?", "I would like to change my booking."],
    photo: "Photo",
    "photo-of": "Photo from {name}",
    "photo-mine": "Your photo",
    photos: "3 photos",
    video: "Video",
    audio: "Voice",
    file: "PDF",
    contact: "Contact",
    place: "Location",
    button: "Press a button",
    ad: "Come from an ad",
    "button-title": "Confirm booking",
    "cannot-show": "Cannot be shown",
    samples: "Send a sample",
    drop: "Drop here to send on {name}",
    remove: "Remove {name}",
    "wrong-kind": "{name} is of a kind that {app} cannot send.",
    "too-large": "{name} is too large: up to {size} MB can be sent from here.",
    "too-many": "Up to {count} can be sent at once.",
    previous: "Previous photo",
    next: "Next photo",
    newest: "New messages",
    "open-map": "See on a map",
    download: "Download",
  },
};

// Why something was refused or did not arrive, as the simulator words it.
const REASONS_JA = {
  "the customer has blocked the account": "このアカウントをブロックしています",
  "the customer has blocked the page": "このページをブロックしています",
  "the customer has blocked the number": "この番号をブロックしています",
  "a message can be edited five times": "編集できるのは5回までです",
  "LINE has edits in groups only": "LINE で編集できるのはグループだけです",
  "LINE has no such files": "LINE では送れない種類です",
  "Messenger has no such files": "Messenger では送れない種類です",
  "MMS has no files and stickers": "SMS では送れない種類です",
  "an MMS holds ten files at most": "一度に送れるのは10件までです",
  "files of up to 25 MB can be sent from here": "ここから送れるのは 25 MB までです",
  "the file is empty": "ファイルが空です",
  "the product's address is not known yet": "会社のシステムがまだ起動していません",
  "the address is not on this machine: recorded only": "宛先がこのコンピューターにありません",
  "no answer in time": "時間内に応答がありません",
  "nothing listens at the address": "宛先で何も動いていません",
  "the connection broke": "接続が切れました",
};

const known = (wanted) => (wanted in WORDS ? wanted : null);

let language = known(localStorage.getItem("language")) ?? known(document.documentElement.lang) ?? "ja";
document.documentElement.lang = language;

export const current = () => language;
export const other = () => (language === "ja" ? "en" : "ja");

export function speak(wanted) {
  language = wanted;
  localStorage.setItem("language", wanted);
  document.documentElement.lang = wanted;
  format = formats();
}

export function word(key, values = {}) {
  const text = WORDS[language][key] ?? key;
  if (typeof text !== "string") return text;
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

export const reason = (text) => (language === "ja" ? REASONS_JA[text] : null) ?? text;

// Puts words where elements ask for them: `data-word`, `data-label`, `data-placeholder`.
export function fill(root) {
  const each = (name, put) => {
    const all = [...root.querySelectorAll(`[data-${name}]`)];
    if (root.dataset?.[name]) all.push(root);
    for (const element of all) put(element, word(element.dataset[name]));
  };
  each("word", (element, text) => { element.textContent = text; });
  each("label", (element, text) => {
    element.setAttribute("aria-label", text);
    if (element.matches("button, a")) element.title = text;
  });
  each("placeholder", (element, text) => { element.placeholder = text; });
}

function formats() {
  const of = (options) => new Intl.DateTimeFormat(language === "ja" ? "ja-JP" : "en-GB", options);
  return {
    clock: of({ hour: "2-digit", minute: "2-digit" }),
    day: of({ month: "short", day: "numeric", weekday: "short" }),
    full: of({ dateStyle: "medium", timeStyle: "medium" }),
  };
}
let format = formats();

export const clock = (when) => format.clock.format(when);
export const day = (when) => format.day.format(when);
export const full = (when) => format.full.format(when);
