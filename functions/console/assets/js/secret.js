// A secret that an answer holds, shown once: what makes it has `data-secret`, the words of the dialog as JSON.
import { open } from "./dialog.js";

document.addEventListener("madoguchi:done", async (event) => {
  const words = event.target.dataset?.secret && JSON.parse(event.target.dataset.secret);
  if (!words || !event.detail?.secret) return;
  const form = Object.assign(document.createElement("form"), { method: "dialog", className: "form" });
  const secret = Object.assign(document.createElement("output"), { className: "secret", id: "secret", textContent: event.detail.secret });
  const acts = Object.assign(document.createElement("div"), { className: "dialog-acts" });
  const copy = Object.assign(document.createElement("button"), { type: "button", className: "button", textContent: words.copy });
  copy.dataset.copyOf = "#secret";
  copy.dataset.copied = words.copied;
  acts.append(copy, Object.assign(document.createElement("button"), { className: "button primary", textContent: words.close }));
  form.append(
    Object.assign(document.createElement("h2"), { id: "dialog-title", textContent: words.title }),
    Object.assign(document.createElement("p"), { textContent: words.text }),
    secret, acts,
  );
  await open(document.querySelector("#dialog"), form);
  location.assign(words.go.replace("{id}", encodeURIComponent(event.detail.id)));
});
