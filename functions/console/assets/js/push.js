// Web Push: whether this browser tells its person while no page is open. What was chosen is kept by the browser, per person;
// a page that is loaded makes it true again if the browser has given the subscription up meanwhile.
import { Refused, call } from "./api.js";
import { command } from "./commands.js";
import { toast } from "./notice.js";
import { renew } from "./act.js";

const visitor = document.querySelector('meta[name="visitor"]')?.content ?? "";
const CHOSEN = `madoguchi_push:${visitor}`;
const KNOWN = `madoguchi_push_known:${visitor}`;
const able = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
const worker = `/console/sw.js?language=${document.documentElement.lang === "en" ? "en" : "ja"}`;

const known = () => { try { return JSON.parse(localStorage.getItem(KNOWN) ?? "null"); } catch { return null; } };
const chosen = () => localStorage.getItem(CHOSEN) === "on";

/** The bytes of base64url. */
function bytes(text) {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/").padEnd(Math.ceil(text.length / 4) * 4, "="));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

/** Subscribes this browser with the key that the API gives, and tells the API. */
async function subscribe(key) {
  const registration = await navigator.serviceWorker.register(worker, { scope: "/console/", updateViaCache: "none" });
  await navigator.serviceWorker.ready;
  const there = await registration.pushManager.getSubscription();
  const subscription = there ?? (await registration.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: bytes(key ?? (await call("GET", "/me/push-subscriptions")).application_server_key),
  }));
  const { endpoint, keys } = subscription.toJSON();
  if (known()?.endpoint === endpoint) return;
  const { id } = await call("POST", "/me/push-subscriptions", { endpoint, keys });
  localStorage.setItem(KNOWN, JSON.stringify({ id, endpoint }));
}

async function switchOn() {
  const place = document.querySelector("[data-push]");
  if (!place) return;
  const words = JSON.parse(place.dataset.words);
  if ((await Notification.requestPermission()) !== "granted") {
    tell(words[Notification.permission === "denied" ? "denied" : "dismissed"]);
    return;
  }
  try {
    localStorage.removeItem(KNOWN);
    await subscribe(place.dataset.key);
    localStorage.setItem(CHOSEN, "on");
    renew("#browser, #troubles");
    show();
  } catch (error) {
    if (error instanceof Refused) toast(error.message, { bad: true });
    else tell(words.failed);
  }
}

async function switchOff() {
  localStorage.setItem(CHOSEN, "off");
  await forget();
  const registration = await navigator.serviceWorker.getRegistration("/console/");
  await (await registration?.pushManager.getSubscription())?.unsubscribe();
  renew("#browser, #troubles");
  show();
}

/** Has the API tell this browser no more; what was chosen stays. */
async function forget() {
  const id = known()?.id;
  localStorage.removeItem(KNOWN);
  if (!id) return;
  try { await call("DELETE", `/me/push-subscriptions/${encodeURIComponent(id)}`, undefined, { keepalive: true }); }
  catch { /* A browser that is gone is given up by itself. */ }
}

function tell(text) {
  const told = document.querySelector("[data-push-told]");
  if (told) told.textContent = text;
}

/** Says how it stands, where the page has a place for it. */
function show() {
  const place = document.querySelector("[data-push]");
  if (!place) return;
  const words = JSON.parse(place.dataset.words);
  const on = able && chosen() && Notification.permission === "granted" && known() !== null;
  const state = !able ? "unsupported" : Notification.permission === "denied" ? "denied" : on ? "on" : "off";
  tell(words[state]);
  place.querySelector('[data-command="push-on"]').hidden = state !== "off";
  place.querySelector('[data-command="push-off"]').hidden = state !== "on";
  for (const browser of document.querySelectorAll("[data-browser]")) {
    browser.querySelector("[data-here]").textContent = browser.dataset.browser === known()?.id ? `(${words.here})` : "";
  }
}

command("push-on", switchOn);
command("push-off", switchOff);
document.body.addEventListener("htmx:afterSettle", show);
document.addEventListener("submit", (event) => { if (event.target.matches("[data-sign-out]")) forget(); }, true);
document.addEventListener("madoguchi:done", (event) => {
  const browser = event.target.closest?.("[data-browser]")?.dataset.browser;
  if (browser && browser === known()?.id) { localStorage.removeItem(KNOWN); localStorage.setItem(CHOSEN, "off"); }
});
show();
if (able && chosen() && Notification.permission === "granted") subscribe().then(show, () => {});
