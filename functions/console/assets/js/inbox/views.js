// Saved views (SRC-5): what is shown now, under a name.
import { Refused, call } from "../api.js";
import { renew } from "../act.js";
import { command } from "../commands.js";
import { open } from "../dialog.js";
import { toast } from "../notice.js";
import { say } from "../words.js";
import { query } from "./part.js";

const asked = () => Object.fromEntries(new URLSearchParams(query()));

command("save-view", () => {
  const form = document.querySelector("#view-form").content.firstElementChild.cloneNode(true);
  form.querySelector('[name="query"]').value = JSON.stringify(asked());
  const dialog = document.querySelector("#dialog");
  form.addEventListener("madoguchi:done", () => dialog.close(""), { once: true });
  open(dialog, form);
  form.querySelector('[name="name"]').focus();
}, { group: "group.list" });

command("view-query", async (element) => {
  try {
    await call("PATCH", element.dataset.path, { query: asked() });
    toast(say("view.done"));
    renew("#sections");
  } catch (error) {
    toast(error instanceof Refused ? error.message : say("offline"), { bad: true });
  }
});
