"""`kill -9` of function processes while messages are on their way: nothing is lost, nothing is doubled."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from infra.local.testbed import SCHEDULE_PATIENCE_S, Testbed, eventually

from .steps import answer, conversation_with, customer_writes, messages, new_customer, sent_to, status_of


def _kill_while(stack: Testbed, function: str, over: threading.Event, killed: list[int]) -> None:
    while not over.wait(0.15):
        for pid in stack.processes_of(function):
            try:
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)
            except ProcessLookupError:
                pass


@pytest.mark.parametrize("function", ["inbox-writer", "change-relay", "reply-dispatch"])
def test_a_function_may_be_killed_at_any_moment(stack: Testbed, unique: str, function: str):
    customer = new_customer(stack, f"Kill {function} {unique}")
    customer_writes(stack, "line", customer, f"first {unique}")
    found = conversation_with(stack, f"first {unique}")
    over, killed = threading.Event(), []
    killer = threading.Thread(target=_kill_while, args=(stack, function, over, killed))
    killer.start()
    try:
        replies = []
        for i in range(3):
            customer_writes(stack, "line", customer, f"question {i} {unique}")
            replies.append(answer(stack, found["id"], f"key-{i}-{unique}", f"answer {i} {unique}"))
        eventually(lambda: len(killed) >= 2, "two processes were killed", 30)
    finally:
        over.set()
        killer.join()
    # A killed writer's messages come back when the queue's visibility time-out is over.
    patience = 4 * SCHEDULE_PATIENCE_S
    for reply in replies:
        status_of(stack, found["id"], reply["id"], {"sent", "unconfirmed"}, within_s=patience)
    expected = {f"first {unique}"} | {f"question {i} {unique}" for i in range(3)}

    def everything() -> bool:
        return expected <= {message["text"] for message in messages(stack, found["id"])}

    eventually(everything, "every message is stored", patience)
    texts = [message["text"] for message in messages(stack, found["id"])]
    assert len(texts) == len(set(texts)), texts
    sent = [message["text"] for message in sent_to(stack, customer)]
    assert len(sent) == len(set(sent)), sent
