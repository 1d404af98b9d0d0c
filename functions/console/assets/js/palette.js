// The command bar (Ctrl+K): commands, sections and saved views of the inbox, and customers by name, found by a few letters. A combobox
// with a list, as WAI-ARIA has it: the focus stays in the field, and the list follows.
import { call } from "./api.js";
import { listed, run } from "./commands.js";
import { printed } from "./keys.js";
import { say } from "./words.js";

const MOST = 50;
const SEARCH_AFTER_MS = 150;

/** How well `text` has the letters of `query` in their order: higher is better, negative if it has not. */
export function score(query, text) {
  const [wanted, there] = [query.toLowerCase().replace(/\s+/g, ""), text.toLowerCase()];
  if (!wanted) return 0;
  const whole = there.indexOf(query.trim().toLowerCase());
  if (whole >= 0) return 1000 - whole;
  let [place, sum] = [-1, 0];
  for (const letter of wanted) {
    const next = there.indexOf(letter, place + 1);
    if (next < 0) return -1;
    sum += next === place + 1 ? 8 : /[\s\-／/（(・]/.test(there[next - 1] ?? " ") ? 6 : 1;
    place = next;
  }
  return sum - there.length / 100;
}

function entries() {
  const commands = listed()
    .filter(({ name, can }) => can && name !== "palette")
    .map(({ name, words, keys, group }) => ({ words, keys, group: say(group), go: () => run(name) }));
  const views = [...document.querySelectorAll("#sections a[data-inbox-link]")].map((link) => ({
    words: link.querySelector(".sections-name").firstChild.textContent, keys: [], group: say("group.views"), go: () => link.click(),
  }));
  return [...commands, ...views];
}

async function customers(query) {
  const found = await call("GET", `/search?limit=8&contact=${encodeURIComponent(query)}`);
  return (found?.items ?? []).map(({ conversation }) => ({
    words: conversation.contact_name || conversation.external_id, keys: [], group: say("group.customers"),
    go: () => {
      const event = new CustomEvent("madoguchi:open", { cancelable: true, detail: { id: conversation.id } });
      if (document.dispatchEvent(event)) location.assign(`/console/inbox/${encodeURIComponent(conversation.id)}`);
    },
  }));
}

export function show() {
  const dialog = document.querySelector("#dialog");
  if (dialog.open) return;
  const field = Object.assign(document.createElement("input"), { type: "text", autocomplete: "off", spellcheck: false, placeholder: say("palette.hint"), className: "palette-field" });
  for (const [name, value] of [["role", "combobox"], ["aria-expanded", "true"], ["aria-controls", "palette-list"], ["aria-autocomplete", "list"], ["aria-label", say("palette.title")]]) field.setAttribute(name, value);
  const list = Object.assign(document.createElement("div"), { id: "palette-list", className: "palette-list" });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", say("palette.title"));
  const none = Object.assign(document.createElement("p"), { className: "muted palette-none", textContent: say("palette.none"), hidden: true });
  none.setAttribute("role", "status");
  const all = entries();
  let [shown, people, chosen, timer, asked] = [[], [], 0, 0, 0];

  const choose = (index) => {
    chosen = Math.max(0, Math.min(index, shown.length - 1));
    [...list.querySelectorAll('[role="option"]')].forEach((option, place) => {
      option.setAttribute("aria-selected", String(place === chosen));
      if (place === chosen) { field.setAttribute("aria-activedescendant", option.id); option.scrollIntoView({ block: "nearest" }); }
    });
    if (shown.length === 0) field.removeAttribute("aria-activedescendant");
  };
  const take = () => {
    const one = shown[chosen];
    if (!one) return;
    // It may open a dialog of its own, which is the same element: this one's close event must not be taken for that one's.
    dialog.addEventListener("close", () => one.go(), { once: true });
    dialog.close("");
  };
  const draw = () => {
    const query = field.value;
    const found = all.map((one) => [score(query, one.words), one]).filter(([how]) => how >= 0);
    if (query.trim()) found.sort(([a], [b]) => b - a);
    const sorted = [...found.map(([, one]) => one), ...people].slice(0, MOST);
    // Those of a group stand together, the group of the best first.
    const groups = new Map();
    for (const one of sorted) { if (!groups.has(one.group)) groups.set(one.group, []); groups.get(one.group).push(one); }
    shown = [...groups.values()].flat();
    let place = 0;
    list.replaceChildren(...[...groups].map(([name, ones], at) => {
      const group = document.createElement("div");
      group.setAttribute("role", "group");
      group.setAttribute("aria-labelledby", `palette-group-${at}`);
      group.append(Object.assign(document.createElement("div"), { className: "palette-group", id: `palette-group-${at}`, textContent: name }));
      for (const one of ones) {
        const option = Object.assign(document.createElement("div"), { className: "palette-option", id: `palette-option-${place}` });
        const mine = place++;
        option.setAttribute("role", "option");
        const words = Object.assign(document.createElement("span"), { textContent: one.words, dir: "auto" });
        option.append(words, printed(one.keys));
        option.addEventListener("pointermove", () => { if (chosen !== mine) choose(mine); });
        option.addEventListener("click", () => { chosen = mine; take(); });
        group.append(option);
      }
      return group;
    }));
    none.hidden = shown.length > 0;
    choose(0);
  };
  const search = async () => {
    const mine = ++asked;
    const query = field.value.trim();
    let found = [];
    try { if (query) found = await customers(query); } catch { /* Commands are found without the network. */ }
    if (mine === asked) { people = found; draw(); }
  };
  field.addEventListener("input", () => {
    clearTimeout(timer);
    asked++;
    people = [];
    draw();
    timer = setTimeout(search, SEARCH_AFTER_MS);
  });
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
    if (event.key in steps) {
      const next = chosen + steps[event.key];
      choose(Math.abs(steps[event.key]) === 1 ? (next + shown.length) % Math.max(1, shown.length) : next);
    } else if (event.key === "Enter") take();
    else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") dialog.close("");
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  const heading = Object.assign(document.createElement("h2"), { className: "sr", id: "dialog-title", textContent: say("palette.title") });
  dialog.className = "palette";
  dialog.setAttribute("aria-labelledby", "dialog-title");
  dialog.replaceChildren(heading, field, list, none);
  draw();
  dialog.showModal();
  field.focus();
}
