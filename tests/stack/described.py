"""What generated requests are about: things that really are there, made for them and for nobody else.

Whoever makes up ids learns only that there is nothing behind them.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from urllib.parse import quote, unquote

from infra.local import identity
from infra.local.testbed import Testbed, eventually

from .steps import answer, conversation_with, customer_does, customer_writes, messages, new_customer, stored

T = TypeVar("T")
Choose = Callable[[list[T]], T]

# Nobody listens there, and no generated address ever leaves this machine.
_ADDRESSES = ["http://127.0.0.1:9/hook", "https://127.0.0.1:9/hook", "http://127.0.0.1", "ftp://127.0.0.1/", "no address"]
# What readers of addresses take for something between two parts, or leave out: it would be another operation's.
_ANOTHER_ADDRESS = re.compile(r"[/?#%\\\x00-\x1f\x7f]|^\.{0,2}$")
# So many of ten ids are real ones.
_REAL = 8


@dataclass
class Ground:
    """Ids by the name that parameters and fields have for them."""

    # Conversations with the ids of their messages: one says nothing without the other.
    chats: list[tuple[str, list[str]]]
    # By the name of a parameter or a field; of what lists hold with [] behind it.
    ids: dict[str, list]
    # Of channels that other tests use: for reading only.
    channels: list[str]

    def put_into(self, case, choose: Choose) -> None:
        """Has a generated request mean what is there, most of the time."""
        conversation, said = choose(self.chats)
        known = self.ids | {
            "conversation": [conversation],
            "conversation_id": [conversation],
            "confirm": [conversation, *self.ids["confirm"]],
            **dict.fromkeys(("message", "message_id", "around", "after"), said),
        }
        if case.method == "GET":
            known["channel"] = [*known["channel"], *self.channels]
        for place in (case.path_parameters, case.query):
            for name in sorted(set(place or {}) & set(known)):
                real = [one for one in known[name] if not isinstance(one, dict)]
                if real and choose(range(10)) < _REAL:
                    place[name] = choose(real)
        for name, part in (case.path_parameters or {}).items():
            if isinstance(part, str):
                case.path_parameters[name] = quote(_ANOTHER_ADDRESS.sub("_", unquote(part)), safe="")
        if case.method == "GET" and "If-None-Match" in case.headers and choose(range(2)):
            case.headers["If-None-Match"] = "*"
        if isinstance(case.body, dict):
            case.body = _grounded(case.body, known, choose)


def _grounded(body: dict, known: dict[str, list], choose: Choose) -> dict:
    def value(name: str, given):
        if name in ("url", "endpoint"):
            return choose(_ADDRESSES)
        real = [one for one in known.get(name, []) if type(one) is type(given)]
        if real and choose(range(10)) < _REAL:
            return choose(real)
        if isinstance(given, list):
            return [value(f"{name}[]", one) for one in given]
        return _grounded(given, known, choose) if isinstance(given, dict) else given

    return {name: value(name, given) for name, given in body.items()}


def make_ground(stack: Testbed) -> Ground:
    """Customers who wrote, and one of everything that an administrator makes."""
    mark = str(time.time_ns())
    _person(stack, mark)
    for group in ("administrators", "operators"):
        _made(stack, "PUT", "/me/availability", {"available": True}, group)
    me = _made(stack, "GET", "/me")["id"]
    person = next(one["id"] for one in _made(stack, "GET", "/people")["items"] if mark in one["account"])
    chats = [_chat(stack, provider, f"{provider}-{mark}", me) for provider in ("messenger", "line", "whatsapp", "sms")]
    brand = _made(stack, "POST", "/brands", {"name": f"B {mark}"})["id"]
    departments = [_made(stack, "POST", "/departments", {"name": f"D{number} {mark}"})["id"] for number in range(2)]
    label = _made(stack, "POST", "/labels", {"name": f"L {mark}", "color": "#336699"})["id"]
    variants = {"en": {"text": "Hello {{contact.name}}"}}
    template = _made(stack, "POST", "/templates", {"name": f"T {mark}", "variants": variants})["id"]
    query = {"section": "unassigned", "label": label}
    view = _made(stack, "POST", "/views", {"name": f"V {mark}", "query": query})["id"]
    ticket = _made(stack, "POST", "/tickets", {"conversation_id": chats[0][0], "message_id": chats[0][1][0]})
    webhook = _made(stack, "POST", "/webhooks", {"url": _ADDRESSES[0], "events": ["ticket.created"]})["id"]
    delivery = _made(stack, "POST", f"/webhooks/{webhook}/test")["id"]
    own = _made(stack, "POST", "/channels", _line(mark))
    bot = {"kind": "keywords", "rules": [{"words": ["hello"], "template_id": template}]}
    _made(stack, "PUT", f"/channels/{own['id']}/bot", bot)
    setups = [_made(stack, "POST", "/setups", {"kind": kind})["id"] for kind in ("line", "messenger")]
    file = {"name": "a.png", "size_bytes": 10, "type": "image/png"}
    upload = _made(stack, "POST", f"/conversations/{chats[0][0]}/uploads", file)["upload_id"]
    people = dict.fromkeys(("operator_id", "assignee", "mentions[]", "expect"), [person, me])
    return Ground(
        chats=chats,
        channels=[channel["id"] for channel in stack.description["channels"]],
        ids=people
        | dict.fromkeys(("person", "operators[]"), [person])
        | dict.fromkeys(("channel", "channel_id", "channels[]"), [own["id"]])
        | dict.fromkeys(("brand", "brand_id"), [brand])
        | dict.fromkeys(("department", "department_id"), departments)
        | dict.fromkeys(("label", "label_id", "labels[]"), [label])
        | dict.fromkeys(("template", "template_id"), [template])
        | {
            "attachment": [0],
            "confirm": [own["name"]],
            "delivery": [delivery],
            # Names are taken once.
            "name": [f"N{number} {mark}" for number in range(99)],
            "number": [ticket["number"]],
            "quarantined": [_quarantined(stack)],
            "query": [query],
            "setup": setups,
            "through": [_made(stack, "GET", "/me/mentions")["items"][0]["id"]],
            "upload_id": [upload],
            "variants": [variants],
            "version": [_made(stack, "GET", "/consent")["version"], 1],
            "view": [view],
            "webhook": [webhook],
        },
    )


def _line(mark: str) -> dict:
    return {"kind": "line", "name": f"C {mark}", "line_channel_id": mark[-12:], "channel_secret": mark}


def _made(stack: Testbed, method: str, path: str, body: dict | None = None, group: str = "administrators") -> dict:
    given = stack.api(method, path, body, group=group)
    assert given.status < 300, (method, path, given)
    return given.json()


def _person(stack: Testbed, mark: str) -> None:
    login = identity.Login(f"described-{mark}@example.test", "Madoguchi-Described-1", "operators")
    identity.ensure_user(stack.settings, stack.description["cognito_user_pool_id"], login)
    token = identity.sign_in(stack.settings.endpoint, stack.description["cognito_client_id"], login)
    seen = stack.api("GET", "/me", group=None, headers={"Authorization": f"Bearer {token}"})
    assert seen.status == 200, seen


def _chat(stack: Testbed, provider: str, mark: str, colleague: str) -> tuple[str, list[str]]:
    """A conversation with a text, a picture, a reply, one for later, a note about which a colleague is told, and a draft."""
    customer = new_customer(stack, mark)
    customer_writes(stack, provider, customer, mark)
    found = conversation_with(stack, mark)["id"]
    if provider != "sms":
        customer_does(stack, provider, customer, kind="media", media="image")
        stored(stack, found, 2)
    answer(stack, found, mark, "an answer")
    path, keyed = f"/conversations/{found}", {"Idempotency-Key": f"later-{mark}"}
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    note = {"text": "among ourselves", "mentions": [colleague]}
    for rest, body in (("messages", {"text": "later", "send_at": later}), ("notes", note)):
        given = stack.api("POST", f"{path}/{rest}", body, headers=keyed)
        assert given.status in (201, 202), given
    _made(stack, "PUT", f"{path}/draft", {"text": "half a"})
    return found, [message["id"] for message in messages(stack, found)]


def _quarantined(stack: Testbed) -> str:
    stack.post_messenger({"object": "page", "entry": [{"id": "404", "time": 1, "messaging": [{"message": {"mid": "m"}}]}]})
    kept = eventually(lambda: _made(stack, "GET", "/quarantine")["items"], "something is in quarantine")
    return kept[0]["id"]

