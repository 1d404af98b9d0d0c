// Parts of the page, as the server makes them.

/** The elements that `path` answers with; rejects if it does not. */
export async function part(path) {
  const answer = await fetch(path, { headers: { "hx-request": "true" }, credentials: "same-origin" });
  if (answer.status === 401) (await import("../session.js")).signedOut();
  if (!answer.ok) throw new Error(`${answer.status}`);
  const made = document.createElement("template");
  made.innerHTML = await answer.text();
  return made.content;
}

/** `path` with `query` behind it, which may be empty. */
export const withQuery = (path, ...queries) => {
  const query = queries.filter(Boolean).join("&");
  return query ? `${path}?${query}` : path;
};

/** The list that is shown. */
export const list = () => document.querySelector("#rows");

/** What it is asked for. */
export const query = () => list()?.dataset.query ?? "";

/** The row of a conversation, if it is shown. */
export const rowOf = (id) => document.getElementById(`row-${id}`);

/** Every row that is shown. */
export const rows = () => [...document.querySelectorAll("#rows > .chat")];

/** The conversation that is open; null if none is. */
export const opened = () => document.querySelector("#conversation")?.dataset.opened ?? null;

export const isNarrow = () => matchMedia("(max-width: 900px)").matches;
