// Keys: single ones and sequences such as "g i", and the sheet that lists them. Single keys work while no field has the focus, and can
// be switched off (WCAG 2.1.4); what needs Ctrl or Command always works.
import { command, listed, run } from "./commands.js";
import { open } from "./dialog.js";
import { say } from "./words.js";

const SWITCH = "madoguchi_keys";
const SEQUENCE_MS = 1200;
let begun = "";
let since = 0;

const areOn = () => localStorage.getItem(SWITCH) !== "off";

const takesText = (element) =>
  element?.closest?.('input:not([type="checkbox"], [type="radio"], [type="button"]), textarea, select, [contenteditable="true"], [contenteditable=""]') != null;

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (!areOn() || takesText(event.target) || document.querySelector("dialog[open]")) return;
  if (event.key === "Shift" || (event.key === "Escape" && document.querySelector("details[data-popover][open]"))) return;
  // On a button or a link these do what they always do.
  if ((event.key === "Enter" || event.key === " ") && event.target.closest?.("a, button, summary, [role]")) return;
  const key = event.shiftKey && event.key.length > 1 ? `Shift+${event.key}` : event.key;
  const sequence = begun && event.timeStamp - since < SEQUENCE_MS ? `${begun} ${key}` : key;
  const all = listed();
  const found = all.find(({ keys, can }) => can && keys.includes(sequence)) ?? all.find(({ keys, can }) => can && keys.includes(key));
  if (found) {
    begun = "";
    event.preventDefault();
    run(found.name);
  } else {
    begun = all.some(({ keys }) => keys.some((one) => one.startsWith(`${key} `))) ? key : "";
    since = event.timeStamp;
  }
});

const make = (tag, { text, ...rest } = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), rest);
  if (text !== undefined) element.textContent = text;
  element.append(...children);
  return element;
};

/** Keys as they are printed: "g i" as two. */
export function printed(keys) {
  const names = { Escape: "Esc", ArrowDown: "↓", ArrowUp: "↑" };
  const shown = document.createDocumentFragment();
  keys.forEach((sequence, index) => {
    if (index > 0) shown.append(" / ");
    sequence.split(" ").forEach((key, place) => {
      if (place > 0) shown.append(" ");
      const parts = key.split("+").filter(Boolean);
      (parts.length ? parts : ["+"]).forEach((part) => shown.append(make("kbd", { text: names[part] ?? part })));
    });
  });
  return shown;
}

function sheet() {
  const groups = new Map();
  for (const one of listed()) {
    if (one.keys.length === 0) continue;
    if (!groups.has(one.group)) groups.set(one.group, []);
    groups.get(one.group).push(one);
  }
  const columns = make("div", { className: "keys-groups" });
  for (const [group, commands] of groups) {
    const rows = commands.map(({ words, keys }) => make("div", {}, make("dt", {}, printed(keys)), make("dd", { text: words })));
    columns.append(make("section", {}, make("h3", { text: say(group) }), make("dl", { className: "keys-list" }, ...rows)));
  }
  const box = make("input", { type: "checkbox", checked: areOn() });
  box.addEventListener("change", () => localStorage.setItem(SWITCH, box.checked ? "on" : "off"));
  const form = make("form", { method: "dialog", className: "keys" });
  form.append(
    make("h2", { id: "dialog-title", text: say("keys.title") }),
    columns,
    make("label", { className: "check" }, box, make("span", {}, say("keys.on"), make("span", { className: "hint", text: say("keys.hint") }))),
    make("div", { className: "dialog-acts" }, make("button", { className: "button primary", text: say("close") })),
  );
  open(document.querySelector("#dialog"), form, { wide: true });
}

const go = (place) => () => location.assign(`/console/${place}`);
for (const [place, key] of [["inbox", "i"], ["search", "s"], ["tickets", "t"], ["reports", "r"], ["settings", "e"]]) {
  command(`go-${place}`, go(place), { keys: [`g ${key}`], group: "group.go" });
}
command("find", () => {
  const field = document.querySelector("#search-q");
  if (field) { field.focus(); field.select(); } else go("search")();
}, { keys: ["/"], group: "group.go" });
command("palette", () => import("./palette.js").then(({ show }) => show()), { keys: ["Ctrl+K"] });
command("keys", sheet, { keys: ["?"] });
command("dialog-close", (element) => element?.closest("dialog")?.close(""));

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
    event.preventDefault();
    run("palette");
  }
});
