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
    assert not conversation(stack, found["id"])["unanswered"]
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
    assert (reopened["status"], reopened["section"]) == ("open", "unassigned")


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

    def give_back(self) -> None:
        """As it was before, for the tests that follow."""
        if self.kind == "messenger":
            return
        secret = self.channel["credentials"]["channel_secret" if self.kind == "line" else "auth_token"]
        self.at_provider(secret)
        self.enter(secret)

    def health(self) -> dict:
        """What the API says of it."""
        return self.stack.api("GET", f"/channels/{self.channel['id']}").json()["health"]


@pytest.fixture
def credentials(stack: Testbed):
    """The credential of a channel of each kind; everything is as before afterwards."""
    all_kinds = [Credential(stack, kind) for kind in ("messenger", "line", "whatsapp", "sms")]
    yield all_kinds
    for credential in all_kinds:
        credential.give_back()
    # Refused signatures make the secret be read again at most every half minute.
    eventually(
        lambda: stack.post_line({"destination": "U", "events": []}).status == 200, "webhooks are taken again", 60
    )
    stack.invoke("token-refresh")
    for credential in all_kinds:
        what = f"{credential.kind} works again"
        eventually(lambda held=credential: held.health()["state"] == "healthy", what, 3 * SCHEDULE_PATIENCE_S)


CAUSES = {"line": "secret_mismatch", "whatsapp": "authentication_failed", "sms": "authentication_failed"}


class Held:
    """A chat whose channel loses its credential, and what is answered meanwhile."""

    def __init__(self, credential: Credential, unique: str) -> None:
        self.credential = credential
        self.stack = credential.stack
        self.mark = f"{credential.kind} {unique}"
        self.customer = new_customer(self.stack, f"Held {unique}")
        customer_writes(self.stack, credential.kind, self.customer, f"question {self.mark}")
        self.id = conversation_with(self.stack, f"question {self.mark}")["id"]
        # A dispatcher that has just sent remembers the credential.
        warm = answer(self.stack, self.id, f"warm-{credential.kind}-{unique}", f"warm {self.mark}")
        status_of(self.stack, self.id, warm["id"], {"sent", "delivered", "read"})
        self.replies: list[str] = []

    def answer(self) -> None:
        """Twice, while the credential is bad."""
        for number in (1, 2):
            text = f"parked {number} {self.mark}"
            self.replies.append(answer(self.stack, self.id, text.replace(" ", "-"), text)["id"])

    def is_held(self) -> dict | bool:
        """The channel's health once it asks for re-authorization."""
        health = self.credential.health()
        return health["state"] == "needs_reauthorization" and health

    def received(self) -> list[tuple[str, int]]:
        """What the customer got, and how often."""
        return [(sent["text"], sent["times_received"]) for sent in sent_to(self.stack, self.customer)]


def test_a_lost_token_holds_replies_on_every_channel_and_a_new_one_lets_them_go(
    stack: Testbed, unique: str, credentials: list[Credential]
):
    """AUT-11 to AUT-13: once, in the order in which they were written, and without a second hold."""
    chats = [Held(credential, unique) for credential in credentials]
    secret = f"test-secret-{unique}"
    for credential in credentials:
        credential.at_provider(secret)
    for chat in chats:
        chat.answer()
    for chat in chats:
        kind = chat.credential.kind
        health = eventually(chat.is_held, f"{kind} asks for re-authorization", SCHEDULE_PATIENCE_S)
        assert health["cause"] == CAUSES.get(kind, health["cause"])
        assert chat.received() == [(f"warm {chat.mark}", 1)]
    for credential in credentials:
        credential.enter(secret)
    stack.invoke("token-refresh")
    # By schedule: the sweep that lets the replies go, once they have waited their minute.
    for chat in chats:
        for reply in chat.replies:
            status_of(stack, chat.id, reply, {"sent", "delivered", "read"}, within_s=3 * SCHEDULE_PATIENCE_S)
        texts = [f"warm {chat.mark}", *(f"parked {number} {chat.mark}" for number in (1, 2))]
        assert chat.received() == [(text, 1) for text in texts]
