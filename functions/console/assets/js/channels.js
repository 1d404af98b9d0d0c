// The pages of channels, of the wizard and of bots.
import { act } from "./act.js";
import { Refused, csrf } from "./api.js";
import "./copy.js";
import { toast } from "./notice.js";
import "./opens.js";
import { say } from "./words.js";

// What the provider must call begins with where this page is.
const complete = () => {
  for (const address of document.querySelectorAll("[data-origin]")) {
    if (address.textContent.startsWith("/")) address.textContent = location.origin + address.textContent;
  }
};
document.body.addEventListener("htmx:afterSettle", complete);
complete();

// What is entered as a secret can be looked at.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-peek]");
  if (!button) return;
  const field = document.getElementById(button.dataset.peek);
  const shown = field.type === "password";
  field.type = shown ? "text" : "password";
  button.setAttribute("aria-pressed", String(shown));
});

// A file that is chosen is sent as it is: <input type="file" data-upload="PUT /channels/…/icon">.
document.addEventListener("change", async (event) => {
  const input = event.target.closest?.("[data-upload]");
  const file = input?.files[0];
  if (!file) return;
  const { upload, mostBytes, tooLarge } = input.dataset;
  const [method, path] = upload.split(" ");
  const failed = document.querySelector("#icon-error");
  failed.hidden = true;
  try {
    if (file.size > Number(mostBytes)) throw new Refused(413, { error: { message: tooLarge } });
    const answer = await fetch(`/console/api${path}`, {
      method, body: file, headers: { "x-csrf-token": csrf(), "content-type": file.type }, credentials: "same-origin",
    });
    if (!answer.ok) throw new Refused(answer.status, await answer.json().catch(() => null));
    location.reload();
  } catch (error) {
    const text = error instanceof Refused ? error.message : say("offline");
    failed.textContent = text;
    failed.hidden = false;
    toast(text, { bad: true });
    input.value = "";
  }
});

// A browser that came back with a login hands it over at once; the address must not keep it.
const waiting = document.querySelector("form[data-at-once]");
if (waiting) {
  history.replaceState(null, "", location.pathname);
  act(waiting);
}
