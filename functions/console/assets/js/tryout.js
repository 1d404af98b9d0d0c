// Offensive words: tries out what the form says, before it is saved. What was found is marked in the text.
import { call } from "./api.js";
import { json } from "./act.js";
import { toast } from "./notice.js";
import { say } from "./words.js";

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-tryout]");
  if (!form) return;
  event.preventDefault();
  const text = form.querySelector("textarea").value;
  const words = JSON.parse(form.dataset.words);
  try {
    const { matches } = await call("POST", `${form.dataset.tryout}/test`, { text, settings: json(document.querySelector("#profanity")) });
    form.querySelector("[data-tryout-found]").replaceChildren(...shown(text, matches, words));
  } catch (error) {
    toast(error.message || say("failed"), { bad: true });
  }
});

function shown(text, matches, words) {
  const told = Object.assign(document.createElement("p"), { textContent: matches.length ? words.found.replace("{n}", matches.length) : words.nothing });
  const marked = Object.assign(document.createElement("p"), { className: "tryout-text", dir: "auto" });
  let from = 0;
  for (const { index, length, word, list } of matches) {
    const mark = Object.assign(document.createElement("mark"), { textContent: text.slice(index, index + length), title: `${words[list] ?? list}: ${word}` });
    marked.append(text.slice(from, index), mark);
    from = index + length;
  }
  marked.append(text.slice(from));
  const list = document.createElement("ul");
  for (const { word, list: of } of matches) list.append(Object.assign(document.createElement("li"), { className: "hint", textContent: `${word} — ${words[of] ?? of}` }));
  return matches.length ? [told, marked, list] : [told];
}
