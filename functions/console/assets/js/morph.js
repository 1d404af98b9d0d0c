// How parts of pages are replaced: by morphing, so that focus, selection and what is being typed stay.
import { csrf } from "./api.js";
import { signedOut } from "./session.js";

document.body.addEventListener("htmx:configRequest", ({ detail }) => {
  if (detail.verb !== "get") detail.headers["x-csrf-token"] = csrf();
});
document.body.addEventListener("htmx:responseError", ({ detail }) => {
  if (detail.xhr.status === 401) signedOut();
});

// Links to files are signed anew with each answer: the same file is not loaded again.
const path = (url) => { try { const { origin, pathname } = new URL(url, location.href); return origin + pathname; } catch { return url; } };
if (globalThis.Idiomorph) {
  Idiomorph.defaults.ignoreActiveValue = true;
  Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, node) => {
    // What a person has opened stays open.
    if (name === "open" && (node instanceof HTMLDetailsElement || node instanceof HTMLDialogElement)) return false;
    return undefined;
  };
  Idiomorph.defaults.callbacks.beforeNodeMorphed = (old, fresh) => {
    if (old instanceof HTMLElement && old.hasAttribute("data-keep")) return false;
    if (old instanceof HTMLImageElement && old.hasAttribute("data-keep-src") && fresh instanceof HTMLImageElement && path(old.src) === path(fresh.src)) {
      fresh.setAttribute("src", old.getAttribute("src"));
    }
    return undefined;
  };
}
