"""Facebook Pages are connected step by step on the deployed template, through the login dialog (CHN-8, CHN-10, AUT-7)."""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from infra.local.testbed import Testbed

from .steps import answer, conversation_with, customer_does, new_customer, status_of

_PATIENCE_S = 35


def _administer(stack: Testbed, method: str, path: str, body: dict | None = None) -> dict:
    given = stack.api(method, path, {} if body is None else body, group="administrators")
    assert given.status in (200, 201), given
    return given.json()


def _browse(url: str, form: list[tuple[str, str]] | None = None) -> tuple[int, str, str]:
    """What a browser gets that follows nothing by itself: status, where it leads, the page."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=_PATIENCE_S)
    try:
        body = urlencode(form) if form is not None else None
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if body is not None else {}
        connection.request("POST" if body is not None else "GET", f"{parts.path}?{parts.query}", body, headers)
        given = connection.getresponse()
        return given.status, given.headers.get("Location", ""), given.read().decode()
    finally:
        connection.close()


def _ticked(page: str) -> list[tuple[str, str]]:
    """The form of the dialog as it comes: everything is ticked."""
    boxes = re.findall(r'name="(page|grant)" value="([^"]+)" checked', page)
    assert {name for name, _ in boxes} == {"page", "grant"}, page
    return boxes


def _log_in(stack: Testbed, path: str, decision: str = "allow") -> tuple[int, str, str, str]:
    """Through the dialog and back; what the browser gets then, and where it was sent back to."""
    login_url = _administer(stack, "POST", f"{path}/facebook")["login_url"]
    status, _, page = _browse(login_url)
    assert status == 200, page
    status, back, _ = _browse(login_url, [*_ticked(page), ("decision", decision)])
    assert status == 302
    return (*_browse(back), back)


def _take(stack: Testbed, path: str, location: str) -> dict:
    ticket = parse_qs(urlsplit(location).query)["login"][0]
    return _administer(stack, "PUT", f"{path}/facebook", {"login": ticket})


@pytest.fixture
def pages(stack: Testbed, unique: str) -> Iterator[list[dict]]:
    """Two Pages that are connected by a setup, and deleted at the end."""
    for number in range(3):
        _administer(stack, "POST", "/departments", {"name": f"Connect {unique} {number}"})
    text = _administer(stack, "GET", "/consent")
    setup = _administer(stack, "POST", "/setups", {"kind": "messenger"})
    path = f"/setups/{setup['id']}"
    _administer(stack, "PUT", f"{path}/consent", {"version": text["version"]})
    _administer(stack, "PUT", f"{path}/brand", {"brand_id": None})
    status, location, page, _ = _log_in(stack, path)
    assert status == 302, page
    _take(stack, path, location)
    offered = [page for page in _administer(stack, "GET", f"{path}/pages")["items"] if page["available"]][-2:]
    assert len(offered) == 2
    chosen = [{"page_id": page["page_id"], "resume": page["problem"] is not None} for page in offered]
    _administer(stack, "PUT", f"{path}/pages", {"pages": chosen})
    _administer(stack, "PUT", f"{path}/department", {"department_id": None})
    done = _administer(stack, "POST", f"{path}/finish")
    assert (done["state"], done["problems"]) == ("finished", [])
    yield done["facebook"]["pages"]
    for page in done["facebook"]["pages"]:
        _administer(stack, "DELETE", f"/channels/{page['channel_id']}", {"confirm": page["name"]})


def test_two_pages_of_one_account_work_at_once(stack: Testbed, pages: list[dict], unique: str):
    for page in pages:
        channel = _administer(stack, "GET", f"/channels/{page['channel_id']}")
        assert channel["health"]["state"] == "healthy", channel
        customer = new_customer(stack, f"Connected {unique} {page['page_id']}")
        text = f"to {page['page_id']} {unique}"
        customer_does(stack, "messenger", customer, kind="text", text=text, account=page["page_id"])
        found = conversation_with(stack, text)
        reply = answer(stack, found["id"], f"connect-{page['page_id']}-{unique}", "welcome")
        status_of(stack, found["id"], reply["id"], {"sent", "delivered", "read"})
    linked = _administer(stack, "GET", "/connections")["items"]
    reached = [{channel["channel_id"] for channel in account["channels"]} for account in linked]
    assert any({page["channel_id"] for page in pages} <= channels for channels in reached), linked


def test_a_denial_is_explained_and_a_state_works_once(stack: Testbed):
    setup = _administer(stack, "POST", "/setups", {"kind": "messenger"})
    path = f"/setups/{setup['id']}"
    status, location, page, _ = _log_in(stack, path, "cancel")
    assert (status, location) == (200, "") and "canceled" in page
    assert [problem["id"] for problem in _administer(stack, "GET", path)["problems"]] == ["login_denied"]
    status, location, page, back = _log_in(stack, path)
    assert status == 302, page
    assert _browse(back)[0] == 400, "replayed"
    assert _browse(re.sub(r"state=[^&]+", "state=invented", back))[0] == 400
    assert _take(stack, path, location)["facebook"]["login"]["user_name"] == "Demo Administrator"
    given = stack.api("DELETE", path, {}, group="administrators")
    assert given.status == 204, given
