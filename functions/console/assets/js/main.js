// The page's scripts. What only some pages need is loaded by them.
import "./morph.js";
import "./preferences.js";
import "./act.js";
import "./opens.js";
import "./preview.js";
import "./popover.js";
import "./time.js";
import "./offline.js";
import "./commands.js";
import "./push.js";
import "./sound.js";
import "./alerts.js";
import "./me.js";
import "./export.js";
import "./copy.js";
import "./secret.js";
import "./tryout.js";
import "./keys.js";
import "./live.js";
import "./reports.js";
import { announce } from "./session.js";

// Conversations bring much of their own: it is loaded with the first one.
const conversations = () => {
  if (!document.querySelector("[data-thread]")) return;
  watcher.disconnect();
  import("./conversation/main.js");
};
const watcher = new MutationObserver(conversations);
watcher.observe(document.body, { childList: true, subtree: true });
conversations();

announce();
