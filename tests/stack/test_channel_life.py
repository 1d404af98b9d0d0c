"""A channel is switched off and on, deleted and connected again, on the deployed template (CHN-19, CHN-21)."""

from __future__ import annotations

import time

from infra.local.testbed import SCHEDULE_PATIENCE_S, Testbed, eventually

from .steps import (
    answer,
    conversation,
    conversation_with,
    customer_writes,
    messages,
    new_customer,
    status_of,
)

# So long a function may go on with a channel that it has read.
_REMEMBERED_S = 30


def _administer(stack: Testbed, method: str, path: str, body: dict | None = None) -> dict:
    given = stack.api(method, path, {} if body is None else body, group="administrators")
    assert given.status in (200, 201), given
    return given.json()


def _known_everywhere(since: float) -> None:
    eventually(lambda: time.monotonic() - since > _REMEMBERED_S, "every function reads the channel anew", _REMEMBERED_S + 5)


def _texts(stack: Testbed, identifier: str) -> list[str]:
    return [message["text"] for message in messages(stack, identifier) if message["direction"] == "in"]


def test_a_channel_goes_off_and_on_and_away_and_comes_back(stack: Testbed, unique: str):
    channel = stack.channel("line")
    path = f"/channels/{channel['id']}"
    customer = new_customer(stack, f"Life {unique}")
    customer_writes(stack, "line", customer, f"before {unique}")
    found = conversation_with(stack, f"before {unique}")["id"]

    off = _administer(stack, "POST", f"{path}/disable")
    assert off["status"]["state"] == "off"
    _known_everywhere(time.monotonic())
    customer_writes(stack, "line", customer, f"unheard {unique}")
    refused = stack.api(
        "POST", f"/conversations/{found}/messages", {"text": "x"}, headers={"Idempotency-Key": f"off-{unique}"}
    )
    assert (refused.status, refused.json()["error"]["id"]) == (409, "channel_off")
    assert _administer(stack, "POST", f"{path}/enable")["status"]["state"] == "on"
    customer_writes(stack, "line", customer, f"heard {unique}")
    # The queue keeps a conversation's order: what was written before has been dropped by now.
    conversation_with(stack, f"heard {unique}")
    assert _texts(stack, found) == [f"before {unique}", f"heard {unique}"]

    wrong = stack.api("DELETE", path, {"confirm": "another"}, group="administrators")
    assert (wrong.status, wrong.json()["error"]["id"]) == (422, "not_confirmed")
    name = stack.api("GET", path, group="administrators").json()["name"]
    assert _administer(stack, "DELETE", path, {"confirm": name})["status"]["state"] == "deleted"
    try:
        closed = eventually(
            lambda: (now := conversation(stack, found))["status"] == "closed" and now,
            "its conversations are closed",
            SCHEDULE_PATIENCE_S,
        )
        assert (closed["close_reason"], closed["composer"]["reason"]) == ("channel_removed", "channel_unlinked")
        assert _texts(stack, found) == [f"before {unique}", f"heard {unique}"]
        secrets = stack.aws("secretsmanager")
        secret = f"{stack.description['aws']['stack_name']}/connection/line/{channel['id']}"

        def destroyed() -> bool:
            return "DeletedDate" in secrets.describe_secret(SecretId=secret)

        eventually(destroyed, "its credential is destroyed", SCHEDULE_PATIENCE_S)
        again = {"kind": "line", "name": name, **channel["credentials"]}
        exists = stack.api("POST", "/channels", again, group="administrators")
        assert (exists.status, exists.json()["error"]["id"]) == (409, "channel_deleted")
    finally:
        # For the tests that follow, too.
        back = _administer(
            stack, "POST", "/channels", {"kind": "line", "name": name, **channel["credentials"], "resume": True}
        )
    assert (back["id"], back["status"]["state"]) == (channel["id"], "on")

    def heals() -> bool:
        return stack.api("GET", path, group="administrators").json()["health"]["state"] == "healthy"

    eventually(heals, "the new credential was looked at", 60 + SCHEDULE_PATIENCE_S)
    customer_writes(stack, "line", customer, f"again {unique}")
    assert conversation_with(stack, f"again {unique}")["id"] == found
    reply = answer(stack, found, f"life-{unique}", "welcome back")
    status_of(stack, found, reply["id"], {"sent", "delivered", "read"}, within_s=60)
