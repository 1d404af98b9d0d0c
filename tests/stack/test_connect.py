"""Facebook Pages are connected step by step on the deployed template, through the login dialog (CHN-8, CHN-10, AUT-7)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

from infra.local.testbed import SCHEDULE_PATIENCE_S, Testbed, eventually

from .connecting import administer, begin, browse, connect_pages, log_in, take
from .steps import answer, conversation_with, customer_does, new_customer, status_of


@pytest.fixture
def pages(stack: Testbed, unique: str) -> Iterator[list[dict]]:
    """Two Pages that are connected by a setup, and deleted at the end."""
    for number in range(3):
        administer(stack, "POST", "/departments", {"name": f"Connect {unique} {number}"})
    connected = connect_pages(stack, 2)
    yield connected
    for page in connected:
        administer(stack, "DELETE", f"/channels/{page['channel_id']}", {"confirm": page["name"]})


def _entries(stack: Testbed, act: str) -> list[dict]:
    return administer(stack, "GET", f"/audit?limit=100&act={act}")["items"]


def test_two_pages_of_one_account_work_at_once(stack: Testbed, pages: list[dict], unique: str):
    for page in pages:
        channel = administer(stack, "GET", f"/channels/{page['channel_id']}")
        assert channel["health"]["state"] == "healthy", channel
        customer = new_customer(stack, f"Connected {unique} {page['page_id']}")
        text = f"to {page['page_id']} {unique}"
        customer_does(stack, "messenger", customer, kind="text", text=text, account=page["page_id"])
        found = conversation_with(stack, text)
        reply = answer(stack, found["id"], f"connect-{page['page_id']}-{unique}", "welcome")
        status_of(stack, found["id"], reply["id"], {"sent", "delivered", "read"})
    linked = administer(stack, "GET", "/connections")["items"]
    reached = [{channel["channel_id"] for channel in account["channels"]} for account in linked]
    assert any({page["channel_id"] for page in pages} <= channels for channels in reached), linked


def test_a_denial_is_explained_and_a_state_works_once(stack: Testbed):
    setup = administer(stack, "POST", "/setups", {"kind": "messenger"})
    path = f"/setups/{setup['id']}"
    status, location, page, _ = log_in(stack, path, "cancel")
    assert (status, location) == (200, "") and "canceled" in page
    assert [problem["id"] for problem in administer(stack, "GET", path)["problems"]] == ["login_denied"]
    status, location, page, back = log_in(stack, path)
    assert status == 302, page
    before = len(_entries(stack, "setup.login_refused"))
    assert browse(back)[0] == 400, "replayed"
    assert browse(re.sub(r"state=[^&]+", "state=invented", back))[0] == 400
    eventually(lambda: len(_entries(stack, "setup.login_refused")) > before, "the refusal is audited", 30)
    assert take(stack, path, location)["facebook"]["login"]["user_name"] == "Demo Administrator"
    given = stack.api("DELETE", path, {}, group="administrators")
    assert given.status == 204, given


def test_the_dialog_sends_nobody_to_an_address_that_is_not_registered(stack: Testbed):
    setup = administer(stack, "POST", "/setups", {"kind": "messenger"})
    path = f"/setups/{setup['id']}"
    login_url = administer(stack, "POST", f"{path}/facebook")["login_url"]
    elsewhere = re.sub(r"redirect_uri=[^&]+", f"redirect_uri={quote('https://attacker.example/oauth/facebook', safe='')}", login_url)
    assert elsewhere != login_url
    status, location, page = browse(elsewhere)
    assert (status, location) == (400, "") and "URL blocked" in page
    stack.api("DELETE", path, {}, group="administrators")


def test_two_who_connect_one_page_at_once_make_one_channel(stack: Testbed, unique: str):
    for number in range(3):
        administer(stack, "POST", "/departments", {"name": f"At once {unique} {number}"})
    setups = [begin(stack, {"kind": "messenger"}) for _ in range(2)]
    offered = [page for page in administer(stack, "GET", f"{setups[0]}/pages")["items"] if page["available"]]
    page = offered[-1]
    chosen = {"pages": [{"page_id": page["page_id"], "resume": page["problem"] is not None}]}
    for setup in setups:
        administer(stack, "PUT", f"{setup}/pages", chosen)
    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(lambda setup: stack.api("POST", f"{setup}/finish", {}, group="administrators"), setups))
    made = [answer.json() for answer in answers if answer.status == 200 and answer.json()["state"] == "finished"]
    channels = [
        channel
        for channel in administer(stack, "GET", "/channels")["items"]
        if channel["external_id"] == page["page_id"] and channel["status"]["state"] == "on"
    ]
    assert len(channels) == 1
    try:
        assert made, answers
        # Whoever came second is told, at the latest when they try again.
        for setup in setups:
            again = stack.api("POST", f"{setup}/finish", {}, group="administrators").json()
            state = again.get("state")
            told = {problem["id"] for problem in again.get("problems", [])}
            assert state == "finished" or "channel_exists" in told, again
        reached = [account for account in administer(stack, "GET", "/connections")["items"] if channels[0]["id"] in
                   {channel["channel_id"] for channel in account["channels"]}]
        assert len(reached) == 1
    finally:
        administer(stack, "DELETE", f"/channels/{channels[0]['id']}", {"confirm": channels[0]["name"]})


def test_a_subscription_that_meta_ended_is_renewed_by_one_check(stack: Testbed):
    channel = stack.channel("messenger")
    path = f"/channels/{channel['id']}"
    ended = stack.simulator("POST", f"/control/pages/{channel['external_id']}/subscription", {"fields": None})
    assert ended.status == 200, ended
    asked = stack.api("POST", f"{path}/check", {}, group="administrators")
    assert asked.status == 202, asked

    def subscribed() -> bool:
        pages = stack.simulator("GET", "/control/state").json()["pages"]
        return next(page for page in pages if page["id"] == channel["external_id"])["subscribed_fields"] is not None

    eventually(subscribed, "the Page is subscribed again", SCHEDULE_PATIENCE_S)

    def told() -> dict | None:
        points = administer(stack, "GET", f"{path}/health")["points"]
        return next((found for found in points if found["point"] == "subscription" and found["light"] == "yellow"), None)

    assert eventually(told, "the health tells of it", SCHEDULE_PATIENCE_S)["remedy"]
    assert eventually(lambda: _entries(stack, "channel.subscription_renewed"), "the audit log tells of it", 30)


def test_what_meta_takes_back_is_heeded_only_with_its_signature(stack: Testbed):
    before = len(_entries(stack, "withdrawal.refused"))
    for forged in ("secret", "payload"):
        answered = stack.simulator("POST", "/control/messenger/withdraw", {"what": "login", "user_id": "9", "forged": forged})
        assert answered.status == 200, answered
        assert answered.json()["status"] == 401, answered
    assert eventually(lambda: len(_entries(stack, "withdrawal.refused")) > before, "the forgery is audited", 30)
    # Somebody whom nobody here knows.
    answered = stack.simulator("POST", "/control/messenger/withdraw", {"what": "data", "user_id": "9", "keeps_tokens": True})
    told = answered.json()
    assert told["status"] == 200, told
    assert set(told["body"]) == {"url", "confirmation_code"}, told
    status, _, page = browse(told["body"]["url"])
    assert status == 200 and told["body"]["confirmation_code"] in page
