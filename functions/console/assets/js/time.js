// Keeps "12 min" true while the page is open: elements with data-since or data-until.
import { say } from "./words.js";

/** Seconds in their largest unit. */
export function span(seconds) {
  const minutes = Math.floor(Math.max(0, seconds) / 60);
  if (minutes < 1) return say("under");
  if (minutes < 60) return say("minutes", minutes);
  if (minutes < 1440) return say("hours", Math.floor(minutes / 60));
  return say("days", Math.floor(minutes / 1440));
}

function tick() {
  const now = Date.now();
  for (const time of document.querySelectorAll("time[data-since], time[data-until]")) {
    const at = Date.parse(time.dateTime);
    const text = span((time.hasAttribute("data-since") ? now - at : at - now) / 1000);
    if (time.textContent !== text) time.textContent = text;
  }
}

setInterval(tick, 20_000);
document.addEventListener("visibilitychange", () => { if (!document.hidden) tick(); });
