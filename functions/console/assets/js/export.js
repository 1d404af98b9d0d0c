// A CSV that the API gives in parts, saved as one file: <button data-export="/audit/export?…" data-export-name="audit.csv">.
import { toast } from "./notice.js";
import { say } from "./words.js";

/** More than this many parts are not put together in a browser. */
const MOST_PARTS = 200;

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-export]");
  if (!button) return;
  button.disabled = true;
  button.setAttribute("aria-busy", "true");
  try {
    save(await parts(button.dataset.export), button.dataset.exportName);
  } catch (error) {
    toast(error.message || say("failed"), { bad: true });
  } finally {
    button.disabled = false;
    button.removeAttribute("aria-busy");
  }
});

async function parts(path) {
  const found = [];
  let cursor = "";
  do {
    const address = new URL(`/console/api${path}`, location.origin);
    if (cursor) address.searchParams.set("cursor", cursor);
    const answer = await fetch(address, { credentials: "same-origin" });
    if (!answer.ok) throw new Error((await answer.json().catch(() => null))?.error?.message ?? "");
    // The bytes themselves: reading them as text would take away the mark that spreadsheets go by.
    found.push(await answer.arrayBuffer());
    cursor = answer.headers.get("next-cursor") ?? "";
  } while (cursor && found.length < MOST_PARTS);
  return found;
}

function save(content, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(content, { type: "text/csv;charset=utf-8" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
