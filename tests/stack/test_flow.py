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


class Credential:
    """What a channel is reached with: breaks at the provider, and is entered anew."""

    def __init__(self, stack: Testbed, kind: str) -> None:
        self.stack = stack
        self.kind = kind
        self.channel = stack.channel(kind)

    def at_provider(self, secret: str) -> None:
        """The provider takes `secret` from now on, and nothing that was there before."""
        account = self.channel["external_id"]
        calls = {
            "messenger": [("messenger/invalidate", {"page": account})],
            "line": [("line/secret", {"channel": account, "secret": secret}), ("line/revoke", {"channel": account})],
        }
        for path, body in calls.get(self.kind, [("twilio/account", {"auth_token": secret})]):
            answered = self.stack.simulator("POST", f"/control/{path}", body)
            assert answered.status == 200, answered

    def enter(self, secret: str) -> None:
        """An administrator enters it; for Messenger they log in again."""
        if self.kind == "messenger":
            token = self.stack.simulator("POST", "/control/messenger/login").json()["user_token"]
            body = {"user_access_token": token}
        else:
            body = {"channel_secret" if self.kind == "line" else "auth_token": secret}

        def entered() -> bool:
            path = f"/channels/{self.channel['id']}/credential"
            answered = self.stack.api("PUT", path, body, group="administrators")
            # Being checked at this moment.
            assert answered.status in (200, 409), answered
            return answered.status == 200

        eventually(entered, "the new credential is entered")

    def restore(self) -> None:
        """As it was before, for the tests that follow."""
        original = self.channel["credentials"]
        if self.kind != "messenger":
            secret = original["channel_secret" if self.kind == "line" else "auth_token"]
            self.at_provider(secret)
            self.enter(secret)
        if self.kind == "line":
            # Refused signatures make the secret be read again at most every half minute.
            eventually(
                lambda: self.stack.post_line({"destination": "U", "events": []}).status == 200,
                "webhooks are taken again",
                60,
            )
        self.stack.invoke("token-refresh")
        # Both senders at Twilio are of one account.
        shared = {"whatsapp", "sms"} if self.kind in {"whatsapp", "sms"} else {self.kind}
        for kind in shared:
            eventually(lambda kind=kind: self.health(kind) == "healthy", f"{kind} works again", 3 * SCHEDULE_PATIENCE_S)

    def health(self, kind: str) -> str:
        """What the API says of the channel of a kind."""
        return self.stack.api("GET", f"/channels/{self.stack.channel(kind)['id']}").json()["health"]["state"]


@pytest.fixture(params=["messenger", "line", "whatsapp", "sms"])
def credential(stack: Testbed, request: pytest.FixtureRequest):
    """The credential of a channel of each kind; everything is as before afterwards."""
    held = Credential(stack, request.param)
    yield held
    held.restore()


CAUSES = {"line": "secret_mismatch", "whatsapp": "authentication_failed", "sms": "authentication_failed"}


def test_a_lost_token_holds_replies_and_a_new_one_lets_them_go(stack: Testbed, unique: str, credential: Credential):
    """AUT-11 and AUT-12: once, in the order in which they were written, and without a second hold."""
    customer = new_customer(stack, f"Held {unique}")
    customer_writes(stack, credential.kind, customer, f"question {unique}")
    found = conversation_with(stack, f"question {unique}")
    # A dispatcher that has just sent remembers the credential.
    warm = answer(stack, found["id"], f"warm-{unique}", f"warm {unique}")
    status_of(stack, found["id"], warm["id"], {"sent", "delivered", "read"})
    secret = f"test-secret-{unique}"
    credential.at_provider(secret)
    texts = [f"parked {number} {unique}" for number in (1, 2)]
    replies = [answer(stack, found["id"], text.replace(" ", "-"), text) for text in texts]
    channel = f"/channels/{credential.channel['id']}"
    held = eventually(
        lambda: (view := stack.api("GET", channel).json())["health"]["state"] == "needs_reauthorization" and view,
        "the channel asks for re-authorization",
        SCHEDULE_PATIENCE_S,
    )
    assert held["health"]["cause"] == CAUSES.get(credential.kind, held["health"]["cause"])
    assert [sent["text"] for sent in sent_to(stack, customer)] == [f"warm {unique}"]
    credential.enter(secret)
    stack.invoke("token-refresh")
    # By schedule: the sweep that lets the replies go, once they have waited their minute.
    for reply in replies:
        status_of(stack, found["id"], reply["id"], {"sent", "delivered", "read"}, within_s=3 * SCHEDULE_PATIENCE_S)
    assert [sent["text"] for sent in sent_to(stack, customer)] == [f"warm {unique}", *texts]
    assert [sent["times_received"] for sent in sent_to(stack, customer)] == [1, 1, 1]
