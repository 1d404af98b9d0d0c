// What a person can have done by a button, by a key or by the command bar: one list of commands.
const commands = new Map();

/** Makes `name` do `run`; elements with `data-command="name"` do it when clicked. */
export function command(name, run) {
  commands.set(name, run);
}

/** Does what is called `name`; false if there is no such command here. */
export function run(name, element) {
  const found = commands.get(name);
  if (!found) return false;
  found(element);
  return true;
}

document.addEventListener("click", (event) => {
  const element = event.target.closest("[data-command]");
  if (element && run(element.dataset.command, element)) event.preventDefault();
});
