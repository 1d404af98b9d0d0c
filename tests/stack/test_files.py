"""Files, stickers and places on the deployed template: what customers send is shown, what operators send arrives.

What takes long is the way of a message, so that everything is set off at once and looked at afterwards.
"""

from __future__ import annotations

import re
import time

import pytest

from infra.local.http import Answer, call
from infra.local.testbed import Testbed, eventually

from .steps import (
    conversation,
    conversation_with,
    customer_does,
    customer_writes,
    link_to,
    messages,
    new_customer,
    opened_by,
    send_file,
    sent_to,
    set_timers,
    status_of,
    stored,
    upload,
)

FILES = ("image", "video", "audio")
PROVIDERS = ("messenger", "line", "whatsapp", "sms")
ENDED = {"sent", "delivered", "read"}


@pytest.fixture(scope="module")
def chats(stack: Testbed) -> dict[str, tuple[str, str]]:
    """A customer of each provider who has just written, and the conversation with them."""
    mark = time.time_ns()
    customers = {provider: new_customer(stack, f"Files {provider} {mark}") for provider in PROVIDERS}
    for provider, customer in customers.items():
        customer_writes(stack, provider, customer, f"files {provider} {mark}")
    return {
        provider: (customer, conversation_with(stack, f"files {provider} {mark}")["id"])
        for provider, customer in customers.items()
    }


def test_files_stickers_and_places_come_in_and_files_go_out(stack: Testbed, unique: str, chats: dict):
    for provider, (customer, _) in chats.items():
        for kind in FILES:
            customer_does(stack, provider, customer, kind="media", media=kind)
        if provider != "sms":
            customer_does(stack, provider, customer, kind="sticker")
            customer_does(stack, provider, customer, kind="attachment", attachment="location")
    replies, copies = {}, {}
    for provider, (_, found) in chats.items():
        said = stored(stack, found, 4 if provider == "sms" else 6)
        came = {message["kind"]: message for message in reversed(said)}
        if provider != "sms":
            assert came["location"]["attachments"][0]["url"].startswith("geo:35.68"), (provider, came["location"])
            # Twilio hands a sticker over as a picture.
            sticker = said[4] if provider == "whatsapp" else came["sticker"]
            assert sticker["attachments"][0]["url"], (provider, sticker)
        for kind in FILES:
            # ING-9: copied, and shown by a link that works. MSG-3 to MSG-6: uploaded by the form and sent.
            link = link_to(stack, found, came[kind])
            assert link["content_type"].startswith(f"{kind}/"), (provider, link)
            copy = call("GET", link["url"])
            assert (copy.status, len(copy.body)) == (200, link["size_bytes"]), (provider, kind)
            assert copy.headers["Content-Type"] == link["content_type"], (provider, kind)
            copies[provider, kind] = copy.body
            given = upload(stack, found, f"{kind} {unique}", copy.body, type=link["content_type"])
            replies[provider, kind] = send_file(stack, found, f"{kind}-{unique}", given)["id"]
    for (provider, _), reply in replies.items():
        status_of(stack, chats[provider][1], reply, ENDED)
    for provider, (customer, found) in chats.items():
        arrived = {item["kind"]: item for item in opened_by(stack, customer)}
        ours = {message["id"]: message for message in messages(stack, found)}
        for kind in FILES:
            opened, copy = arrived[kind]["media"][0]["opened"], copies[provider, kind]
            assert (opened["size_bytes"], opened["problem"]) == (len(copy), None), (provider, arrived[kind])
            assert arrived[kind]["times_received"] == 1, (provider, arrived[kind])
            # Operators see what they sent as they see what came.
            link = link_to(stack, found, ours[replies[provider, kind]])
            assert call("GET", link["url"]).body == copy, (provider, kind)


def test_what_a_channel_does_not_take_is_refused_before_the_upload(stack: Testbed, unique: str, chats: dict):
    def refused(provider: str, **wish) -> dict:
        answered = stack.api("POST", f"/conversations/{chats[provider][1]}/uploads", wish)
        assert answered.status == 422, answered
        return answered.json()["error"]

    video = refused("messenger", name="a.mp4", type="video/mp4", size_bytes=26_000_000)
    assert video["id"] == "file_too_large" and "25" in video["message"], video
    # MSG-7: LINE has no such message; a link helps.
    document = refused("line", name="見積.pdf", type="application/pdf", size_bytes=1000)
    assert document["id"] == "file_kind_refused" and "as_link" in document["message"], document

    customer, found = chats["line"]
    content = b"%PDF-1.4\n" + unique.encode()
    given = upload(stack, found, "見積.pdf", content, type="application/pdf", as_link=True)
    status_of(stack, found, send_file(stack, found, f"link-{unique}", given)["id"], ENDED)
    text = next(item["text"] for item in sent_to(stack, customer) if item["kind"] == "text")
    opened = call("GET", re.search(r"https?://\S+", text)[0])
    assert (opened.status, opened.body) == (200, content)
    assert opened.headers["Content-Disposition"].startswith("attachment"), opened.headers


def test_ten_pictures_at_once_are_one_album_in_one_conversation(stack: Testbed, unique: str):
    customer = new_customer(stack, f"Album {unique}")
    performed = customer_does(stack, "line", customer, kind="media", media="image", count=10, apart=True)
    customer_writes(stack, "line", customer, f"album {unique}")
    found = conversation_with(stack, f"album {unique}")["id"]
    album, _ = stored(stack, found, 2)
    assert album["kind"] == "album", album
    assert [part["album"]["index"] for part in album["parts"]] == list(range(1, 11))
    assert len(performed["message_ids"]) == len(album["attachments"]) == 10
    sizes = {call("GET", link_to(stack, found, part)["url"]).status for part in album["parts"]}
    assert sizes == {200}


def test_what_line_unsends_disappears_everywhere(stack: Testbed, unique: str):
    customer = new_customer(stack, f"Unsend {unique}")
    picture = customer_does(stack, "line", customer, kind="media", media="image")["message_ids"]
    words = customer_writes(stack, "line", customer, f"secret {unique}")["message_ids"]
    found = conversation_with(stack, f"secret {unique}")["id"]
    link = link_to(stack, found, stored(stack, found, 2)[0])["url"]
    bucket, prefix = stack.description["aws"]["outputs"]["MediaBucketName"], f"in/{found}/"

    def objects() -> int:
        return stack.aws("s3").list_objects_v2(Bucket=bucket, Prefix=prefix)["KeyCount"]

    assert objects() == 1
    for message in [*picture, *words]:
        customer_does(stack, "line", customer, kind="unsend", message_id=message)
    eventually(lambda: all(message["unsent"] for message in messages(stack, found)), "both are unsent")
    eventually(lambda: objects() == 0, "the object is deleted")
    assert call("GET", link).status in (403, 404)
    for message in messages(stack, found):
        assert (message["text"], message["attachments"]) == (None, []), message
    for page in (stack.api("GET", f"/conversations/{found}"), stack.api("GET", "/conversations", section="open", limit=100)):
        assert f"secret {unique}" not in page.body.decode()


def test_a_second_after_the_seventh_day_a_reply_is_refused_before_the_call(stack: Testbed, unique: str):
    week_ms = 7 * 86_400_000
    found = {}
    set_timers(stack, "messenger", human_agent=True)
    try:
        for name, ago_ms in (("within", week_ms - 600_000), ("after", week_ms + 1000)):
            customer = new_customer(stack, f"{name} {unique}")
            at_ms = time.time_ns() // 1_000_000 - ago_ms
            customer_does(stack, "messenger", customer, kind="text", text=f"{name} {unique}", at_ms=at_ms)
            found[name] = (customer, conversation_with(stack, f"{name} {unique}")["id"])

        def post(name: str) -> Answer:
            headers = {"Idempotency-Key": f"{name}-{unique}"}
            return stack.api("POST", f"/conversations/{found[name][1]}/messages", {"text": name}, headers=headers)

        # Settings are read again every half a minute.
        sent = eventually(lambda: (given := post("within")).status == 202 and given, "the week is granted", 40)
        status_of(stack, found["within"][1], sent.json()["id"], ENDED)
        assert [item["tag"] for item in sent_to(stack, found["within"][0])] == ["HUMAN_AGENT"]
        late = post("after")
        assert (late.status, late.json()["error"]["id"]) == (409, "reply_window_closed"), late
        # The chat completes by itself.
        stack.invoke("reply-limit-close")
        closed = conversation(stack, found["after"][1])
        assert (closed["status"], closed["close_reason"], closed["composer"]["state"]) == ("closed", "reply_limit", "locked")
        assert sent_to(stack, found["after"][0]) == []
    finally:
        set_timers(stack, "messenger", human_agent=False)
