"""Least privilege, tried: what each role must not do is refused, with the keys of the function's own process."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from infra.local.deployment import MAIL_FROM
from infra.local.testbed import SCHEDULE_PATIENCE_S, Testbed, eventually

from infra.local.live_client import LiveClient
from .console import Browser
from .steps import answer, conversation_with, customer_writes, mark_as_read, new_customer, status_of


@pytest.fixture(scope="module")
def refusals(stack: Testbed) -> dict[str, list]:
    """What each function was refused so far, before the tests below try things with its keys."""
    _use_everything(stack)
    return {
        function: [asked for asked in stack.authorizations(function) if asked["decision"].lower() not in _ALLOWED]
        for function in MUST_NOT
    }


@pytest.fixture(scope="module")
def used(stack: Testbed, refusals: dict[str, list]) -> Testbed:
    """Every function has run, and what it was refused has been noted."""
    return stack


_ALLOWED = ("allow", "allowed")


def _use_everything(stack: Testbed) -> None:
    customer = new_customer(stack, "Permissions")
    with LiveClient(stack) as client:
        customer_writes(stack, "messenger", customer, "permissions?")
        found = conversation_with(stack, "permissions?")
        client.hear_change(found["id"])
        client.ask("viewing", kind="presence", conversation_id=found["id"])
        client.ask("resume", kind="resumed", after=client.seq)
    reply = answer(stack, found["id"], "permissions", "granted")
    status_of(stack, found["id"], reply["id"], {"sent", "delivered", "read"})
    mark_as_read(stack, customer)
    stack.api("GET", f"/conversations/{found['id']}/search", q="permissions")
    eventually(lambda: stack.authorizations("search-index"), "search-index at work", 30)
    today = stack.api("GET", "/reports", zone="Asia/Tokyo")
    assert today.status == 200, today
    stack.api("POST", "/tickets", {"conversation_id": found["id"], "episode": 1})
    stack.api("GET", "/tickets?assignee=me")
    stack.api("GET", "/connections", group="administrators")
    outputs = stack.description["aws"]["outputs"]
    work = {
        "v": 1,
        "channel_id": stack.channel("messenger")["id"],
        "conversation_id": found["id"],
        "message": reply["id"],
        "secret": "0" * 32,
    }
    stack.aws("sqs").send_message(QueueUrl=outputs["MediaQueueUrl"], MessageBody=json.dumps(work))
    eventually(lambda: stack.authorizations("media-fetch"), "media-fetch at work", 30)
    eventually(lambda: stack.authorizations("audit-writer"), "audit-writer at work", 30)
    for function in (
        "idle-close",
        "unanswered-close",
        "reply-limit-close",
        "pending-sweep",
        "scheduled-send",
        "ticket-convert",
        "token-refresh",
        "report-writer",
    ):
        stack.invoke(function)
    asked = stack.api("POST", f"/channels/{stack.channel('line')['id']}/check", {}, group="administrators")
    assert asked.status == 202, asked
    eventually(lambda: stack.authorizations("channel-mail"), "channel-mail at work", SCHEDULE_PATIENCE_S)
    # Somebody has become available: whose are those that wait?
    for available in (False, True):
        switched = stack.api("PUT", "/me/availability", {"available": available})
        assert switched.status == 200, switched
    eventually(lambda: stack.authorizations("assign"), "assign at work", 30)
    bot = {"kind": "webhook", "url": f"{stack.description['simulator']}/hook"}
    made = stack.api("PUT", f"/channels/{stack.channel('line')['id']}/bot", bot, group="administrators")
    assert made.status == 200, made
    customer_writes(stack, "line", new_customer(stack, "Bots"), "is a bot there?")
    asked = conversation_with(stack, "is a bot there?")
    handed = stack.api("PUT", f"/conversations/{asked['id']}/mode", {"mode": "bot"})
    assert handed.status == 200, handed
    eventually(lambda: stack.authorizations("bot-answer"), "bot-answer at work", 30)
    webhook = {"url": f"{stack.description['simulator']}/hook", "events": ["message.received"]}
    webhook = stack.api("POST", "/webhooks", webhook, group="administrators")
    assert webhook.status == 201, webhook
    told = stack.api("POST", f"/webhooks/{webhook.json()['id']}/test", {}, group="administrators")
    assert told.status == 202, told
    eventually(lambda: stack.authorizations("webhook-send"), "webhook-send at work", 30)
    _be_notified(stack)
    page = Browser(stack).sign_in("/inbox")
    assert page.status == 200, page


def _be_notified(stack: Testbed) -> None:
    """An operator is told by e-mail and by a browser, which is the one of RFC 8291, section 5."""
    assert stack.api("PUT", "/me/availability", {"available": True}).status == 200
    keys = {
        "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "auth": "BTBZMqHH6r4Tts7J_aSIgg",
    }
    browser = {"endpoint": f"{stack.description['simulator']}/hook", "keys": keys}
    added = stack.api("POST", "/me/push-subscriptions", browser)
    assert added.status == 201, added
    for way in ("email", "desktop"):
        tested = stack.api("POST", "/me/notifications/test", {"by": way})
        assert tested.status == 200, tested
    wrong = stack.api("GET", "/me/notifications/troubleshooting")
    assert wrong.status == 200, wrong
    customer_writes(stack, "messenger", new_customer(stack, "Notified"), "is anybody told?")
    found = conversation_with(stack, "is anybody told?")
    me = stack.api("GET", "/me").json()["id"]
    given = stack.api("PUT", f"/conversations/{found['id']}/assignee", {"operator_id": me}, group="administrators")
    assert given.status == 200, given

    def has_noted() -> bool:
        return any(asked["action"] == "dynamodb:PutItem" for asked in stack.authorizations("notify"))

    eventually(has_noted, "notify at work", 60)
    removed = stack.api("DELETE", f"/me/push-subscriptions/{added.json()['id']}")
    assert removed.status == 204, removed


def _attempts(stack: Testbed):
    outputs = stack.description["aws"]["outputs"]
    tables = {name: value for name, value in outputs.items() if "Table" in name}
    queues = {name: value for name, value in outputs.items() if "Queue" in name}
    audit = next(value for name, value in tables.items() if "Audit" in name)
    inbox = next(value for name, value in tables.items() if "Inbox" in name)
    directory = next(value for name, value in tables.items() if "Directory" in name)
    inbound = next(value for name, value in queues.items() if "Inbound" in name)
    outbound = next(value for name, value in queues.items() if "Outbound" in name)
    sessions = next(value for name, value in tables.items() if "Sessions" in name)
    stack_name = stack.description["aws"]["stack_name"]
    bucket = outputs["MediaBucketName"]
    key = {"pk": {"S": "c#forbidden"}, "sk": {"S": "conversation"}}
    channel = stack.channel("line")["id"]
    return {
        "read the inbox": ("dynamodb", lambda c: c.get_item(TableName=inbox, Key=key)),
        "write the inbox": ("dynamodb", lambda c: c.put_item(TableName=inbox, Item=key)),
        "delete from the inbox": ("dynamodb", lambda c: c.delete_item(TableName=inbox, Key=key)),
        "scan the inbox": ("dynamodb", lambda c: c.scan(TableName=inbox, Limit=1)),
        "read a session": ("dynamodb", lambda c: c.get_item(TableName=sessions, Key={"pk": {"S": "forbidden"}})),
        "write the directory": ("dynamodb", lambda c: c.put_item(TableName=directory, Item=key)),
        "change the audit log": (
            "dynamodb",
            lambda c: c.update_item(TableName=audit, Key={"pk": {"S": "forbidden"}}, UpdateExpression="REMOVE act"),
        ),
        "delete from the audit log": ("dynamodb", lambda c: c.delete_item(TableName=audit, Key={"pk": {"S": "forbidden"}})),
        "scan the audit log": ("dynamodb", lambda c: c.scan(TableName=audit, Limit=1)),
        "write the audit log": ("dynamodb", lambda c: c.put_item(TableName=audit, Item={"pk": {"S": "forbidden"}})),
        "search the audit log": (
            "dynamodb",
            lambda c: c.query(
                TableName=audit,
                IndexName="time",
                KeyConditionExpression="#month = :month",
                ExpressionAttributeNames={"#month": "month"},
                ExpressionAttributeValues={":month": {"S": "2026-01"}},
            ),
        ),
        "send to inbound": (
            "sqs",
            lambda c: c.send_message(QueueUrl=inbound, MessageBody="{}", MessageGroupId="x", MessageDeduplicationId="x"),
        ),
        "send to outbound": (
            "sqs",
            lambda c: c.send_message(QueueUrl=outbound, MessageBody="{}", MessageGroupId="x", MessageDeduplicationId="x"),
        ),
        "take from inbound": ("sqs", lambda c: c.receive_message(QueueUrl=inbound)),
        "read the Meta app": ("secretsmanager", lambda c: c.get_secret_value(SecretId=f"{stack_name}/meta-app")),
        "read a LINE secret": (
            "secretsmanager",
            lambda c: c.get_secret_value(SecretId=f"{stack_name}/connection/line/{channel}"),
        ),
        "write a LINE secret": (
            "secretsmanager",
            lambda c: c.put_secret_value(SecretId=f"{stack_name}/connection/line/{channel}", SecretString="{}"),
        ),
        "read a customer's file": ("s3", lambda c: c.get_object(Bucket=bucket, Key="in/forbidden")),
        "write a customer's file": ("s3", lambda c: c.put_object(Bucket=bucket, Key="in/forbidden", Body=b"")),
        "write an upload": ("s3", lambda c: c.put_object(Bucket=bucket, Key="uploads/forbidden", Body=b"")),
        "write an icon": ("s3", lambda c: c.put_object(Bucket=bucket, Key="icons/forbidden", Body=b"")),
        "write a channel's icon": (
            "s3",
            lambda c: c.put_object(Bucket=bucket, Key="channel-icons/forbidden", Body=b""),
        ),
        "list the files": ("s3", lambda c: c.list_objects_v2(Bucket=bucket)),
        "send e-mail": (
            "sesv2",
            lambda c: c.send_email(
                FromEmailAddress=MAIL_FROM,
                Destination={"ToAddresses": ["forbidden@example.com"]},
                Content={"Simple": {"Subject": {"Data": "x"}, "Body": {"Text": {"Data": "x"}}}},
            ),
        ),
        "send e-mail as somebody else": (
            "sesv2",
            lambda c: c.send_email(
                FromEmailAddress="somebody@elsewhere.example",
                Destination={"ToAddresses": ["forbidden@example.com"]},
                Content={"Simple": {"Subject": {"Data": "x"}, "Body": {"Text": {"Data": "x"}}}},
            ),
        ),
        "delete a secret": ("secretsmanager", lambda c: c.delete_secret(SecretId=f"{stack_name}/meta-app")),
    }


EVERYTHING_ELSE = {
    "scan the inbox", "delete a secret", "list the files", "change the audit log", "delete from the audit log",
    "scan the audit log", "send e-mail as somebody else", "read a session",
}
_AUDIT = {"write the audit log", "search the audit log"}
_FILES = {
    "read a customer's file", "write a customer's file", "write an upload", "write an icon", "write a channel's icon",
}
MUST_NOT = {
    "webhook-ingest": {
        "read the inbox", "write the inbox", "delete from the inbox", "write the directory", "send to outbound",
        "take from inbound", "write a LINE secret",
        *_FILES,
        *_AUDIT,
    },
    "inbox-writer": {
        "write the directory", "send to inbound", "send to outbound", "read the Meta app", "read a LINE secret",
        "write a LINE secret",
        *_FILES,
        *_AUDIT,
    },
    "change-relay": {
        "read the inbox", "write the inbox", "delete from the inbox", "write the directory", "send to inbound",
        "take from inbound", "read the Meta app", "read a LINE secret", "write a LINE secret",
        *_FILES,
        *_AUDIT,
    },
    "reply-dispatch": {
        "delete from the inbox", "write the directory", "send to inbound", "send to outbound", "take from inbound",
        "write a LINE secret",
        *_FILES,
        *_AUDIT,
    },
    "profile-fetch": {
        "delete from the inbox", "write the directory", "send to inbound", "send to outbound", "take from inbound",
        "write a LINE secret",
        *_FILES,
        *_AUDIT,
    },
    "media-fetch": {
        "write the directory", "send to inbound", "send to outbound", "take from inbound",
        "read the Meta app", "write a LINE secret", "read a customer's file", "write an upload",
        *_AUDIT,
    },
    "pending-sweep": {
        "read the inbox", "write the inbox", "delete from the inbox", "write the directory", "send to inbound",
        "take from inbound", "read the Meta app", "read a LINE secret", "write a LINE secret",
        *_FILES,
        *_AUDIT,
    },
    "assign": {
        "delete from the inbox", "write the directory", "send to inbound", "send to outbound", "take from inbound",
        "read the Meta app", "read a LINE secret", "write a LINE secret",
        *_FILES,
        *_AUDIT,
    },
    "scheduled-send": {
        "delete from the inbox", "write the directory", "send to inbound", "send to outbound", "take from inbound",
        "read the Meta app", "read a LINE secret", "write a LINE secret",
        *_FILES,
        *_AUDIT,
    },
    "ticket-convert": {
        "delete from the inbox", "write the directory", "send to inbound", "send to outbound", "take from inbound",
        "read the Meta app", "read a LINE secret", "write a LINE secret",
        *_FILES,
        *_AUDIT,
    },
    "idle-close": {
        "delete from the inbox", "write the directory", "send to inbound", "send to outbound", "take from inbound",
        "read the Meta app", "read a LINE secret", "write a LINE secret",
        *_FILES,
        *_AUDIT,
    },
    "unanswered-close": {
        "delete from the inbox", "write the directory", "send to inbound", "send to outbound", "take from inbound",
        "read the Meta app", "read a LINE secret", "write a LINE secret",
        *_FILES,
        *_AUDIT,
    },
    "reply-limit-close": {
        "delete from the inbox", "write the directory", "send to inbound", "send to outbound", "take from inbound",
        "read the Meta app", "read a LINE secret", "write a LINE secret",
        *_FILES,
        *_AUDIT,
    },
    "token-refresh": {
        "read the inbox", "write the inbox", "delete from the inbox", "send to inbound", "send to outbound",
        "take from inbound", "write a LINE secret",
        *_FILES,
        *_AUDIT,
    },
    "inbox-api": {
        "send to inbound", "send to outbound", "take from inbound", "read the Meta app",
        "read a LINE secret", "write a LINE secret", "write a customer's file", "write an icon", "write a channel's icon",
        "search the audit log",
    },
    # What it shows it asks inbox-api, desk-api and organisation-api for, which run in it.
    "console": {
        "send to inbound", "send to outbound", "take from inbound", "read the Meta app", "read a LINE secret",
        "write a LINE secret", "write a customer's file", "write an icon", "write a channel's icon",
    },
    "audit-writer": {
        "read the inbox", "write the inbox", "delete from the inbox", "write the directory", "send to inbound",
        "send to outbound", "take from inbound", "read the Meta app", "read a LINE secret", "write a LINE secret",
        "search the audit log", *_FILES,
    },
    "channel-mail": {
        "read the inbox", "write the inbox", "delete from the inbox", "send to inbound", "send to outbound",
        "take from inbound", "read the Meta app", "read a LINE secret", "write a LINE secret",
        *_FILES,
        *_AUDIT,
    },
    "bot-answer": {
        "delete from the inbox", "write the directory", "send to inbound", "send to outbound", "take from inbound",
        "read the Meta app", "read a LINE secret", "write a LINE secret",
        *_FILES,
        *_AUDIT,
    },
    "notify": {
        "write the inbox", "delete from the inbox", "send to inbound", "send to outbound", "take from inbound",
        "read the Meta app", "read a LINE secret", "write a LINE secret",
        *_FILES,
        *_AUDIT,
    },
    "notify-api": {
        # It reads what operators are on.
        "write the inbox", "delete from the inbox", "send to inbound", "send to outbound",
        "take from inbound", "read the Meta app", "read a LINE secret", "write a LINE secret",
        *_FILES,
        *_AUDIT,
    },
    "webhook-send": {
        "write the inbox", "delete from the inbox", "send to inbound", "send to outbound", "take from inbound",
        "read the Meta app", "read a LINE secret", "write a LINE secret",
        *_FILES,
        *_AUDIT,
    },
    "live-api": {
        "write the inbox", "delete from the inbox", "write the directory", "send to inbound", "send to outbound",
        "take from inbound", "read the Meta app", "read a LINE secret", "write a LINE secret",
        *_FILES,
        *_AUDIT,
    },
    "live-push": {
        "read the inbox", "write the directory", "send to inbound",
        "send to outbound", "take from inbound", "read the Meta app", "read a LINE secret", "write a LINE secret",
        *_FILES,
        *_AUDIT,
    },
    "admin-api": {
        "write the inbox", "send to outbound", "take from inbound", "read the Meta app", "search the audit log",
        *_FILES - {"write a channel's icon"},
    },
    "connect-api": {
        "read the inbox", "write the inbox", "delete from the inbox", "send to inbound", "send to outbound",
        "take from inbound", "search the audit log", *_FILES,
    },
    # It may write what stands under the key `search` of the inbox alone, by a condition that the emulator does not know.
    "search-index": {
        "delete from the inbox", "write the directory", "send to inbound", "send to outbound",
        "take from inbound", "read the Meta app", "read a LINE secret", "write a LINE secret",
        *_FILES,
        *_AUDIT,
    },
    "report-writer": {
        "read the inbox", "write the inbox", "delete from the inbox", "write the directory", "send to inbound",
        "send to outbound", "take from inbound", "read the Meta app", "read a LINE secret", "write a LINE secret",
        *_FILES,
        *_AUDIT,
    },
    "report-api": {
        "read the inbox", "write the inbox", "delete from the inbox", "send to inbound", "send to outbound",
        "take from inbound", "read the Meta app", "read a LINE secret", "write a LINE secret", "search the audit log", *_FILES,
    },
    "desk-api": {
        "delete from the inbox", "send to inbound", "send to outbound", "take from inbound",
        "read the Meta app", "read a LINE secret", "write a LINE secret", "search the audit log", *_FILES,
    },
    "organisation-api": {
        # It reads and switches what operators are on.
        "write the inbox", "delete from the inbox", "send to inbound", "send to outbound",
        "take from inbound", "read the Meta app", "read a LINE secret", "write a LINE secret",
        *_FILES,
    },
}


@pytest.mark.parametrize("function", sorted(MUST_NOT))
def test_a_role_is_refused_what_it_has_no_need_of(used: Testbed, function: str):
    attempts = _attempts(used)
    others = set() if function in {"channel-mail", "notify", "notify-api"} else {"send e-mail"}
    # Making the index of search anew reads everything once; the console is the door.
    needed = {"search-index": {"scan the inbox"}, "console": {"read a session"}}.get(function, set())
    for what in sorted((MUST_NOT[function] | EVERYTHING_ELSE | others) - needed):
        service, attempt = attempts[what]
        try:
            attempt(used.as_role_of(function, service))
        except ClientError as refused:
            code = refused.response["Error"]["Code"]
            assert "AccessDenied" in code or "NotAuthorized" in code, f"{function} may {what}: {code}"
        else:
            pytest.fail(f"{function} may {what}")


def test_no_function_was_refused_anything_that_it_asked_for(stack: Testbed, refusals: dict[str, list]):
    assert all(stack.authorizations(function) for function in MUST_NOT), "every function has asked for something"
    assert {function: asked for function, asked in refusals.items() if asked} == {}
