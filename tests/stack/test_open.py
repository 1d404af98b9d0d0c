"""What other programs do with the deployed template: a token of their own, and webhooks that are signed (OPS-1, OPS-2)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from infra.local.http import Answer, call
from infra.local.testbed import Testbed, eventually

from .steps import customer_writes, new_customer


@pytest.fixture(scope="module")
def machine(stack: Testbed):
    """Calls the API with a token of the demo organisation's machine."""
    token = stack.machine_token()

    def api(method: str, path: str, body=None, headers: dict[str, str] | None = None) -> Answer:
        sent = {"Authorization": f"Bearer {token}"} | (headers or {})
        return call(method, f"{stack.description['api']}/api{path}", body, sent)

    return api


@pytest.fixture
def receiver():
    """Another system on this machine: its address, and what it was told."""
    told: list[tuple[dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # noqa: N802, the library's name
            headers = {name.lower(): value for name, value in self.headers.items()}
            told.append((headers, self.rfile.read(int(headers["content-length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_) -> None:
            """Says nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook", told
    server.shutdown()


def test_ops_1_a_machine_does_what_its_scopes_allow_and_nothing_for_people(machine):
    assert machine("GET", "/conversations").status == 200
    refused = machine("GET", "/me")
    assert (refused.status, refused.json()["error"]["id"]) == (403, "person_needed")
    assert refused.headers["Content-Type"] == "application/problem+json"


def test_ops_1_a_post_with_a_key_is_done_once(machine):
    brand, key = {"name": f"Once {time.time_ns()}"}, {"Idempotency-Key": f"once-{time.time_ns()}"}
    first, again = (machine("POST", "/brands", brand, key) for _ in range(2))
    assert (first.status, again.status) == (201, 201)
    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"


def test_ops_2_what_a_customer_writes_is_told_and_signed(stack: Testbed, machine, receiver):
    url, told = receiver
    webhook = machine("POST", "/webhooks", {"url": url, "events": ["message.received"]})
    assert webhook.status == 201, webhook
    webhook = webhook.json()
    mark = f"told {time.time_ns()}"
    customer = new_customer(stack, mark)
    # What the relay remembers of the time before lasts half a minute.
    deadline = time.monotonic() + 60
    while not told and time.monotonic() < deadline:
        customer_writes(stack, "line", customer, mark)
        time.sleep(5)
    headers, body = eventually(lambda: told and told[0], "an event", 30)
    assert json.loads(body)["type"] == "message.received"
    key = base64.b64decode(webhook["secret"].removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == expected

    def delivered():
        log = machine("GET", f"/webhooks/{webhook['id']}/deliveries").json()["items"]
        return [line for line in log if line["state"] == "delivered"]

    assert eventually(delivered, "the log", 30)
    assert machine("DELETE", f"/webhooks/{webhook['id']}").status == 204
