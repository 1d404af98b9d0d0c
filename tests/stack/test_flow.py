"""A customer writes, an operator answers, the provider delivers, the chat closes by itself: on the deployed template."""

from __future__ import annotations

import pytest

from infra.local.testbed import SCHEDULE_PATIENCE_S, Testbed, eventually

from .steps import (
    answer,
    conversation,
    conversation_with,
    customer_does,
    customer_writes,
    messages,
    new_customer,
    sent_to,
    status_of,
)


@pytest.mark.parametrize("provider", ["messenger", "line"])
def test_a_message_is_answered_and_the_answer_arrives(stack: Testbed, unique: str, provider: str):
    customer = new_customer(stack, f"Flow {unique}")
    question = f"question {unique}"
    customer_writes(stack, provider, customer, question)
    found = conversation_with(stack, question, section="unanswered")
    assert found["contact"]["unreachable"] is False and found["unread"] == 1
    reply = answer(stack, found["id"], f"key-{unique}", f"answer {unique}")
    # The same key again is the same message.
    again = stack.api(
        "POST",
        f"/conversations/{found['id']}/messages",
        {"text": f"answer {unique}"},
        headers={"Idempotency-Key": f"key-{unique}"},
    )
    assert again.status == 200 and again.json()["id"] == reply["id"]
    status_of(stack, found["id"], reply["id"], {"sent", "delivered", "read"})
    assert [sent["text"] for sent in sent_to(stack, customer)] == [f"answer {unique}"]
    assert conversation(stack, found["id"])["section"] == "answered"
    name = eventually(lambda: conversation(stack, found["id"])["contact"]["name"], "the contact's name")
    assert f"Flow {unique}" in name or name


def test_delivered_and_read_come_back_from_messenger(stack: Testbed, unique: str):
    customer = new_customer(stack, f"Reader {unique}")
    customer_writes(stack, "messenger", customer, f"question {unique}")
    found = conversation_with(stack, f"question {unique}")
    reply = answer(stack, found["id"], f"key-{unique}", "please read")
    status_of(stack, found["id"], reply["id"], {"sent"})
    seen = stack.simulator(
        "POST", "/control/see", {"provider": "messenger", "customer": customer, "account": None, "read": True}
    )
    assert seen.status == 200, seen
    status_of(stack, found["id"], reply["id"], {"read"})


def test_an_operator_closes_and_reopens(stack: Testbed, unique: str):
    customer = new_customer(stack, f"Button {unique}")
    customer_writes(stack, "line", customer, f"hello {unique}")
    found = conversation_with(stack, f"hello {unique}")
    closed = stack.api("POST", f"/conversations/{found['id']}/close").json()
    assert (closed["status"], closed["close_reason"]) == ("closed", "operator")
    reopened = stack.api("POST", f"/conversations/{found['id']}/reopen").json()
    assert (reopened["status"], reopened["section"]) == ("open", "unanswered")


def test_a_redelivered_webhook_makes_one_message(stack: Testbed, unique: str):
    customer = new_customer(stack, f"Twice {unique}")
    performed = customer_does(stack, "line", customer, kind="text", text=f"once {unique}")
    body = performed["webhook"]["body"].encode()
    for _ in range(5):
        assert stack.post_line(body).status == 200
    found = conversation_with(stack, f"once {unique}")
    customer_writes(stack, "line", customer, f"end {unique}")
    conversation_with(stack, f"end {unique}")
    assert [message["text"] for message in messages(stack, found["id"])] == [f"once {unique}", f"end {unique}"]


@pytest.fixture
def line_secret(stack: Testbed):
    """Replaces the LINE channel's secret at the provider, and everything again afterwards."""
    channel = stack.channel("line")
    path = f"/channels/{channel['id']}/credential"

    def at_provider(secret: str) -> None:
        answered = stack.simulator("POST", "/control/line/secret", {"channel": channel["external_id"], "secret": secret})
        assert answered.status == 200, answered
        stack.simulator("POST", "/control/line/revoke", {"channel": channel["external_id"]})

    def entered(secret: str) -> None:
        def enter() -> bool:
            answered = stack.api("PUT", path, {"channel_secret": secret}, group="administrators")
            # Being checked at this moment.
            assert answered.status in (200, 409), answered
            return answered.status == 200

        eventually(enter, "the new secret is entered")

    yield at_provider, entered
    original = channel["credentials"]["channel_secret"]
    at_provider(original)
    entered(original)
    # Refused signatures make the secret be read again at most every half minute.
    eventually(lambda: stack.post_line({"destination": "U", "events": []}).status == 200, "webhooks are taken again", 60)
    stack.invoke("token-refresh")
    eventually(
        lambda: stack.api("GET", f"/channels/{channel['id']}").json()["health"]["state"] == "healthy",
        "the channel works again",
        3 * SCHEDULE_PATIENCE_S,
    )


def test_a_lost_credential_holds_replies_and_a_new_one_lets_them_go(stack: Testbed, unique: str, line_secret):
    at_provider, entered = line_secret
    customer = new_customer(stack, f"Held {unique}")
    customer_writes(stack, "line", customer, f"question {unique}")
    found = conversation_with(stack, f"question {unique}")
    at_provider(f"test-secret-{unique}")
    reply = answer(stack, found["id"], f"key-{unique}", f"parked {unique}")
    channel = f"/channels/{stack.channel('line')['id']}"
    held = eventually(
        lambda: (view := stack.api("GET", channel).json())["health"]["state"] == "needs_reauthorization" and view,
        "the channel asks for re-authorization",
        SCHEDULE_PATIENCE_S,
    )
    assert held["health"]["cause"] == "secret_mismatch"
    assert sent_to(stack, customer) == []
    entered(f"test-secret-{unique}")
    stack.invoke("token-refresh")
    # By schedule: the sweep that lets the reply go, once it has waited its minute.
    status_of(stack, found["id"], reply["id"], {"sent"}, within_s=3 * SCHEDULE_PATIENCE_S)
    assert [sent["text"] for sent in sent_to(stack, customer)] == [f"parked {unique}"]
