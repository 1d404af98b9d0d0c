// The end of a session: what was typed stays where it is, and a new sign-in happens in another tab.
import { say } from "./words.js";
import { banner } from "./notice.js";

let told = false;

/** Tells once that the session has ended. The page stays as it is; after signing in elsewhere, it goes on. */
export function signedOut() {
  if (told) return;
  told = true;
  document.dispatchEvent(new CustomEvent("madoguchi:signed-out"));
  const link = document.createElement("a");
  link.href = "/console/signed-in";
  link.target = "_blank";
  link.className = "button small";
  link.textContent = say("signIn");
  banner("session", say("signedOut"), link);
}

// The tab of the new sign-in tells the others, with the token that changes need from now on.
const others = new BroadcastChannel("madoguchi-session");
others.addEventListener("message", ({ data }) => {
  if (data?.csrf && data.visitor === document.querySelector('meta[name="visitor"]')?.content) {
    document.querySelector('meta[name="csrf"]').content = data.csrf;
    for (const field of document.querySelectorAll('input[type="hidden"][name="csrf"]')) field.value = data.csrf;
    told = false;
    banner("session", null);
    document.dispatchEvent(new CustomEvent("madoguchi:signed-in"));
  } else if (data?.csrf) {
    location.reload();
  }
});

/** Tells other tabs who is signed in here. */
export function announce() {
  const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content;
  if (meta("csrf")) others.postMessage({ csrf: meta("csrf"), visitor: meta("visitor") });
}
