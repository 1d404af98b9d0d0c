// The words that scripts show; the page brings them in its language.
const words = JSON.parse(document.querySelector("#words")?.dataset.words ?? "{}");

/** The text called `name`, with `{n}` replaced. */
export function say(name, n) {
  const text = words[name] ?? name;
  return n === undefined ? text : text.replace("{n}", n);
}
