"""Steps of the administrator who connects channels, the login dialog included."""

from __future__ import annotations

import http.client
import re
from urllib.parse import parse_qs, urlencode, urlsplit

from infra.local.testbed import Testbed

_PATIENCE_S = 35
# The other person who manages the simulator's Pages.
SECOND_PERSON = "3000000000000002"


def administer(stack: Testbed, method: str, path: str, body: dict | None = None) -> dict:
    """An administrator calls the API, and is not refused."""
    given = stack.api(method, path, {} if body is None else body, group="administrators")
    assert given.status in (200, 201), given
    return given.json()


def browse(url: str, form: list[tuple[str, str]] | None = None) -> tuple[int, str, str]:
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


def log_in(
    stack: Testbed, setup: str, decision: str = "allow", person: str | None = None
) -> tuple[int, str, str, str]:
    """Through the dialog and back, everything ticked; what the browser gets then, and where it was sent back to."""
    login_url = administer(stack, "POST", f"{setup}/facebook")["login_url"]
    status, _, page = browse(login_url)
    assert status == 200, page
    boxes = re.findall(r'name="(page|grant)" value="([^"]+)" checked', page)
    assert {name for name, _ in boxes} == {"page", "grant"}, page
    chosen = [("person", person)] if person else []
    status, back, _ = browse(login_url, [*boxes, *chosen, ("decision", decision)])
    assert status == 302
    return (*browse(back), back)


def take(stack: Testbed, setup: str, location: str) -> dict:
    """The console takes the login over that the browser came back with."""
    ticket = parse_qs(urlsplit(location).query)["login"][0]
    return administer(stack, "PUT", f"{setup}/facebook", {"login": ticket})


def begin(stack: Testbed, body: dict, person: str | None = None) -> str:
    """A setup up to the login; its path."""
    version = administer(stack, "GET", "/consent")["version"]
    setup = f"/setups/{administer(stack, 'POST', '/setups', body)['id']}"
    administer(stack, "PUT", f"{setup}/consent", {"version": version})
    if "kind" in body:
        administer(stack, "PUT", f"{setup}/brand", {"brand_id": None})
        administer(stack, "PUT", f"{setup}/department", {"department_id": None})
    status, location, page, _ = log_in(stack, setup, person=person)
    assert status == 302, page
    take(stack, setup, location)
    return setup


def connect_pages(stack: Testbed, count: int, person: str | None = None) -> list[dict]:
    """Connects so many Pages of one login; each has `page_id`, `channel_id` and `name`."""
    setup = begin(stack, {"kind": "messenger"}, person)
    offered = [page for page in administer(stack, "GET", f"{setup}/pages")["items"] if page["available"]][-count:]
    assert len(offered) == count
    chosen = [{"page_id": page["page_id"], "resume": page["problem"] is not None} for page in offered]
    administer(stack, "PUT", f"{setup}/pages", {"pages": chosen})
    done = administer(stack, "POST", f"{setup}/finish")
    assert (done["state"], done["problems"]) == ("finished", [])
    return done["facebook"]["pages"]


def reauthorize(stack: Testbed, channel: str, person: str | None = None) -> None:
    """Logs in again for the connection of a channel (AUT-7)."""
    setup = begin(stack, {"channel_id": channel}, person)
    done = administer(stack, "POST", f"{setup}/finish")
    assert (done["state"], done["problems"]) == ("finished", []), done
