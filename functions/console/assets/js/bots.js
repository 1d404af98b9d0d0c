// Rules of a bot: added, taken away, and put in another order, by mouse or keyboard.
import "./channels.js";
import "./secret.js";

const list = document.querySelector("#rules");

/** Numbers the rules anew, and says which can be moved. */
function renumber() {
  if (!list) return;
  const rules = [...list.querySelectorAll("[data-row]")];
  rules.forEach((rule, at) => {
    rule.querySelector("[data-number]").textContent = at + 1;
    for (const named of rule.querySelectorAll("[data-label]")) {
      const text = named.dataset.label.replace("{n}", at + 1);
      named.setAttribute("aria-label", text);
      if (named.hasAttribute("title")) named.title = text;
    }
    rule.querySelector('[data-move="up"]').disabled = at === 0;
    rule.querySelector('[data-move="down"]').disabled = at === rules.length - 1;
    rule.querySelector('[data-move="away"]').disabled = rules.length === 1;
  });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-move]");
  if (!button || !list) return;
  const rule = button.closest("[data-row]");
  const { move } = button.dataset;
  if (move === "add") {
    list.append(document.querySelector("#rule").content.cloneNode(true));
    renumber();
    list.lastElementChild.querySelector("textarea").focus();
    return;
  }
  const next = rule.nextElementSibling;
  const before = rule.previousElementSibling;
  if (move === "up" && before) list.insertBefore(rule, before);
  if (move === "down" && next) list.insertBefore(next, rule);
  if (move === "away") rule.remove();
  renumber();
  // Focus stays with the rule; at an end its button cannot be pressed any more.
  if (move === "away") (next ?? before)?.querySelector("textarea").focus();
  else if (button.disabled) rule.querySelector(move === "up" ? '[data-move="down"]' : '[data-move="up"]').focus();
  else button.focus();
});

renumber();

// What was saved has another version. With a secret to show, the page is made anew once it was seen.
document.addEventListener("madoguchi:done", ({ target, detail }) => {
  if (target.matches("[data-secret]") && !detail?.secret) location.reload();
});
