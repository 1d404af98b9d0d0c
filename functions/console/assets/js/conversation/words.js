// The words of a conversation; it brings them in the page's language.
let words = {};

/** Takes the words that `root` brings. */
export function learn(root) {
  words = JSON.parse(root.dataset.words ?? "{}");
}

/** The text called `name`, with `{n}` replaced. */
export function say(name, n) {
  const text = words[name] ?? name;
  return n === undefined ? text : text.replace("{n}", n);
}
