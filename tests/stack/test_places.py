"""Stickers and locations on the deployed template, each way on each channel that has them (MSG-2, MSG-12)."""

from __future__ import annotations

import time

import pytest

from infra.local.http import Answer
from infra.local.testbed import Testbed

from .steps import (
    conversation,
    conversation_with,
    customer_does,
    customer_writes,
    messages,
    new_customer,
    sent_to,
    status_of,
    stored,
)

PROVIDERS = ("messenger", "line", "whatsapp", "sms")
STICKERS = {
    "messenger": {"sticker_id": "767226160478561"},
    "line": {"package_id": "11537", "sticker_id": "52002734"},
}
PLACE = {"title": "東京駅", "address": "丸の内1丁目", "latitude": 35.681236, "longitude": 139.767125}
HAVE_PLACES = ("line", "whatsapp")
ENDED = {"sent", "delivered", "read"}


@pytest.fixture(scope="module")
def chats(stack: Testbed) -> dict[str, tuple[str, str]]:
    """A customer of each provider who has just written, and the conversation with them."""
    mark = time.time_ns()
    customers = {provider: new_customer(stack, f"Places {provider} {mark}") for provider in PROVIDERS}
    for provider, customer in customers.items():
        customer_writes(stack, provider, customer, f"places {provider} {mark}")
    return {
        provider: (customer, conversation_with(stack, f"places {provider} {mark}")["id"])
        for provider, customer in customers.items()
    }


def _post(stack: Testbed, identifier: str, key: str, draft: dict) -> Answer:
    return stack.api("POST", f"/conversations/{identifier}/messages", draft, headers={"Idempotency-Key": key})


def _send(stack: Testbed, identifier: str, key: str, draft: dict) -> str:
    given = _post(stack, identifier, key, draft)
    assert given.status == 202, given
    return given.json()["id"]


def test_stickers_and_locations_go_each_way(stack: Testbed, unique: str, chats: dict):
    replies = {}
    for provider, (customer, found) in chats.items():
        limits = conversation(stack, found)["limits"]
        assert (limits["sticker"] is not None) == (provider in STICKERS), (provider, limits)
        assert (limits["location"] is not None) == (provider in HAVE_PLACES), (provider, limits)
        if provider in STICKERS:
            customer_does(stack, provider, customer, kind="sticker", **STICKERS[provider])
            replies[provider, "sticker"] = _send(stack, found, f"sticker-{unique}", {"sticker": STICKERS[provider]})
        if provider in HAVE_PLACES:
            customer_does(stack, provider, customer, kind="attachment", attachment="location")
            replies[provider, "location"] = _send(stack, found, f"place-{unique}", {"location": PLACE})
    for (provider, _), reply in replies.items():
        status_of(stack, chats[provider][1], reply, ENDED)
    for (provider, kind), reply in replies.items():
        customer, found = chats[provider]
        arrived = [item for item in sent_to(stack, customer) if item["kind"] == kind]
        assert [item["times_received"] for item in arrived] == [1], (provider, arrived)
        both = 1 + 2 * sum(1 for other, _ in replies if other == provider)
        said = [message for message in stored(stack, found, both) if message["kind"] == kind]
        theirs = next(message for message in said if message["direction"] == "in")
        ours = next(message for message in said if message["id"] == reply)
        # Operators see what they sent as they see what came.
        if kind == "sticker":
            assert ours["attachments"][0]["reference"] == theirs["attachments"][0]["reference"], (ours, theirs)
        else:
            assert ours["attachments"][0]["url"] == "geo:35.681236,139.767125", ours
            assert theirs["attachments"][0]["url"].startswith("geo:35.68"), theirs


def test_where_a_channel_has_none_it_is_refused_with_its_remedy(stack: Testbed, unique: str, chats: dict):
    refusals = {
        ("sms", "sticker_not_supported"): {"sticker": STICKERS["messenger"]},
        ("whatsapp", "sticker_not_supported"): {"sticker": STICKERS["line"]},
        ("messenger", "location_not_supported"): {"location": PLACE},
        ("sms", "location_not_supported"): {"location": PLACE},
        ("line", "sticker_invalid"): {"sticker": STICKERS["messenger"]},
        ("line", "location_incomplete"): {"location": {**PLACE, "address": ""}},
    }
    for (provider, error), draft in refusals.items():
        before = len(messages(stack, chats[provider][1]))
        answered = _post(stack, chats[provider][1], f"{error}-{unique}", draft)
        assert (answered.status, answered.json()["error"]["id"]) == (422, error), (provider, answered)
        if error.endswith("_not_supported"):
            assert "instead" in answered.json()["error"]["remedy"], answered
        assert len(messages(stack, chats[provider][1])) == before


def test_a_sticker_that_line_does_not_let_us_send_says_why(stack: Testbed, unique: str, chats: dict):
    found = chats["line"][1]
    reply = _send(stack, found, f"shop-{unique}", {"sticker": {"package_id": "1", "sticker_id": "1"}})
    failed = status_of(stack, found, reply, {"failed"})
    assert failed["failure"]["id"] == "sticker_refused", failed
