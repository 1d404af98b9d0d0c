"""What the stack tests and the browser tests hold on to: an isolated stack, spoken to the way its users do.

It has ports and a folder of its own, keeps nothing, and never touches what `make run` started.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlencode

import boto3
from botocore.config import Config

from . import aws, identity
from .http import Answer, call
from .processes import free_port
from .settings import REGION, ROOT, Settings
from .stack import Stack
from .tools import locked

_POLL_INTERVAL_S = 0.1
# One run of a closer is at most a minute away, and the emulator looks for due schedules every ten seconds.
SCHEDULE_PATIENCE_S = 80

T = TypeVar("T")


@contextmanager
def isolated_stack() -> Iterator[Testbed]:
    """A fresh stack, ended and forgotten at the end. Its logs stay in `.local/test/log` until the next one."""
    folder = ROOT / ".local" / "test"
    with locked(folder / "session.lock"):
        settings = Settings(folder=folder, port=free_port(), simulator_port=free_port(), persistent=False)
        stack = Stack(settings)
        # What a killed session left running.
        stack.stop()
        shutil.rmtree(folder / "screens", ignore_errors=True)
        description, _ = stack.up()
        try:
            yield Testbed(settings, description)
        finally:
            stack.down()


def eventually(probe: Callable[[], T | None], what: str, within_s: float = 20) -> T:
    """The first answer of `probe` that is not empty; fails with `what` and the last answer when there is none in time."""
    deadline = time.monotonic() + within_s
    while True:
        answer = probe()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_s} s: {what} (last: {answer!r})")
        time.sleep(_POLL_INTERVAL_S)


class Testbed:
    """An isolated stack. `description` is its stack.json."""

    # Not a test, whatever its name begins with.
    __test__ = False

    def __init__(self, settings: Settings, description: dict) -> None:
        self.settings = settings
        self.description = description
        self._tokens: dict[str, str] = {}

    def channel(self, kind: str) -> dict:
        """The demo channel of a kind: `messenger` or `line`."""
        return next(channel for channel in self.description["channels"] if channel["kind"] == kind)

    def api(
        self,
        method: str,
        path: str,
        body=None,
        *,
        group: str | None = "operators",
        headers: dict[str, str] | None = None,
        **query,
    ) -> Answer:
        """Calls the API as the demo login of `group`, or as nobody if it is none. `path` begins behind `/api`."""
        sent = dict(headers or {})
        if group:
            sent["Authorization"] = f"Bearer {self.token(group)}"
        given = {name: value for name, value in query.items() if value is not None}
        suffix = f"?{urlencode(given)}" if given else ""
        return call(method, f"{self.description['api']}/api{path}{suffix}", body, sent)

    def token(self, group: str) -> str:
        """A token of the demo login of `group`."""
        if group not in self._tokens:
            login = next(login for login in identity.DEMO if login.group == group)
            self._tokens[group] = identity.sign_in(
                self.settings.endpoint, self.description["cognito_client_id"], login
            )
        return self._tokens[group]

    def machine_token(self) -> str:
        """A token of the demo organisation's machine, which has every scope."""
        if "machine" not in self._tokens:
            client = self.description["machine"]
            credentials = base64.b64encode(f"{client['client_id']}:{client['client_secret']}".encode()).decode()
            answer = call(
                "POST",
                client["token_url"],
                b"grant_type=client_credentials",
                {"Authorization": f"Basic {credentials}", "Content-Type": "application/x-www-form-urlencoded"},
            )
            assert answer.status == 200, answer
            self._tokens["machine"] = answer.json()["access_token"]
        return self._tokens["machine"]

    def simulator(self, method: str, path: str, body=None) -> Answer:
        """Calls the simulator: its control routes, or a provider's API."""
        return call(method, f"{self.description['simulator']}{path}", body)

    def post_messenger(self, body: bytes | dict, secret: str | None = None) -> Answer:
        """Posts a Messenger webhook, signed as Meta signs it."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        key = secret or self.description["meta_app"]["app_secret"]
        signature = hmac.new(key.encode(), raw, hashlib.sha256).hexdigest()
        return call(
            "POST",
            self.channel("messenger")["webhook_url"],
            raw,
            {"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={signature}"},
        )

    def post_line(self, body: bytes | dict, secret: str | None = None) -> Answer:
        """Posts a LINE webhook, signed as LINE signs it."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        channel = self.channel("line")
        key = secret or channel["credentials"]["channel_secret"]
        signature = base64.b64encode(hmac.new(key.encode(), raw, hashlib.sha256).digest()).decode()
        return call(
            "POST",
            channel["webhook_url"],
            raw,
            {"Content-Type": "application/json; charset=utf-8", "x-line-signature": signature},
        )

    def aws(self, service: str):
        """A client of an AWS service, as administrator."""
        return aws.client(self.settings, service)

    def invoke(self, function: str, event: dict | None = None) -> dict | None:
        """Runs a function now and returns its answer. A failed run fails the test."""
        answer = self.aws("lambda").invoke(
            FunctionName=self.description["aws"]["functions"][function], Payload=json.dumps(event or {}).encode()
        )
        payload = json.loads(answer["Payload"].read() or b"null")
        assert "FunctionError" not in answer, f"{function} failed: {payload}"
        return payload

    def as_role_of(self, function: str, service: str):
        """A client of an AWS service with nothing but what the role of `function` allows.

        The keys are those of the function's own process, which has to have run before.
        """
        environment = self._environment_of(function)
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.settings.endpoint,
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=environment["AWS_SESSION_TOKEN"],
            config=Config(proxies={}, retries={"total_max_attempts": 1}),
        )

    def authorizations(self, function: str) -> list[dict[str, str]]:
        """What `function` has asked AWS to do so far: each `action`, `resource` and `decision` once."""
        name = self.description["aws"]["functions"][function]
        lines = self.settings.authorization_log.read_text(encoding="utf-8").splitlines()
        return [asked for asked in map(json.loads, lines) if asked["function"] == name]

    def grants(self, function: str) -> list[tuple[str, str]]:
        """What the role of `function` allows: pairs of an action and a resource, which may end in a wildcard."""
        configuration = self.aws("lambda").get_function_configuration(
            FunctionName=self.description["aws"]["functions"][function]
        )
        role = configuration["Role"].rpartition("/")[2]
        iam = self.aws("iam")
        granted = []
        for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
            for statement in document["Statement"]:
                granted += product(_listed(statement["Action"]), _listed(statement["Resource"]))
        return granted

    def processes_of(self, function: str) -> list[int]:
        """Ids of the processes that run `function` now."""
        return list(self._environments_of(function))

    def _environment_of(self, function: str) -> dict[str, str]:
        return next(iter(self._environments_of(function).values()))

    def _environments_of(self, function: str) -> dict[int, dict[str, str]]:
        wanted = {
            "AWS_LAMBDA_FUNCTION_NAME": self.description["aws"]["functions"][function],
            # Other stacks on this machine have functions of the same name.
            "AWS_ENDPOINT_URL": self.settings.endpoint,
        }
        found = {}
        for file in Path("/proc").glob("[0-9]*/environ"):
            try:
                variables = file.read_text(errors="replace").split("\0")
            except OSError:
                continue
            environment = dict(variable.partition("=")[::2] for variable in variables)
            if wanted.items() <= environment.items():
                found[int(file.parent.name)] = environment
        return found


def _listed(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]
