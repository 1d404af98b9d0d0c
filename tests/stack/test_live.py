"""Live updates (CON-5, CON-9): a client hears of what a customer writes, comes back after a disconnect, and sees who writes."""

from __future__ import annotations

import time

import pytest
import websocket

from infra.local.testbed import Testbed

from infra.local.live_client import LiveClient, ticket
from .steps import answer, conversation, conversation_with, customer_writes, messages, new_customer, status_of


def test_a_customers_message_is_told_and_a_client_that_comes_back_is_told_what_it_missed(stack: Testbed, unique: str):
    customer = new_customer(stack, f"Live {unique}")
    customer_writes(stack, "line", customer, f"first {unique}")
    found = conversation_with(stack, f"first {unique}")
    with LiveClient(stack) as client:
        customer_writes(stack, "line", customer, f"second {unique}")
        # Its owner's name and picture may be told in between.
        change = client.hear_change(found["id"], found["version"] + 1)
        while conversation(stack, found["id"])["preview"] != f"second {unique}":
            change = client.hear_change(found["id"], change["version"] + 1)
        assert (change["kind"], change["channel_id"]) == ("conversation", found["channel_id"])
        # What it is told of is there already.
        assert conversation(stack, found["id"])["version"] >= change["version"]
        newest = messages(stack, found["id"])[-1]
        assert newest["text"] == f"second {unique}" and newest["version"] >= 1
        seen = client.seq
    reply = answer(stack, found["id"], f"live-{unique}", "while nobody listens")
    status_of(stack, found["id"], reply["id"], {"sent", "delivered", "read"})
    with LiveClient(stack) as client:
        client.say("resume", after=seen)
        missed = client.hear_change(reply["id"])
        assert missed["conversation_id"] == found["id"]
        assert client.hear(lambda told: told["type"] == "resumed", "the end of what was missed")["seq"] > seen
        assert client.ask("resume", kind="reload", after=10**9)["seq"] > seen


def test_a_ticket_opens_one_connection(stack: Testbed):
    given = ticket(stack)
    assert given["url"].startswith("ws")
    LiveClient(stack, given=given).__exit__()
    for refused in (given, given | {"ticket": "guessed"}):
        with pytest.raises(websocket.WebSocketBadStatusException):
            LiveClient(stack, given=refused)
    assert stack.api("POST", "/live/tickets", {}, group=None).status == 401


def test_an_operator_sees_that_another_is_writing(stack: Testbed, unique: str):
    def writes(told: dict) -> bool:
        return told["type"] == "presence" and any(person["typing_until"] for person in told["people"])

    with LiveClient(stack) as operator, LiveClient(stack, "administrators") as administrator:
        customer = new_customer(stack, f"Typing {unique}")
        customer_writes(stack, "line", customer, f"typing {unique}")
        found = conversation_with(stack, f"typing {unique}")
        here = operator.ask("viewing", kind="presence", conversation_id=found["id"])
        assert len(here["people"]) == 1
        administrator.say("typing", conversation_id=found["id"])
        told = operator.hear(writes, "somebody is writing")
        assert len(told["people"]) == 2
        administrator.__exit__()
        operator.hear(lambda told: told["type"] == "presence" and len(told["people"]) == 1, "they are gone")
        assert operator.ask("post", kind="error", text="x")["code"] == "unknown_action"


def test_a_change_is_told_within_seconds(stack: Testbed, unique: str, record_property):
    """Most of the time is the emulator's: it reads a stream when its other work is done."""
    customer = new_customer(stack, f"Quick {unique}")
    customer_writes(stack, "line", customer, f"quick {unique}")
    found = conversation_with(stack, f"quick {unique}")
    delays = []
    with LiveClient(stack) as client:
        for _ in range(5):
            version = conversation(stack, found["id"])["version"]
            closed = stack.api("POST", f"/conversations/{found['id']}/close")
            assert closed.status == 200, closed
            committed = time.monotonic()
            client.hear_change(found["id"], version + 1)
            delays.append(round(time.monotonic() - committed, 3))
            assert stack.api("POST", f"/conversations/{found['id']}/reopen").status == 200
            client.hear_change(found["id"], version + 2)
    record_property("seconds_from_commit_to_client", delays)
    print(f"seconds from commit to client: {delays}")
    assert sorted(delays)[2] < 5, delays
