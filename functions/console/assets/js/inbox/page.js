// The inbox: its list, the conversation beside it, and what is done with either.
import "./list.js";
import "./open.js";
import "./actions.js";
import "./views.js";
import "./title.js";
