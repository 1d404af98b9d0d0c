// The form of a template: merge fields at the cursor, languages that come and go.
import { soon } from "./preview.js";

/** Puts `spelled` at the cursor; its text for who has no value is selected, to be written over. */
function insert(area, spelled) {
  area.focus();
  const start = area.selectionStart;
  area.setRangeText(spelled, start, area.selectionEnd, "end");
  const bar = spelled.indexOf("|");
  if (bar > 0) area.setSelectionRange(start + bar + 1, start + spelled.length - 2);
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

const has = (form, tag) => form.querySelector(`#variants > [data-variant="${tag}"]`);

function add(form) {
  const choice = form.querySelector("[data-variant-choice]");
  let section = has(form, choice.value);
  if (!section) {
    form.querySelector(`[data-removed="${choice.value}"]`)?.remove();
    const made = document.createElement("template");
    made.innerHTML = form.querySelector("template[data-variant-template]").innerHTML.replaceAll("__", choice.value);
    section = made.content.firstElementChild;
    section.querySelector("h2").textContent = choice.selectedOptions[0].textContent;
    form.querySelector("#variants").append(section);
  }
  section.querySelector("textarea").focus();
}

function drop(form, section) {
  const tag = section.dataset.variant;
  section.remove();
  // Null takes it away where it is kept; where it never was, nothing is told.
  if (form.dataset.version) {
    const gone = Object.assign(document.createElement("input"), { type: "hidden", name: `variants.${tag}`, value: "null" });
    gone.dataset.type = "json";
    gone.dataset.removed = tag;
    form.append(gone);
  }
  form.querySelector("[data-variant-choice]").focus();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest(".template-form button");
  if (!button) return;
  const { form, dataset } = button;
  if (dataset.insert) insert(document.getElementById(dataset.into), dataset.insert);
  else if ("variantAdd" in dataset) add(form);
  else if ("variantDrop" in dataset) drop(form, button.closest("[data-variant]"));
  else return;
  soon(form);
});
