// Dialogs: the browser's own element, so that focus stays inside and Escape closes.
import { say } from "./words.js";

/**
 * Asks before something that cannot be taken back lightly. Resolves to true if the person wants it. With `type`, they have
 * to write that text first.
 */
export function confirm(title, text, { yes = say("ok"), danger = true, type } = {}) {
  const dialog = document.querySelector("#dialog");
  const form = document.createElement("form");
  form.method = "dialog";
  const heading = Object.assign(document.createElement("h2"), { textContent: title, id: "dialog-title" });
  const words = Object.assign(document.createElement("p"), { textContent: text ?? "" });
  const acts = Object.assign(document.createElement("div"), { className: "dialog-acts" });
  const no = Object.assign(document.createElement("button"), { className: "button", value: "no", textContent: say("cancel") });
  const go = Object.assign(document.createElement("button"), {
    className: danger ? "button primary danger" : "button primary", value: "yes", textContent: yes,
  });
  acts.append(no, go);
  form.append(heading, words);
  if (type) {
    const input = Object.assign(document.createElement("input"), { autocomplete: "off" });
    input.setAttribute("aria-label", type);
    go.disabled = true;
    input.addEventListener("input", () => { go.disabled = input.value.trim() !== type; });
    form.append(Object.assign(document.createElement("p"), { className: "hint", textContent: type }), input);
  }
  form.append(acts);
  return open(dialog, form).then((value) => value === "yes");
}

/** Shows `content` in the dialog; resolves to what closed it. */
export function open(dialog, content, { wide = false } = {}) {
  dialog.className = wide ? "wide" : "";
  dialog.setAttribute("aria-labelledby", "dialog-title");
  dialog.returnValue = "";
  dialog.replaceChildren(content);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true });
  });
}

// A click beside the dialog closes it.
document.addEventListener("click", (event) => {
  if (event.target instanceof HTMLDialogElement && event.target.open) {
    const box = event.target.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside && event.detail > 0) event.target.close("");
  }
});
