"""Channels lose what they are reached with, each in its own way, and are mended: nothing is lost (AUT-1 to AUT-13)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.local.http import call
from infra.local.testbed import SCHEDULE_PATIENCE_S, Testbed, eventually

from .connecting import SECOND_PERSON, administer, connect_pages, reauthorize
from .steps import (
    answer,
    conversation_with,
    customer_does,
    messages,
    new_customer,
    sent_to,
    status_of,
)

# What breaks sooner after a login is told by the first check after that.
_GRACE_S = 120
_MESSAGES = 20


class Broken:
    """A channel that breaks, with a customer who goes on writing."""

    def __init__(self, stack: Testbed, unique: str, kind: str, channel: str, account: str, cause: str) -> None:
        self.stack, self.kind, self.channel, self.account, self.cause = stack, kind, channel, account, cause
        self.mark = f"{cause} {unique}"
        self.path = f"/channels/{channel}"
        self.name = administer(stack, "GET", self.path)["name"]
        self.customer = new_customer(stack, f"Patient {self.mark}")
        self.written: list[str] = []
        self.replies: list[tuple[str, str]] = []
        self.write()
        self.id = conversation_with(stack, self.written[0])["id"]
        # A dispatcher that has just sent remembers the credential.
        self.reply()
        status_of(stack, self.id, self.replies[0][0], {"sent", "delivered", "read"})

    def write(self) -> None:
        """The customer writes."""
        self.written.append(f"question {len(self.written)} {self.mark}")
        customer_does(self.stack, self.kind, self.customer, kind="text", text=self.written[-1], account=self.account)

    def reply(self) -> None:
        """An operator answers."""
        text = f"answer {len(self.replies)} {self.mark}"
        given = answer(self.stack, self.id, text.replace(" ", "-"), text)
        self.replies.append((given["id"], text))

    def check(self) -> dict:
        """The channel as it is after it was looked at."""
        asked = self.stack.api("POST", f"{self.path}/check", {}, group="administrators")
        assert asked.status == 202, asked
        self.stack.invoke("token-refresh")
        return administer(self.stack, "GET", self.path)

    def is_held(self) -> dict | bool:
        """Its health, once it asks for re-authorization."""
        health = self.check()["health"]
        return health["state"] == "needs_reauthorization" and health

    def mails(self) -> list[dict]:
        """What administrators were told of it: that it broke."""
        accepted = call("GET", f"{self.stack.settings.endpoint}/_ministack/ses/messages").json()["messages"]
        told = [mail for mails in accepted.values() for mail in mails]
        return [mail for mail in told if self.name in mail["BodyText"] and "needs re-authorization" in mail["Subject"]]

    def received(self) -> list[str]:
        """The questions that are in the inbox."""
        return [message["text"] for message in messages(self.stack, self.id) if message["direction"] == "in"]

    def arrived(self) -> list[tuple[str, int]]:
        """The answers that the customer has, and how often."""
        return [(sent["text"], sent["times_received"]) for sent in sent_to(self.stack, self.customer)]


@pytest.fixture
def broken(stack: Testbed, unique: str) -> Iterator[list[Broken]]:
    """Two Pages of one Facebook account, a Page of another, and a LINE account; all of them deleted at the end."""
    for number in range(4):
        administer(stack, "POST", "/departments", {"name": f"Reauthorize {unique} {number}"})
    first, second = connect_pages(stack, 2)
    (third,) = connect_pages(stack, 1, SECOND_PERSON)
    line = f"165{unique[-10:]}"
    added = stack.simulator("POST", "/control/line/channels", {"id": line, "secret": f"line-{unique}", "name": "Line"})
    assert added.status == 200, added
    official = administer(
        stack,
        "POST",
        "/channels",
        {"kind": "line", "name": f"Line {unique}", "line_channel_id": line, "channel_secret": f"line-{unique}"},
    )
    hook = stack.channel("line")["webhook_url"].rpartition("/")[0]
    stack.simulator("POST", "/control/targets", {"line": {line: f"{hook}/{official['id']}"}})
    pages = [(page["channel_id"], page["page_id"]) for page in (first, second, third)]
    eventually(lambda: _is_well(stack, official["id"]), "the LINE account was looked at", SCHEDULE_PATIENCE_S)
    yield [
        Broken(stack, unique, "messenger", *pages[0], "page_role_lost"),
        Broken(stack, unique, "messenger", *pages[1], "page_removed"),
        Broken(stack, unique, "messenger", *pages[2], "permission_revoked"),
        Broken(stack, unique, "line", official["id"], line, "secret_mismatch"),
    ]
    for channel in [channel for channel, _ in pages] + [official["id"]]:
        name = administer(stack, "GET", f"/channels/{channel}")["name"]
        administer(stack, "DELETE", f"/channels/{channel}", {"confirm": name})


def _is_well(stack: Testbed, channel: str) -> bool:
    stack.invoke("token-refresh")
    return administer(stack, "GET", f"/channels/{channel}")["health"]["state"] == "healthy"


def _provider(stack: Testbed, path: str, body: dict) -> None:
    done = stack.simulator("POST", f"/control/{path}", body)
    assert done.status == 200, done


def test_each_loss_has_its_cause_its_email_and_its_remedy_and_loses_nothing(
    stack: Testbed, unique: str, broken: list[Broken]
):
    role, removed, revoked, line = broken
    _provider(stack, f"pages/{role.account}/tasks", {"tasks": ["CREATE_CONTENT", "MODERATE"]})
    others = [page["id"] for page in stack.simulator("GET", "/control/state").json()["pages"]]
    others.remove(removed.account)
    _provider(stack, "messenger/grant", {"pages": others})
    _provider(stack, "messenger/grant", {"person": SECOND_PERSON, "declined": ["pages_messaging"]})
    _provider(stack, "line/secret", {"channel": line.account, "secret": f"new-{unique}"})
    _provider(stack, "line/revoke", {"channel": line.account})

    for channel in broken:
        health = eventually(channel.is_held, f"{channel.cause} is noticed", SCHEDULE_PATIENCE_S)
        assert health["cause"] == channel.cause
        assert len(health["remedy"]) > 20
    # LINE signs with the new secret, which nobody has entered: those come back after it was. The others' are stored.
    for number in range(_MESSAGES):
        broken[number % 3].write()
    for channel in (*broken, role):
        channel.reply()
    for channel in (role, removed, revoked):
        eventually(lambda it=channel: it.received() == it.written, f"what came in while {channel.cause} is there", 30)
    for channel in broken:

        def is_told(it: Broken = channel) -> list[dict]:
            it.check()
            return it.mails()

        told = eventually(is_told, f"administrators are told of {channel.cause}", _GRACE_S + SCHEDULE_PATIENCE_S)
        assert len(told) == 1
    assert all(len(channel.arrived()) == 1 for channel in broken), "nothing was sent meanwhile"

    _provider(stack, f"pages/{role.account}/tasks", {"tasks": ["CREATE_CONTENT", "MESSAGING", "MODERATE", "MANAGE"]})
    reauthorize(stack, role.channel)
    reauthorize(stack, revoked.channel, SECOND_PERSON)
    entered = administer(stack, "PUT", f"{line.path}/credential", {"channel_secret": f"new-{unique}"})
    assert entered["id"] == line.channel
    for channel in broken:
        eventually(lambda it=channel: _is_well(stack, it.channel), f"{channel.cause} is mended", SCHEDULE_PATIENCE_S)
    # By schedule: the sweep that lets the replies go, once they have waited their minute.
    for channel in broken:
        for reply, _ in channel.replies:
            status_of(stack, channel.id, reply, {"sent", "delivered", "read"}, within_s=3 * SCHEDULE_PATIENCE_S)
        assert channel.arrived() == [(text, 1) for _, text in channel.replies], "once, and in order"
        assert channel.received() == channel.written
        assert len(channel.mails()) == 1, "one for the incident"
