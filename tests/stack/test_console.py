"""The console on the deployed template (CON-1): signing in at the identity provider's own page, working, signing out."""

from __future__ import annotations

import gzip
import json
import re

from infra.local.testbed import Testbed

from .console import Browser


def test_con_1_an_operator_signs_in_works_and_signs_out(stack: Testbed):
    browser = Browser(stack)
    page = browser.sign_in("/inbox?section=open")
    assert (page.status, browser.at) == (200, f"{browser.console}/inbox?section=open"), page
    assert "operator@example.test" in page.body.decode()
    kept = {cookie.name: cookie for cookie in browser.cookies}
    assert kept.keys() == {"madoguchi_session"}, "without TLS on this machine"
    assert "HttpOnly" in kept["madoguchi_session"]._rest

    me = browser.send("GET", "/api/me")
    assert (me.status, me.json()["id"]) == (200, stack.api("GET", "/me").json()["id"])
    # Another function's, through the gateway with the visitor's token.
    channels = browser.send("GET", "/api/channels")
    assert (channels.status, channels.body) == (200, stack.api("GET", "/channels").body)

    body, json_type = json.dumps({"available": True}).encode(), {"Content-Type": "application/json"}
    for token, status in ((None, 403), ("wrong", 403), (browser.csrf(page), 200)):
        headers = json_type | ({"x-csrf-token": token} if token else {})
        assert browser.send("PUT", "/api/me/availability", body, headers).status == status, token

    out = browser.send("POST", "/sign-out", f"csrf={browser.csrf(page)}".encode())
    assert out.status == 200, out
    assert not list(browser.cookies)
    assert browser.send("GET", "/api/me").status == 401
    leads_to = re.fullmatch(r"0; url=(.+)", out.headers["Refresh"])
    assert leads_to, out.headers
    after = browser.send("GET", leads_to[1])
    assert 'name="password"' in after.body.decode(), "the identity provider led back, and here one signs in"


def test_con_1_who_is_not_signed_in_sees_nothing(stack: Testbed):
    browser = Browser(stack)
    for path in ("", "/inbox", "/settings/channels", "/nowhere"):
        page = browser.send("GET", path)
        assert 'name="password"' in page.body.decode(), path
    for path, headers in (("/api/conversations", {}), ("/inbox", {"hx-request": "true"})):
        refused = browser.send("GET", path, headers=headers)
        assert (refused.status, refused.json()["error"]["id"]) == (401, "unauthenticated"), path
    forged = browser.send("GET", "/signed-in-back?code=x&state=y")
    assert (forged.status, "madoguchi_session" in str(forged.headers)) == (400, False)


def test_con_1_what_is_compressed_arrives_as_it_was_sent(stack: Testbed):
    """Binary bodies pass the gateway as Base64."""
    browser = Browser(stack)
    plain = browser.send("GET", "/assets/0/app.css")
    packed = browser.send("GET", "/assets/0/app.css", headers={"Accept-Encoding": "gzip"})
    assert (plain.status, packed.status, packed.headers["Content-Encoding"]) == (200, 200, "gzip")
    assert gzip.decompress(packed.body) == plain.body
    assert b"--surface" in plain.body
    assert "frame-ancestors 'none'" in plain.headers["Content-Security-Policy"]
    page = browser.sign_in("/inbox", "administrators")
    assert page.status == 200
    packed = browser.send("GET", "/inbox", headers={"Accept-Encoding": "gzip"})
    assert "<html" in gzip.decompress(packed.body).decode()
