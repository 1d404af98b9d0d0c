// The page's scripts. What only some pages need is loaded by them.
import "./morph.js";
import "./preferences.js";
import "./act.js";
import "./popover.js";
import "./time.js";
import "./offline.js";
import "./commands.js";
import "./push.js";
import "./sound.js";
import "./me.js";
import "./export.js";
import "./copy.js";
import "./secret.js";
import "./tryout.js";
import { announce } from "./session.js";

announce();
