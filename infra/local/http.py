"""JSON over HTTP with the standard library, for the stack's own API."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

_PATIENCE_S = 35
# Never through a proxy: everything that is called here runs on this machine.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Answer:
    """Status and body of an answer; a refusal is an answer, too."""

    def __init__(self, status: int, body: bytes, headers) -> None:
        self.status = status
        self.body = body
        self.headers = headers

    def json(self):
        """The body as JSON; nothing if it is empty."""
        return json.loads(self.body) if self.body else None

    def __repr__(self) -> str:
        return f"<{self.status} {self.body[:500]!r}>"


def call(method: str, url: str, body=None, headers: dict[str, str] | None = None) -> Answer:
    """Makes a request. A `body` that is not bytes is sent as JSON."""
    sent = dict(headers or {})
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
        sent.setdefault("Content-Type", "application/json")
    request = urllib.request.Request(url, data=body, headers=sent, method=method)
    try:
        with _opener.open(request, timeout=_PATIENCE_S) as answer:
            return Answer(answer.status, answer.read(), answer.headers)
    except urllib.error.HTTPError as refusal:
        with refusal:
            return Answer(refusal.code, refusal.read(), refusal.headers)
