// Shows that the network is gone, and that it is back.
import { banner, toast } from "./notice.js";
import { say } from "./words.js";

addEventListener("offline", () => banner("offline", say("offline")));
addEventListener("online", () => { banner("offline", null); toast(say("online")); });
if (!navigator.onLine) banner("offline", say("offline"));
