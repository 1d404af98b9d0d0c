"""Steps that several tests take: what a customer does, what an operator does, what can be seen then."""

from __future__ import annotations

from infra.local.testbed import Testbed, eventually


def new_customer(stack: Testbed, name: str) -> str:
    """A customer whom no other test knows; returns the simulator's id."""
    answer = stack.simulator("POST", "/control/customers", {"name": name})
    assert answer.status in (200, 201), answer
    return answer.json()["id"]


def customer_does(stack: Testbed, provider: str, customer: str, **action) -> dict:
    """A customer acts; the webhook is answered by the product."""
    answer = stack.simulator("POST", "/control/act", {"provider": provider, "customer": customer, **action})
    assert answer.status == 200, answer
    return answer.json()


def customer_writes(stack: Testbed, provider: str, customer: str, text: str) -> dict:
    """A customer writes a text."""
    return customer_does(stack, provider, customer, kind="text", text=text)


def conversation_with(stack: Testbed, text: str, section: str = "open", within_s: float = 20) -> dict:
    """The conversation whose latest message is `text`, once it is there."""

    def look() -> dict | None:
        items = stack.api("GET", "/conversations", section=section, limit=100).json()["items"]
        return next((item for item in items if item["preview"] == text), None)

    return eventually(look, f"a conversation with {text!r}", within_s)


def conversation(stack: Testbed, identifier: str) -> dict:
    """The conversation as it is now."""
    return stack.api("GET", f"/conversations/{identifier}").json()


def messages(stack: Testbed, identifier: str) -> list[dict]:
    """Its messages, oldest first."""
    page = stack.api("GET", f"/conversations/{identifier}/messages", limit=100).json()
    return list(reversed(page["items"]))


def answer(stack: Testbed, identifier: str, key: str, text: str) -> dict:
    """An operator answers; returns the message as it was accepted."""
    given = stack.api(
        "POST", f"/conversations/{identifier}/messages", {"text": text}, headers={"Idempotency-Key": key}
    )
    assert given.status == 202, given
    return given.json()


def status_of(stack: Testbed, identifier: str, message: str, wanted: set[str], within_s: float = 30) -> dict:
    """The message, once its status is one of `wanted`."""

    def look() -> dict | None:
        found = next(item for item in messages(stack, identifier) if item["id"] == message)
        return found if found["status"] in wanted else None

    return eventually(look, f"message {message} is {wanted}", within_s)


def sent_to(stack: Testbed, customer: str) -> list[dict]:
    """What the provider accepted for a customer, oldest first."""
    return stack.simulator("GET", f"/control/sent?recipient={customer}").json()["items"]


def set_timers(stack: Testbed, kind: str, **settings) -> dict:
    """An administrator changes a channel's settings."""
    changed = stack.api("PATCH", f"/channels/{stack.channel(kind)['id']}", settings, group="administrators")
    assert changed.status == 200, changed
    return changed.json()
