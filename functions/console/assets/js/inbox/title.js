// The tab's title tells how many conversations nobody has answered.
import { say } from "../words.js";

function show() {
  const count = document.querySelector('#sections [data-section="unanswered"] .sections-count')?.firstChild?.textContent ?? "";
  document.title = `${count ? `(${count}) ` : ""}${say("title")} · Madoguchi`;
}

document.addEventListener("madoguchi:listed", show);
document.body.addEventListener("htmx:afterSettle", ({ detail }) => { if (detail.target?.id === "sections") show(); });
show();
