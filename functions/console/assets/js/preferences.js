// Theme, language and time zone, kept in cookies that the server reads. None of them is a secret.
const YEAR_S = 31_536_000;

export function keep(name, value) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${name}=${encodeURIComponent(value)}; Path=/console; Max-Age=${YEAR_S}; SameSite=Lax${secure}`;
}

const kept = (name) => document.cookie.split("; ").find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);

document.addEventListener("change", (event) => {
  const group = event.target.closest("[data-preference]");
  if (!group) return;
  keep(group.dataset.preference, event.target.value);
  if (group.dataset.preference === "madoguchi_theme") document.documentElement.dataset.theme = event.target.value;
  else location.reload();
});

// The first page of a browser is made in UTC; then it is made again, once.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && decodeURIComponent(kept("madoguchi_zone") ?? "") !== zone) {
  keep("madoguchi_zone", zone);
  if (kept("madoguchi_zone") && !document.querySelector("textarea:focus, input:focus")) location.reload();
}
