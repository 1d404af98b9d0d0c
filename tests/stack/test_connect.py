"""Facebook Pages are connected step by step on the deployed template, through the login dialog (CHN-8, CHN-10, AUT-7)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from infra.local.testbed import Testbed

from .connecting import administer, browse, connect_pages, log_in, take
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
    assert browse(back)[0] == 400, "replayed"
    assert browse(re.sub(r"state=[^&]+", "state=invented", back))[0] == 400
    assert take(stack, path, location)["facebook"]["login"]["user_name"] == "Demo Administrator"
    given = stack.api("DELETE", path, {}, group="administrators")
    assert given.status == 204, given
