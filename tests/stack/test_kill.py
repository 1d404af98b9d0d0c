"""`kill -9` of function processes while messages are on their way: nothing is lost, nothing is doubled."""

from __future__ import annotations

import os
import signal
import threading

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


FUNCTIONS = ("inbox-writer", "change-relay", "reply-dispatch")


def test_functions_may_be_killed_at_any_moment(stack: Testbed, unique: str):
    customers = {}
    for number in range(3):
        customer = new_customer(stack, f"Kill {number} {unique}")
        customer_writes(stack, "line", customer, f"first of {number} {unique}")
        customers[customer] = conversation_with(stack, f"first of {number} {unique}")["id"]
    over, killed = threading.Event(), {function: [] for function in FUNCTIONS}
    killers = [
        threading.Thread(target=_kill_while, args=(stack, function, over, killed[function])) for function in FUNCTIONS
    ]
    for killer in killers:
        killer.start()
    replies, expected = [], {customer: set() for customer in customers}
    try:
        for i in range(3):
            for number, (customer, found) in enumerate(customers.items()):
                customer_writes(stack, "line", customer, f"question {i} of {number} {unique}")
                replies.append((found, answer(stack, found, f"key-{i}-{unique}", f"answer {i} to {number} {unique}")))
                expected[customer] |= {f"question {i} of {number} {unique}", f"answer {i} to {number} {unique}"}
        eventually(lambda: all(len(pids) >= 2 for pids in killed.values()), f"each was killed twice: {killed}", 30)
    finally:
        over.set()
        for killer in killers:
            killer.join()
    # What a killed function had in hand comes back when the queue's visibility time-out is over.
    patience = 4 * SCHEDULE_PATIENCE_S
    for found, reply in replies:
        status_of(stack, found, reply["id"], {"sent", "unconfirmed"}, within_s=patience)
    for customer, found in customers.items():

        def everything() -> bool:
            return expected[customer] <= {message["text"] for message in messages(stack, found)}  # noqa: B023

        eventually(everything, "every message is stored", patience)
        texts = [message["text"] for message in messages(stack, found)]
        assert len(texts) == len(set(texts)), texts
        sent = [message["text"] for message in sent_to(stack, customer)]
        assert len(sent) == len(set(sent)), sent
