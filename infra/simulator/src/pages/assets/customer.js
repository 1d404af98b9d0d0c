// The customer's page: who one is, the four phones, and what the simulator tells.

import { gist } from "./bubble.js";
import { byId, call, el, pause } from "./dom.js";
import { icon } from "./icons.js";
import { NAMES, PROVIDERS } from "./offers.js";
import { Phone } from "./phone.js";
import { clock, current, fill, other, reason, speak, word } from "./words.js";

const ACCOUNT = { messenger: "page", line: "channel", whatsapp: "whatsapp", sms: "sms" };
const THEMES = { auto: "auto", light: "sun", dark: "moon" };
const LANGUAGES = { ja: "日本語", en: "English" };

const wanted = { customer: localStorage.getItem("customer"), page: null, channel: null, whatsapp: null, sms: null, group: "" };
let view = null;
let asked = new AbortController();

const page = {
  choose(provider, account) {
    wanted[ACCOUNT[provider]] = account;
    refresh();
  },
  enterGroup(group) {
    wanted.group = group;
    refresh();
  },
  announce(phone, came) {
    const name = NAMES[phone.provider];
    byId("announcer").replaceChildren(...came.map((message) =>
      el("p", {}, `${name}, ${message.sender_name ?? phone.accountName}: ${gist(message)}`)));
    if (!phone.isSeen) phone.unseen += came.length;
    page.count();
  },
  count() {
    let all = 0;
    for (const provider of PROVIDERS) {
      const { unseen } = phones[provider];
      all += unseen;
      const badge = byId(`tab-${provider}`).querySelector(".count");
      badge.textContent = unseen || "";
      badge.hidden = !unseen;
    }
    document.title = (all ? `(${all}) ` : "") + word("page-title");
  },
  look,
};

// Tabs, where there is room for one phone only.
byId("tabs").append(...PROVIDERS.map((provider) =>
  el("button", { id: `tab-${provider}`, type: "button", role: "tab", "aria-controls": provider, onclick: () => turnTo(provider) },
    NAMES[provider], el("span", { class: "count", hidden: true }))));
byId("tabs").addEventListener("keydown", (event) => {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!step) return;
  const provider = PROVIDERS.at((PROVIDERS.indexOf(document.body.dataset.shown) + step) % PROVIDERS.length);
  turnTo(provider);
  byId(`tab-${provider}`).focus();
});

function turnTo(provider) {
  document.body.dataset.shown = provider;
  sessionStorage.setItem("phone", provider);
  for (const each of PROVIDERS) {
    byId(`tab-${each}`).setAttribute("aria-selected", String(each === provider));
    byId(`tab-${each}`).tabIndex = each === provider ? 0 : -1;
  }
  if (phones[provider].atEnd) phones[provider].toEnd();
}

const phones = Object.fromEntries(PROVIDERS.map((provider) => [provider, new Phone(provider, byId(provider), page)]));

// A file that misses the phone must not take the page's place.
for (const kind of ["dragover", "drop"]) window.addEventListener(kind, (event) => event.preventDefault());

// Language and looks.

function relabel() {
  fill(document);
  document.title = word("page-title");
  byId("language").textContent = LANGUAGES[other()];
  byId("language").lang = other();
  byId("help").replaceChildren(icon("help"));
  byId("guide-close").replaceChildren(icon("close"));
  byId("console").replaceChildren(el("span", {}, word("console")), icon("out"));
  byId("console").setAttribute("aria-label", word("console"));
  byId("guide-console").textContent = word("console");
  dress(localStorage.getItem("theme") ?? "auto");
  for (const provider of PROVIDERS) phones[provider].relabel();
  if (view) draw();
}

byId("language").addEventListener("click", () => {
  speak(other());
  relabel();
});

function dress(theme) {
  const name = theme in THEMES ? theme : "auto";
  if (name === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  const button = byId("theme");
  button.dataset.theme = name;
  button.title = word(`theme-${name}`);
  button.setAttribute("aria-label", button.title);
  button.replaceChildren(icon(THEMES[name]));
}

byId("theme").addEventListener("click", () => {
  const names = Object.keys(THEMES);
  const next = names[(names.indexOf(byId("theme").dataset.theme) + 1) % names.length];
  localStorage.setItem("theme", next);
  dress(next);
});

// What this page is, until somebody has read it.

function guide(shown) {
  byId("guide").hidden = !shown;
  byId("help").setAttribute("aria-expanded", String(shown));
  localStorage.setItem("guide", shown ? "shown" : "read");
}

byId("help").addEventListener("click", () => guide(byId("guide").hidden));
byId("guide-close").addEventListener("click", () => {
  guide(false);
  byId("help").focus();
});

// Who one is.

byId("customers").addEventListener("change", () => become(byId("customers").value));

function become(customer) {
  wanted.customer = customer;
  wanted.group = "";
  localStorage.setItem("customer", customer);
  refresh();
}

byId("new-customer").addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    const { id } = await call("POST", "/control/customers", { name: byId("new-name").value, language: byId("new-language").value });
    byId("new-name").value = "";
    become(id);
  } catch {
    notice(word("lost"));
  }
});

// What is true.

function notice(text) {
  byId("notice").hidden = !text;
  byId("notice").textContent = text ?? "";
}

let people = null;

function draw() {
  const drawn = JSON.stringify([view.customers, view.customer, current()]);
  if (drawn !== people) {
    people = drawn;
    byId("customers").replaceChildren(...view.customers.map((customer) =>
      el("option", { value: customer.id, selected: customer.id === view.customer },
        customer.language === "ja" ? customer.name : `${customer.name} (${customer.language})`)));
    byId("face").src = view.customers.find((customer) => customer.id === view.customer)?.picture ?? "/favicon.ico";
  }
  notice(view.product_known ? null : word("not-up"));
  for (const link of ["console", "guide-console"]) byId(link).href = view.console;
  const login = view.logins?.find((known) => known.group === "operators");
  byId("guide-login").textContent = login ? word("guide-login", login) : "";
  for (const provider of PROVIDERS) phones[provider].draw(view);
  drawLog();
}

function drawLog() {
  byId("webhooks").replaceChildren(...view.webhooks.map((webhook) =>
    el("li", { class: webhook.state },
      el("time", {}, clock(webhook.at_ms)),
      el("b", {}, NAMES[webhook.provider]),
      el("span", { class: "what" }, webhook.what),
      el("span", { class: "result" }, reason(webhook.text)))));
  const last = view.webhooks[0];
  const troubles = view.webhooks.filter((webhook) => webhook.state !== "ok").length;
  byId("log-state").className = troubles ? "troubled" : "";
  byId("log-state").textContent = !last ? word("log-none")
    : word("log-last", { name: NAMES[last.provider], text: reason(last.text) }) + (troubles ? ` · ${word("log-troubles", { count: troubles })}` : "");
}

function refresh() {
  if (view) view.version = 0;
  asked.abort();
}

async function follow() {
  for (;;) {
    asked = new AbortController();
    const query = new URLSearchParams({ since: view?.version ?? 0 });
    for (const [name, value] of Object.entries(wanted)) if (value) query.set(name, value);
    try {
      const response = await fetch(`/customer/view?${query}`, { signal: asked.signal });
      view = await response.json();
    } catch (error) {
      if (error.name === "AbortError") continue;
      notice(word("lost"));
      await pause(1500);
      continue;
    }
    draw();
  }
}

// Pictures at full size.

function look(pictures, first, label) {
  const box = byId("lightbox");
  let index = first;
  const image = el("img", { alt: label });
  const place = el("span", {});
  const step = (by) => {
    index = (index + by + pictures.length) % pictures.length;
    image.src = pictures[index].url;
    place.textContent = pictures.length > 1 ? `${index + 1} / ${pictures.length}` : "";
  };
  const button = (name, key, onclick) => el("button", { type: "button", class: "icon", "aria-label": word(key), title: word(key), onclick }, icon(name));
  box.replaceChildren(
    el("header", {}, el("b", {}, label), place, button("close", "close", () => box.close())),
    el("figure", {}, image),
    pictures.length > 1 ? el("footer", {}, button("left", "previous", () => step(-1)), button("right", "next", () => step(1))) : "");
  box.onkeydown = (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by && pictures.length > 1) step(by);
  };
  box.onclick = (event) => {
    if (event.target === box) box.close();
  };
  step(0);
  box.showModal();
}

document.addEventListener("visibilitychange", () => {
  for (const provider of PROVIDERS) phones[provider].noticeReading();
});

const before = sessionStorage.getItem("phone");
turnTo(PROVIDERS.includes(before) ? before : "messenger");
guide(localStorage.getItem("guide") !== "read");
relabel();
follow();
