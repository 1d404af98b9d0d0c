"""Steps that several tests take: what a customer does, what an operator does, what can be seen then."""

from __future__ import annotations

from infra.local.http import call
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


def mark_as_read(stack: Testbed, customer: str, within_s: float = 30) -> dict:
    """A customer writes on LINE, an operator opens the chat; returns what the customer was shown."""
    written = customer_writes(stack, "line", customer, f"seen by {customer}?")
    identifier = conversation_with(stack, f"seen by {customer}?")["id"]
    newest = messages(stack, identifier)[-1]
    told = stack.api("POST", f"/conversations/{identifier}/read", {"message": newest["id"]})
    assert told.status == 204, told

    def look() -> dict | None:
        items = stack.simulator("GET", "/control/shown").json()["items"]
        return next((item for item in items if item["through"] == written["message_ids"][0]), None)

    return eventually(look, "the message is marked as read", within_s)


def sent_to(stack: Testbed, customer: str) -> list[dict]:
    """What the provider accepted for a customer, oldest first."""
    return stack.simulator("GET", f"/control/sent?recipient={customer}").json()["items"]


def set_timers(stack: Testbed, kind: str, **settings) -> dict:
    """An administrator changes a channel's settings."""
    changed = stack.api("PATCH", f"/channels/{stack.channel(kind)['id']}", settings, group="administrators")
    assert changed.status == 200, changed
    return changed.json()


def stored(stack: Testbed, identifier: str, count: int, within_s: float = 30) -> list[dict]:
    """The conversation's messages, once there are `count` and every file of them has been copied."""

    def look() -> list[dict] | None:
        found = messages(stack, identifier)
        files = [item["file"] for message in found for item in message["attachments"] if "file" in item]
        assert all(file["state"] in ("pending", "stored") for file in files), files
        ready = len(found) >= count and all(file["state"] == "stored" for file in files)
        return found if ready else None

    found = eventually(look, f"{count} messages with all their files", within_s)
    assert len(found) == count, found
    return found


def link_to(stack: Testbed, identifier: str, message: dict, index: int = 0) -> dict:
    """What the API answers to an operator who opens a file."""
    given = stack.api("GET", f"/conversations/{identifier}/messages/{message['id']}/attachments/{index}")
    assert given.status == 200, given
    return given.json()


def upload(stack: Testbed, identifier: str, name: str, content: bytes, **wish) -> dict:
    """An operator uploads a file by the form that the API hands out; returns what names it in a message."""
    given = stack.api("POST", f"/conversations/{identifier}/uploads", {"name": name, "size_bytes": len(content), **wish})
    assert given.status == 201, given
    accepted = given.json()
    boundary = f"boundary-{accepted['upload_id']}"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'.encode()
        for field, value in accepted["form"]["fields"]
    ]
    parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode())
    body = b"".join([*parts, content, f"\r\n--{boundary}--\r\n".encode()])
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    answered = call("POST", accepted["form"]["url"], body, headers)
    assert answered.status in (200, 201, 204), answered
    return {"upload_id": accepted["upload_id"]}


def send_file(stack: Testbed, identifier: str, key: str, attachment: dict) -> dict:
    """An operator sends what was uploaded; returns the message as it was accepted."""
    headers = {"Idempotency-Key": key}
    given = stack.api("POST", f"/conversations/{identifier}/messages", {"attachment": attachment}, headers=headers)
    assert given.status == 202, given
    return given.json()


def opened_by(stack: Testbed, customer: str) -> list[dict]:
    """What the provider accepted for a customer, once the phone has fetched its files. Only LINE's phone does so itself."""
    for item in sent_to(stack, customer):
        if item["provider"] == "line":
            opened = stack.simulator("POST", "/control/open", {"message_id": item["id"]})
            assert opened.status == 200, opened
    return sent_to(stack, customer)
