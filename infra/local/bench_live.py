"""How long a change takes to reach a client: on a stack of its own, from the commit's answer to the push."""

from __future__ import annotations

import json
import time
from pathlib import Path

from .console import step
from .live_client import LiveClient
from .testbed import Testbed, eventually, isolated_stack

CHANGES = 40
_TEXT = "How long does it take?"


def measure(out: Path) -> Path:
    """Writes to `out` the seconds that each change took."""
    with isolated_stack() as stack, step(f"measuring {CHANGES} live updates"):
        conversation = _conversation(stack)
        with LiveClient(stack) as client:
            verbs = [verb for _ in range(CHANGES // 2) for verb in ("close", "reopen")]
            delays = [_change(stack, client, conversation, verb) for verb in verbs]
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps({"seconds": delays}))
    return out


def _change(stack: Testbed, client: LiveClient, conversation: str, verb: str) -> float:
    changed = stack.api("POST", f"/conversations/{conversation}/{verb}")
    committed = time.monotonic()
    assert changed.status == 200, changed
    # What was told while the request was still being answered has waited for nothing.
    client.hear_change(conversation, changed.json()["version"])
    return max(time.monotonic() - committed, 0.0)


def _conversation(stack: Testbed) -> str:
    def look() -> str | None:
        items = stack.api("GET", "/conversations", section="open", limit=100).json()["items"]
        return next((item["id"] for item in items if item["preview"] == _TEXT), None)

    customer = stack.simulator("POST", "/control/customers", {"name": "Live"}).json()["id"]
    act = {"provider": "line", "customer": customer, "kind": "text", "text": _TEXT}
    assert stack.simulator("POST", "/control/act", act).status == 200
    return eventually(look, "a conversation", 30)
