// Buttons that copy: <button data-copy="…" data-copied="words of the toast">, or data-copy-of="#element".
import { toast } from "./notice.js";
import { say } from "./words.js";

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-copy-of]");
  if (!button) return;
  const text = button.dataset.copy ?? document.querySelector(button.dataset.copyOf)?.textContent ?? "";
  try {
    await navigator.clipboard.writeText(text);
    toast(button.dataset.copied);
  } catch {
    toast(say("failed"), { bad: true });
  }
});
