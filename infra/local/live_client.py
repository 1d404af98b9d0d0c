"""A client of live updates: asks for a ticket, connects with it, and hears what it is told."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import websocket

from .testbed import Testbed


def ticket(stack: Testbed, group: str = "operators") -> dict:
    """A ticket of the demo login of `group`, with where to connect."""
    given = stack.api("POST", "/live/tickets", {}, group=group)
    assert given.status == 201, given
    return given.json()


class LiveClient:
    """One connection. What it was told and nobody has looked at stays for the next look."""

    def __init__(self, stack: Testbed, group: str = "operators", given: dict | None = None) -> None:
        given = given or ticket(stack, group)
        url = f"{given['url']}?ticket={given['ticket']}"
        self._socket = websocket.create_connection(url, timeout=20, http_no_proxy=["127.0.0.1", "localhost"])
        self.seq = self.ask("hello", kind="hello")["seq"]

    def __enter__(self) -> LiveClient:
        return self

    def __exit__(self, *_) -> None:
        self._socket.close()

    def say(self, action: str, **fields) -> None:
        """Says something."""
        self._socket.send(json.dumps({"action": action, **fields}))

    def ask(self, action: str, kind: str, **fields) -> dict:
        """Says something and returns the first message of a kind."""
        self.say(action, **fields)
        return self.hear(lambda told: told["type"] == kind, f"{kind} after {action}")

    def hear(self, wanted: Callable[[dict], bool], what: str, within_s: float = 20) -> dict:
        """The next message that is wanted; the others are passed over, but for their numbers."""
        deadline = time.monotonic() + within_s
        while (left := deadline - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                told = json.loads(self._socket.recv())
            except websocket.WebSocketTimeoutException:
                break
            self.seq = max(getattr(self, "seq", 0), told.get("seq", 0))
            if wanted(told):
                return told
        raise AssertionError(f"not within {within_s} s: {what}")

    def hear_change(self, identifier: str, version: int = 0) -> dict:
        """The change that brings a thing to this version at least."""

        def brings(told: dict) -> dict | None:
            changes = told["changes"] if told["type"] == "changes" else []
            found = (change for change in changes if change["id"] == identifier and change["version"] >= version)
            return next(found, None)

        return brings(self.hear(lambda told: brings(told) is not None, f"version {version} of {identifier}"))
