"""The audit log on the deployed template: what an administrator changes and reads is found there (AUD-2, AUD-3)."""

from __future__ import annotations

import csv
import io

from infra.local.http import Answer
from infra.local.testbed import Testbed, eventually

from .steps import conversation_with, customer_writes, new_customer


def _entries(stack: Testbed, query: str) -> list[dict]:
    given = stack.api("GET", f"/audit?{query}", group="administrators")
    assert given.status == 200, given
    return given.json()["items"]


def test_a_change_of_a_channel_is_found_with_who_and_from_where(stack: Testbed, unique: str):
    channel = stack.channel("line")
    path = f"/channels/{channel['id']}"
    before = stack.api("GET", path, group="administrators").json()["name"]
    try:
        changed = stack.api("PATCH", path, {"name": f"Audited {unique}"}, group="administrators")
        assert changed.status == 200, changed

        def told():
            found = _entries(stack, f"channel={channel['id']}&act=channel.changed")
            return next((entry for entry in found if unique in str(entry["after"].get("name"))), None)

        entry = eventually(told, "the change in the audit log", 30)
        assert entry["before"] == {"name": before}
        assert entry["actor"]["role"] in ("administrator", "owner")
        assert entry["actor"]["ip"]
        assert entry["id"] in [other["id"] for other in _entries(stack, f"actor={entry['actor']['id']}&act=channel")]
    finally:
        stack.api("PATCH", path, {"name": before}, group="administrators")


def test_an_administrators_read_is_recorded_and_the_log_is_taken_along(stack: Testbed, unique: str):
    customer = new_customer(stack, f"Audit {unique}")
    customer_writes(stack, "line", customer, f"audit {unique}")
    found = conversation_with(stack, f"audit {unique}")["id"]
    assert stack.api("GET", f"/conversations/{found}").status == 200
    assert _entries(stack, f"conversation={found}") == [], "an operator's read is none of the log's business"
    assert stack.api("GET", f"/conversations/{found}", group="administrators").status == 200
    eventually(lambda: _entries(stack, f"conversation={found}&act=conversation.read"), "the read", 10)
    given: Answer = stack.api("GET", f"/audit/export?conversation={found}", group="administrators")
    assert given.status == 200, given
    rows = list(csv.DictReader(io.StringIO(given.body.decode("utf-8-sig"))))
    assert [row["act"] for row in rows] == ["conversation.read"]
    assert f"audit {unique}" not in given.body.decode("utf-8")
