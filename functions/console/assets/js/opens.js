// What is only filled in if something else is chosen: a check box or radio with `data-opens="id"` enables the fieldset of that
// id while it is checked. A fieldset that is disabled is not sent, and styled away.
const settle = (root) => {
  for (const opener of root.querySelectorAll("[data-opens]")) {
    const part = document.getElementById(opener.dataset.opens);
    if (part) part.disabled = !opener.checked;
  }
};

// A span of time has its bounds in minutes, whatever its unit is: `data-unit-of` names the number that a choice of units is for.
function bound(unit) {
  const number = document.getElementById(unit.dataset.unitOf);
  number.min = Math.ceil(number.dataset.least / unit.value);
  number.max = Math.floor(number.dataset.most / unit.value);
}

document.addEventListener("change", (event) => {
  const form = event.target.closest("form");
  if (form) settle(form);
  if (event.target.dataset?.unitOf) bound(event.target);
});
document.addEventListener("reset", (event) => requestAnimationFrame(() => settle(event.target)));
document.body.addEventListener("htmx:afterSettle", (event) => settle(event.target));
settle(document);
