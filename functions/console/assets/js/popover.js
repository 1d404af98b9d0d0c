// <details data-popover>: one at a time, closed by Escape and by a click elsewhere.
const openOnes = () => document.querySelectorAll("details[data-popover][open]");

document.addEventListener("click", (event) => {
  for (const popover of openOnes()) if (!popover.contains(event.target)) popover.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const popover of openOnes()) {
    popover.open = false;
    popover.querySelector("summary")?.focus();
    event.stopPropagation();
  }
}, true);
