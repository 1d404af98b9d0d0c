// Calls of the API with the session of the page. Every change carries the page's CSRF token.
import { say } from "./words.js";
import { signedOut } from "./session.js";

/** What the API answered when it did not do what it was asked. `id` is the error's stable id. */
export class Refused extends Error {
  constructor(status, problem) {
    super(problem?.error?.message || say("failed"));
    this.status = status;
    this.id = problem?.error?.id ?? "no_answer";
    this.problem = problem;
  }
}

export const csrf = () => document.querySelector('meta[name="csrf"]')?.content ?? "";

/**
 * Calls `/console/api{path}`; resolves to the answer's JSON (null if there is none), rejects with `Refused`, or with a
 * TypeError if the network is gone. Pass `key` to make a repetition harmless where the route takes an Idempotency-Key.
 */
export async function call(method, path, body, { key, version, keepalive } = {}) {
  const headers = { "x-csrf-token": csrf() };
  if (body !== undefined) headers["content-type"] = "application/json";
  if (key) headers["idempotency-key"] = key;
  if (version) headers["if-match"] = version;
  const answer = await fetch(`/console/api${path}`, {
    method, headers, keepalive, body: body === undefined ? undefined : JSON.stringify(body), credentials: "same-origin",
  });
  const text = await answer.text();
  const json = /json/.test(answer.headers.get("content-type") ?? "") && text ? JSON.parse(text) : null;
  if (answer.ok) return json;
  if (answer.status === 401) signedOut();
  throw new Refused(answer.status, json);
}
