// What a person can have done by a button, by a key or by the command bar: one list of commands.
import { knows, say } from "./words.js";

const commands = new Map();

/**
 * Makes `name` do `run`; elements with `data-command="name"` do it when clicked. The word `do.{name}`, or what `title` returns,
 * names it in the sheet of keys and in the command bar; without one it stands in neither. `keys` are such as "a", "g i" (one after the
 * other) or "Shift+Enter"; they work while no field has the focus. `group` is the word that its group is called by. While `when`
 * returns false it cannot be done.
 */
export function command(name, run, { keys = [], group = "group.general", title, when } = {}) {
  commands.set(name, { name, run, keys, group, title, when });
}

/** Does what is called `name`; false if there is no such command here, or it cannot be done now. */
export function run(name, element) {
  const found = commands.get(name);
  if (!found || found.when?.() === false) return false;
  found.run(element);
  return true;
}

/** Every command that has words, in the order in which they were made. */
export function listed() {
  return [...commands.values()]
    .filter(({ name, title }) => title || knows(`do.${name}`))
    .map((one) => ({ ...one, words: one.title?.() ?? say(`do.${one.name}`), can: one.when?.() !== false }));
}

document.addEventListener("click", (event) => {
  const element = event.target.closest("[data-command]");
  if (element && run(element.dataset.command, element)) event.preventDefault();
});
