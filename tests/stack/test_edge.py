"""Who gets in: signatures, tokens, groups; and what a refusal says."""

from __future__ import annotations

from infra.local.http import call
from infra.local.testbed import Testbed, eventually


def test_webhooks_with_bad_or_no_signature_are_refused(stack: Testbed):
    body = {"object": "page", "entry": []}
    assert stack.post_messenger(body, secret="not-the-secret").status == 401
    assert stack.post_messenger(body).status == 200
    assert stack.post_line({"destination": "U", "events": []}, secret="not-the-secret").status == 401
    assert stack.post_line({"destination": "U", "events": []}).status == 200
    assert call("POST", stack.channel("line")["webhook_url"], b"{}").status == 401


def test_the_handshake_echoes_the_challenge_for_the_right_token_only(stack: Testbed):
    url = f"{stack.channel('messenger')['webhook_url']}?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token="
    right = call("GET", url + stack.description["meta_app"]["verify_token"])
    assert (right.status, right.body) == (200, b"1158201444")
    assert call("GET", url + "wrong").status == 403


def test_the_api_needs_a_token_and_settings_need_an_administrator(stack: Testbed):
    assert stack.api("GET", "/conversations", group=None).status == 401
    assert stack.api("GET", "/conversations", group=None, headers={"Authorization": "Bearer x.y.z"}).status == 401
    path = f"/channels/{stack.channel('line')['id']}"
    refused = stack.api("PATCH", path, {"idle_close_after_minutes": 5}, group="operators")
    assert refused.status == 403, refused
    bounds = stack.api("PATCH", path, {"unanswered_close_after_minutes": 14}, group="administrators")
    assert (bounds.status, bounds.json()["error"]["id"]) == (422, "settings_out_of_bounds")
    assert "15" in bounds.json()["error"]["message"]


def test_a_credential_never_comes_back(stack: Testbed):
    for channel in stack.description["channels"]:
        answer = stack.api("GET", f"/channels/{channel['id']}", group="administrators")
        assert answer.status == 200
        for secret in channel["credentials"].values():
            if "secret" in str(secret) or "token" in str(secret):
                assert str(secret) not in answer.body.decode()


def test_a_genuine_body_that_nobody_understands_is_kept(stack: Testbed, unique: str):
    assert stack.post_line(f'{{"events": [ {unique}'.encode()).status == 200

    def kept() -> bool:
        items = stack.api("GET", "/quarantine", group="administrators").json()["items"]
        return any(item["reason"] == "not_json" for item in items)

    eventually(kept, "the body is in quarantine")
