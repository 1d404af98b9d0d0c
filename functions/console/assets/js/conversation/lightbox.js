// A picture as large as the window allows, and from there to the next.
import { icon, make } from "./part.js";
import { say } from "./words.js";

/** Shows the picture that `link` leads to. */
export function show(root, link) {
  const dialog = document.querySelector("#dialog");
  const links = [...root.querySelectorAll("a[data-lightbox]")];
  let at = links.indexOf(link);
  const picture = make("img", { alt: "", className: "lightbox-picture" });
  const original = make("a", { className: "button small", target: "_blank", rel: "noopener", textContent: say("openOriginal") });
  const count = make("span", { className: "muted", id: "dialog-title" });
  const button = (name, words, run) => make("button", { type: "button", className: "icon-button", title: words, "aria-label": words, onclick: run }, icon(name));
  const go = (step) => {
    at = (at + step + links.length) % links.length;
    picture.src = links[at].href;
    picture.alt = links[at].getAttribute("aria-label") ?? "";
    original.href = links[at].href;
    count.textContent = `${at + 1} / ${links.length}`;
  };
  const bar = make("div", { className: "lightbox-bar" }, button("chevron-left", say("previous"), () => go(-1)), count, button("chevron-right", say("next"), () => go(1)), original, button("x", say("close"), () => dialog.close("")));
  const keys = (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step) { event.preventDefault(); go(step); }
  };
  dialog.addEventListener("keydown", keys);
  dialog.addEventListener("close", () => { dialog.removeEventListener("keydown", keys); dialog.className = ""; link.focus({ preventScroll: true }); }, { once: true });
  go(0);
  dialog.className = "lightbox";
  dialog.setAttribute("aria-labelledby", "dialog-title");
  dialog.replaceChildren(bar, picture);
  dialog.showModal();
}
