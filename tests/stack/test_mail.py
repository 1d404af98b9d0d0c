"""Administrators are told by e-mail that a channel needs them, and operators by a banner (AUT-12)."""

from __future__ import annotations

from infra.local.deployment import ADMINISTRATORS_EMAIL, MAIL_FROM
from infra.local.http import call
from infra.local.testbed import SCHEDULE_PATIENCE_S, Testbed, eventually

# What breaks sooner after a re-authorization is told by the first check after it.
_GRACE_S = 120


def _mails(stack: Testbed, name: str) -> list[dict]:
    """What SES has accepted about a channel, oldest first."""
    answer = call("GET", f"{stack.settings.endpoint}/_ministack/ses/messages")
    assert answer.status == 200, answer
    accepted = [mail for mails in answer.json()["messages"].values() for mail in mails]
    return [mail for mail in accepted if f"] {name} (" in mail["Subject"]]


def _check(stack: Testbed, path: str) -> None:
    """An administrator has the credential looked at now."""
    asked = stack.api("POST", f"{path}/check", {}, group="administrators")
    assert asked.status == 202, asked
    stack.invoke("token-refresh")


def _told(stack: Testbed, channel: str) -> list[dict]:
    """What stands above an operator's inbox about a channel."""
    answer = stack.api("GET", "/notices")
    assert answer.status == 200, answer
    assert answer.json()["mail"] is True
    return [notice for notice in answer.json()["items"] if notice["channel_id"] == channel]


def _log_in(stack: Testbed, path: str) -> None:
    token = stack.simulator("POST", "/control/messenger/login").json()["user_token"]

    def entered() -> bool:
        answered = stack.api("PUT", f"{path}/credential", {"user_access_token": token}, group="administrators")
        # Being checked at this moment.
        assert answered.status in (200, 409), answered
        return answered.status == 200

    eventually(entered, "the new login is entered")


def test_an_expired_login_is_one_email_and_a_banner_until_it_is_mended(stack: Testbed, unique: str):
    channel = stack.channel("messenger")["id"]
    path = f"/channels/{channel}"
    before = stack.api("GET", path, group="administrators").json()["name"]
    # A name of its own: other tests break the channel, too.
    name = f"Mail {unique[-12:]}"
    renamed = stack.api("PATCH", path, {"name": name}, group="administrators")
    assert renamed.status == 200, renamed

    def is_well() -> bool:
        _check(stack, path)
        return stack.api("GET", path).json()["health"]["state"] == "healthy" and not _told(stack, channel)

    try:
        eventually(is_well, "the channel works", SCHEDULE_PATIENCE_S)
        assert stack.simulator("POST", "/control/messenger/invalidate", {"subcode": 467}).json()["tokens"] > 0

        def is_told() -> list[dict]:
            _check(stack, path)
            return _mails(stack, name)

        mails = eventually(is_told, "administrators are told", _GRACE_S + SCHEDULE_PATIENCE_S)
        assert [mail["Source"] for mail in mails] == [MAIL_FROM]
        assert ADMINISTRATORS_EMAIL in mails[0]["To"]
        assert "needs re-authorization (token expired)" in mails[0]["Subject"]
        assert "アクセストークンが無効" in mails[0]["Subject"]
        assert "Re-authorize the channel" in mails[0]["BodyText"]
        assert stack.description["console"] in mails[0]["BodyText"]
        (notice,) = _told(stack, channel)
        assert (notice["about"], notice["light"]) == ("needs_reauthorization", "red")
        assert "Ask an administrator" in notice["remedy"]
    finally:
        _log_in(stack, path)
        eventually(is_well, "the new login was looked at", 3 * SCHEDULE_PATIENCE_S)

    def is_mended() -> list[dict]:
        return [mail for mail in _mails(stack, name) if "works again" in mail["Subject"]]

    try:
        assert len(eventually(is_mended, "administrators are told that it works again", SCHEDULE_PATIENCE_S)) == 1
        _check(stack, path)
        assert len(_mails(stack, name)) == 2, "one for the incident, one for its end"
    finally:
        stack.api("PATCH", path, {"name": before}, group="administrators")
