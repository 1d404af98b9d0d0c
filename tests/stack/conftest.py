"""A chat that closes by itself takes minutes: it begins with the session and is looked at when they have passed."""

from __future__ import annotations

import time

import pytest

from infra.local.testbed import Testbed

from .steps import answer, conversation_with, customer_writes, new_customer, set_timers, status_of


@pytest.fixture(scope="session", autouse=True)
def quiet_chat(stack: Testbed) -> dict:
    """An answered Messenger chat in which nobody writes any more, on a channel that closes after a minute."""
    set_timers(stack, "messenger", idle_close_after_minutes=1)
    customer = new_customer(stack, "Quiet")
    customer_writes(stack, "messenger", customer, "a quiet question")
    found = conversation_with(stack, "a quiet question")
    reply = answer(stack, found["id"], "quiet", "a quiet answer")
    status_of(stack, found["id"], reply["id"], {"sent", "delivered", "read"})
    return {"id": found["id"], "customer": customer, "answered": time.monotonic()}
