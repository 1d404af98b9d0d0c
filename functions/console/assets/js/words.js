// The words that scripts show; the page, and each of its parts, brings them in its language.
const words = {};
for (const brought of document.querySelectorAll("template[data-words]")) Object.assign(words, JSON.parse(brought.dataset.words));

/** The text called `name`, with `{n}` replaced. */
export function say(name, n) {
  const text = words[name] ?? name;
  return n === undefined ? text : text.replace("{n}", n);
}

/** Whether the page has a text called `name`. */
export const knows = (name) => name in words;
