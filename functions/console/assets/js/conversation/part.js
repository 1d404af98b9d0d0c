// Parts of the page, as the server makes them.
import { signedOut } from "../session.js";

/** What could not be loaded. */
export class NoPart extends Error {
  constructor(status) {
    super(`status ${status}`);
    this.status = status;
  }
}

/** Loads a part; resolves to its elements, rejects with `NoPart`, or with a TypeError if the network is gone. */
export async function part(path, signal) {
  const answer = await fetch(path, { headers: { "hx-request": "true" }, credentials: "same-origin", signal });
  if (answer.status === 401) signedOut();
  if (!answer.ok) throw new NoPart(answer.status);
  const template = document.createElement("template");
  template.innerHTML = await answer.text();
  return template.content;
}

/** An element with properties, attributes (`data-…`, `aria-…`) and children. */
export function make(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (key.includes("-")) element.setAttribute(key, value);
    else element[key] = value;
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** A picture of the sprite. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${document.body.dataset.assets}icons.svg#${name}`);
  svg.append(use);
  return svg;
}
