"""The demo organisation: two logins, a machine and a channel of each kind, all of them known to the simulator.

Channels are added through the API, as an administrator would, so that secrets and items are made by the code that
makes them in AWS. Running it again changes nothing.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

from . import identity
from .aws import client
from .console import Problem
from .http import call
from .settings import Settings

# Accounts that the simulator has from the start.
META_APP = {"app_id": "1000000000000001", "app_secret": "test-app-secret", "verify_token": "test-verify-token"}
PAGE = {"external_id": "2000000000000001", "name": "Demo Shop", "user_access_token": "test-user-token-long"}
LINE_CHANNEL = {"external_id": "1650000001", "name": "デモ商店", "channel_secret": "test-line-secret"}
TWILIO = {"account_sid": "AC00000000000000000000000000000001", "auth_token": "test-twilio-auth-token"}
WHATSAPP_SENDER = {"external_id": "whatsapp:+815012345678", "name": "デモ商店 WhatsApp"}
SMS_SENDER = {"external_id": "+815087654321", "name": "デモ商店 SMS"}

# The emulator answers 5xx while it starts the first process of a function.
_API_PATIENCE_S = 20


@dataclass(frozen=True)
class Organisation:
    """What was set up, as stack.json shows it."""

    logins: list[dict[str, str]]
    machine: dict[str, str]
    meta_app: dict[str, str]
    channels: list[dict]


def seed(settings: Settings, outputs: dict[str, str], api: str) -> Organisation:
    """Sets up whatever is missing of the demo organisation."""
    _write_meta_app(settings, outputs["MetaAppSecretName"])
    for login in identity.DEMO:
        identity.ensure_user(settings, outputs["UserPoolId"], login)
    administrator = identity.DEMO[0]
    token = identity.sign_in(settings.endpoint, outputs["UserPoolClientId"], administrator)
    channels = _ensure_channels(api, token)
    # Without it the first check of the credentials would be up to a minute away.
    client(settings, "lambda").invoke(FunctionName=f"{settings.stack_name}-token-refresh", InvocationType="Event")
    return Organisation(
        logins=[{"email": login.email, "password": login.password, "group": login.group} for login in identity.DEMO],
        machine=identity.machine(settings, outputs["UserPoolId"], outputs["MachineClientId"]),
        meta_app=META_APP,
        channels=channels,
    )


def _write_meta_app(settings: Settings, name: str) -> None:
    secrets = client(settings, "secretsmanager")
    # Whoever put other values there meant it.
    if json.loads(secrets.get_secret_value(SecretId=name)["SecretString"]).get("app_id"):
        return
    secrets.put_secret_value(SecretId=name, SecretString=json.dumps(META_APP))


def _ensure_channels(api: str, token: str) -> list[dict]:
    there = {(channel["kind"], channel["external_id"]): channel for channel in _api("GET", api, token)["items"]}
    page_credentials = {"page_id": PAGE["external_id"], "user_access_token": PAGE["user_access_token"]}
    line_credentials = {
        "line_channel_id": LINE_CHANNEL["external_id"],
        "channel_secret": LINE_CHANNEL["channel_secret"],
    }
    wanted = [
        ("messenger", PAGE, page_credentials),
        ("line", LINE_CHANNEL, line_credentials),
        ("whatsapp", WHATSAPP_SENDER, {"sender": WHATSAPP_SENDER["external_id"], **TWILIO}),
        ("sms", SMS_SENDER, {"sender": SMS_SENDER["external_id"], **TWILIO}),
    ]
    described = []
    for kind, account, credentials in wanted:
        channel = there.get((kind, account["external_id"])) or _api(
            "POST", api, token, {"kind": kind, "name": account["name"], **credentials}
        )
        described.append(
            {
                "kind": kind,
                "id": channel["id"],
                "external_id": account["external_id"],
                "name": account["name"],
                "webhook_path": channel["webhook_path"],
                "credentials": META_APP | credentials if kind == "messenger" else credentials,
            }
        )
    return described


def _api(method: str, api: str, token: str, body: dict | None = None) -> dict:
    deadline = time.monotonic() + _API_PATIENCE_S
    while True:
        answer = call(method, f"{api}/api/channels", body, {"Authorization": f"Bearer {token}"})
        if answer.status < 300:
            return answer.json()
        if answer.status < 500 or time.monotonic() > deadline:
            raise Problem(f"the API refused {method} /api/channels: {answer}", "see make logs FUNCTION=inbox-api")
        time.sleep(0.5)
