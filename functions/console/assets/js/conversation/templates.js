// Message templates: chosen from a list, shown filled in for this customer, and put into the composer or sent as they are.
import { Refused, call } from "../api.js";
import { open } from "../dialog.js";
import { toast } from "../notice.js";
import { make, part } from "./part.js";
import { say } from "./words.js";

const dialog = () => document.querySelector("#dialog");

/** The list with its search. */
export function choose(s) {
  const approved = s.composer.state === "template_only";
  const search = make("input", { type: "search", placeholder: say("templatesSearch"), "aria-label": say("templatesSearch") });
  const list = make("div", { className: "template-list", role: "listbox", "aria-label": say("templatesTitle") });
  const content = make("div", { className: "template-pick" }, make("h2", { id: "dialog-title", textContent: say("templatesTitle") }), search, list);
  let wanted = "";
  const load = async () => {
    wanted = search.value;
    const found = await part(`${s.address}/templates?q=${encodeURIComponent(wanted)}${approved ? "&approved=true" : ""}`).catch(() => null);
    if (found && wanted === search.value) list.replaceChildren(...found.children);
  };
  let timer = 0;
  search.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(load, 200); });
  list.addEventListener("click", (event) => {
    const button = event.target.closest("[data-template]");
    if (!button) return;
    dialog().close("");
    chosen(s, button.dataset.template, button.dataset.languages.split(","));
  });
  load();
  return open(dialog(), content, { wide: true });
}

/** Shows what the template says to this customer. */
export async function chosen(s, id, languages) {
  const page = document.documentElement.lang;
  let language = languages.find((one) => one === page) ?? languages[0];
  const text = make("textarea", { rows: 8, "aria-label": say("templateInsert"), dir: "auto" });
  const told = make("div", { className: "template-told" });
  const select = make("select", { "aria-label": say("language") }, ...languages.map((one) => make("option", { value: one, textContent: one, selected: one === language })));
  const insert = make("button", { className: "button primary", value: "insert", textContent: say("templateInsert") });
  const send = make("button", { className: "button", value: "send", textContent: say("templateSend") });
  let preview = null;
  const load = async () => {
    try {
      preview = await call("POST", `/templates/${id}/preview`, { conversation_id: s.id, language, sender: s.composer.sender.value });
    } catch (error) {
      told.textContent = error instanceof Refused ? error.message : say("offline");
      return;
    }
    const provider = preview.sends_as === "template";
    text.value = preview.text;
    text.readOnly = provider;
    insert.hidden = provider || s.composer.state === "template_only";
    send.disabled = preview.missing.length > 0 || preview.problems.length > 0;
    told.replaceChildren(
      ...(preview.missing.length > 0 ? [make("p", { className: "field-error", textContent: say("templateMissing", preview.missing.join("、")) })] : []),
      ...preview.problems.map((problem) => make("p", { className: "field-error", textContent: problem.message })),
    );
  };
  select.addEventListener("change", () => { language = select.value; load(); });
  const acts = make("div", { className: "dialog-acts" }, make("button", { className: "button", value: "no", textContent: say("cancel") }), send, insert);
  const form = make("form", { method: "dialog", className: "template-preview" }, make("h2", { id: "dialog-title", textContent: say("templatesTitle") }), languages.length > 1 ? select : null, text, told, acts);
  await load();
  if (!preview) { toast(told.textContent, { bad: true }); return; }
  const answer = await open(dialog(), form);
  if (answer === "insert") {
    s.composer.put(text.value);
    s.composer.template = id;
  } else if (answer === "send") {
    const edited = text.value !== preview.text && preview.sends_as !== "template";
    const body = edited ? { text: text.value, template_id: id } : { template: { id, language } };
    s.box.add("messages", { ...body, ...s.composer.base() }, text.value);
  }
}
