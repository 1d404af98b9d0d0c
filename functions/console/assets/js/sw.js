// The service worker: shows notifications while no page is open, and leads to what they tell of. It keeps nothing.
const words = {
  ja: {
    mine: "担当中の会話に返信がありました", others: "会話にメッセージが届きました", unassigned: "未対応のメッセージが届きました",
    assigned: "会話が割り当てられました", test: "通知のテストです。正しく届いています。", customer: "お客様", other: "新しいお知らせがあります",
  },
  en: {
    mine: "Wrote in a conversation of yours", others: "Wrote in a colleague's conversation", unassigned: "Wrote, and nobody is assigned",
    assigned: "A conversation was given to you", test: "This is a test. Notifications arrive.", customer: "A customer", other: "There is something new",
  },
};
const said = words[new URL(self.location.href).searchParams.get("language")] ?? words.ja;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

const place = (id) => (id ? `/console/inbox/${encodeURIComponent(id)}` : "/console/inbox");
const pages = () => self.clients.matchAll({ type: "window", includeUncontrolled: true });
const of = (page) => new URL(page.url).pathname;

self.addEventListener("push", (event) => {
  let note = {};
  try { note = event.data?.json() ?? {}; } catch { /* What cannot be read still tells that there is something. */ }
  event.waitUntil(tell(note));
});

async function tell(note) {
  const id = note.conversation_id;
  // Whoever has the conversation in front of them sees it there.
  if (id && (await pages()).some((page) => page.visibilityState === "visible" && of(page) === place(id))) return;
  const text = said[note.kind] ?? said.other;
  const title = note.kind === "test" ? "Madoguchi" : note.contact || said.customer;
  // What comes twice about the same conversation is shown once.
  await self.registration.showNotification(title, { body: text, tag: id ?? note.kind ?? "madoguchi", renotify: true, timestamp: Date.parse(note.at) || Date.now(), data: { path: place(id) } });
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(lead(event.notification.data?.path ?? place()));
});

async function lead(path) {
  const open = (await pages()).filter((page) => of(page).startsWith("/console/"));
  const there = open.find((page) => of(page) === path);
  if (there) return there.focus();
  const other = open.find((page) => of(page).startsWith("/console/inbox"));
  if (other) {
    await other.focus();
    // A page that this worker does not control yet cannot be led elsewhere.
    try { return await other.navigate(path); } catch { /* below */ }
  }
  return self.clients.openWindow(path);
}
