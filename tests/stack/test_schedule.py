"""Closing by schedule, on the deployed template."""

from __future__ import annotations

import time

from infra.local.testbed import SCHEDULE_PATIENCE_S, Testbed, eventually

from .steps import conversation, conversation_with, customer_writes, messages, set_timers


def test_a_chat_closes_by_schedule_and_the_customer_reopens_it(stack: Testbed, quiet_chat: dict):
    left = 60 + SCHEDULE_PATIENCE_S - (time.monotonic() - quiet_chat["answered"])
    closed = eventually(
        lambda: (now := conversation(stack, quiet_chat["id"]))["status"] == "closed" and now,
        "the chat closes by itself",
        max(left, 5),
    )
    assert closed["close_reason"] == "idle"
    said = messages(stack, quiet_chat["id"])
    assert (said[-1]["direction"], said[-1]["kind"], said[-1]["text"]) == ("event", "closed", "idle")
    assert said[-1]["at"] > said[-2]["at"], "not before its minute is over"
    refused = stack.api(
        "POST", f"/conversations/{quiet_chat['id']}/messages", {"text": "late"}, headers={"Idempotency-Key": "late"}
    )
    assert (refused.status, refused.json()["error"]["id"]) == (409, "conversation_closed")
    set_timers(stack, "messenger", idle_close_after_minutes=None)
    customer_writes(stack, "messenger", quiet_chat["customer"], "one more thing")
    assert conversation_with(stack, "one more thing", section="unanswered")["id"] == quiet_chat["id"]
