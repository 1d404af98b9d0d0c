"""What the whole run left in the logs, once every other test is through: no secret, no token, no text (OPS-5)."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from infra.local import identity
from infra.local.testbed import Testbed

from .console import Browser
from .steps import conversation_with, customer_writes, new_customer

# What stands beside secrets in Secrets Manager, by its name there.
_PUBLIC = {"account_sid", "api_key_sid", "app_id", "channel_id", "id"}
# Shorter texts are found in anything.
_SHORTEST = 8
_STAGES = ("AWSCURRENT", "AWSPREVIOUS", "AWSPENDING")


@pytest.fixture(scope="module")
def of_sessions(stack: Testbed) -> set[str]:
    """What a browser and the Sessions table keep."""
    browser = Browser(stack)
    page = browser.sign_in("/inbox")
    table = stack.description["aws"]["outputs"]["SessionsTableName"]
    items = stack.aws("dynamodb").scan(TableName=table)["Items"]
    names = ("id_token", "refresh_token", "csrf", "verifier")
    kept = {item[name]["S"] for item in items for name in names if name in item}
    assert len(kept) >= 3, "somebody is signed in"
    return kept | {browser.csrf(page)} | {cookie.value for cookie in browser.cookies}


@pytest.fixture(scope="module")
def logs(stack: Testbed, of_sessions: set[str]) -> dict[str, str]:
    """Every log of the run by name: of the functions, of the API, of the emulator, of the simulator."""
    files = sorted(stack.settings.logs.glob("*.log"))
    found = {file.name: file.read_text(encoding="utf-8", errors="replace") for file in files}
    assert found.get("functions.log"), "the functions logged something"
    for group in stack.aws("logs").describe_log_groups()["logGroups"]:
        name = group["logGroupName"]
        found[name] = "\n".join(event["message"] for event in _events(stack, name))
    return found


def test_no_log_has_a_secret(stack: Testbed, logs: dict[str, str], of_sessions: set[str]):
    secrets = {*_kept(stack), *stack.simulator("GET", "/control/secrets").json()["items"]}
    secrets |= {login.password for login in identity.DEMO}
    secrets |= {stack.token(login.group) for login in identity.DEMO}
    secrets |= of_sessions
    assert len(secrets) > 20, "the simulator and Secrets Manager have told theirs"
    told = {name: [secret for secret in secrets if len(secret) >= _SHORTEST and secret in log] for name, log in logs.items()}
    assert {name: len(found) for name, found in told.items() if found} == {}


def test_no_log_of_a_function_has_what_customers_and_operators_wrote(stack: Testbed, unique: str):
    text = f"nobody logs {unique}"
    customer_writes(stack, "line", new_customer(stack, f"Private {unique}"), text)
    conversation_with(stack, text)
    written = {item["text"] for item in stack.simulator("GET", "/control/sent").json()["items"] if item["text"]}
    texts = {text, *(other for other in written if len(other) >= _SHORTEST)}
    log = stack.settings.function_log.read_text(encoding="utf-8", errors="replace")
    assert [found for found in texts if found in log] == []


def _kept(stack: Testbed) -> Iterator[str]:
    secrets = stack.aws("secretsmanager")
    for page in secrets.get_paginator("list_secrets").paginate():
        for listed in page["SecretList"]:
            for stage in _STAGES:
                try:
                    kept = secrets.get_secret_value(SecretId=listed["Name"], VersionStage=stage)
                except ClientError:
                    # No such version, or already marked for deletion.
                    continue
                yield from _leaves(json.loads(kept["SecretString"]))


def _leaves(value, name: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, name)
    elif isinstance(value, str) and name not in _PUBLIC:
        yield value


def _events(stack: Testbed, group: str) -> Iterator[dict]:
    for page in stack.aws("logs").get_paginator("filter_log_events").paginate(logGroupName=group):
        yield from page["events"]
