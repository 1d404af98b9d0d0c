"""Checks of template.yaml beyond its syntax: the house rules that no linter knows.

Run it with `make check`, or with `python3 -m infra.local check`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

from infra.local import tools
from infra.local.console import say, step
from infra.local.settings import REGION, ROOT, TEMPLATE

# SQS: a mapping may take a batch again while the function still works on it, unless this is left.
_VISIBILITY_PER_TIMEOUT = 6
_OPEN_ROUTES = (
    "GET /webhooks/messenger",
    "POST /webhooks/messenger",
    "POST /webhooks/line/{channel_id}",
    "POST /webhooks/twilio/{channel_id}",
    "GET /webhooks/twilio/{channel_id}",
    # The address of a file cannot be guessed; customers' apps have nothing else to show.
    "GET /media/{token}",
    "HEAD /media/{token}",
    # A browser that comes back from a login carries nothing but its state.
    "GET /oauth/facebook",
    # Meta signs what it tells of a person, who has nothing but the code of their request.
    "POST /webhooks/messenger/deauthorize",
    "POST /webhooks/messenger/data-deletion",
    "GET /data-deletion/{code}",
    # A mail program has nothing but the link, which is signed.
    "GET /notifications/unsubscribe/{token}",
    "POST /notifications/unsubscribe/{token}",
    # A browser carries a cookie; the console looks itself whose it is.
    "GET /",
    "ANY /console",
    "ANY /console/{proxy+}",
    # The WebSocket API, which knows no JWT: a connect takes a ticket, and everything else is said over what it opened.
    "$connect",
    "$disconnect",
    "$default",
)
# Actions for which no exact ARN exists would be listed here, with their reason. There are none.
_WILDCARD_RESOURCES: frozenset[str] = frozenset()


class _Tags(yaml.SafeLoader):
    """Reads CloudFormation's short forms as {tag: value}."""


def _short_form(loader: yaml.SafeLoader, tag: str, node: yaml.Node):
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {f"!{tag}": value}


_Tags.add_multi_constructor("!", _short_form)


def load(file: Path = TEMPLATE) -> dict:
    """The template with its short forms as {tag: value}."""
    return yaml.load(file.read_text(encoding="utf-8"), Loader=_Tags)  # noqa: S506, a SafeLoader


def problems(template: dict) -> list[str]:
    """Everything in which the template breaks a house rule."""
    resources = template["Resources"]
    return [
        *_functions_are_complete(resources),
        *_every_function_is_deployed(resources),
        *_visibility_outlasts_the_function(resources),
        *_mappings_report_single_failures(resources),
        *_routes_are_closed(resources),
        *_routes_are_those_of_the_api(resources),
        *_permissions_are_exact(resources),
    ]


def run() -> int:
    """Lints the template and checks the house rules; prints what is wrong."""
    sam = [tools.python(tools.SAM), "-m", "samcli", "validate", "--lint", "--template-file", str(TEMPLATE)]
    cfn_lint = [str(Path(sys.executable).with_name("cfn-lint")), str(TEMPLATE)]
    with step("checking the template") as notes, ThreadPoolExecutor() as threads:
        broken = [text for text in threads.map(_outcome, (cfn_lint, sam)) if text] + problems(load())
        notes.append(f"{len(broken)} problems" if broken else "nothing to complain about")
    for text in broken:
        say(f"   template.yaml: {text}")
    return 1 if broken else 0


def _outcome(command: list[str]) -> str:
    environment = os.environ | {"SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": REGION}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip() if done.returncode else ""


def _of_type(resources: dict, kind: str) -> dict[str, dict]:
    return {name: body["Properties"] for name, body in resources.items() if body["Type"] == kind}


def _lambdas(resources: dict) -> dict[str, dict]:
    return _of_type(resources, "AWS::Serverless::Function")


def _functions_are_complete(resources: dict) -> list[str]:
    """Own role, own log group with a retention, a time-out, an alarm on errors."""
    alarms = _of_type(resources, "AWS::CloudWatch::Alarm").values()
    watched = {
        dimension["Value"].get("!Ref")
        for alarm in alarms
        if alarm["MetricName"] == "Errors"
        for dimension in alarm["Dimensions"]
    }
    found = []
    for name, function in _lambdas(resources).items():
        if "Timeout" not in function:
            found.append(f"{name} has no time-out of its own")
        if function.get("Role") != {"!GetAtt": f"{name}Role.Arn"}:
            found.append(f"{name} has no role of its own")
        if "RetentionInDays" not in resources.get(f"{name}Logs", {}).get("Properties", {}):
            found.append(f"{name} has no log group with a retention")
        if name not in watched:
            found.append(f"{name} has no alarm on its errors")
    return found


def _every_function_is_deployed(resources: dict) -> list[str]:
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/Cargo.toml")}
    deployed = {function["CodeUri"].strip("/").rpartition("/")[2] for function in _lambdas(resources).values()}
    return [f"{name} is in functions/ or in the template, but not in both" for name in sorted(folders ^ deployed)]


def _visibility_outlasts_the_function(resources: dict) -> list[str]:
    found = []
    for name, function in _lambdas(resources).items():
        for event in function.get("Events", {}).values():
            if event["Type"] != "SQS":
                continue
            queue = event["Properties"]["Queue"]["!GetAtt"].partition(".")[0]
            least = _VISIBILITY_PER_TIMEOUT * function["Timeout"]
            if resources[queue]["Properties"]["VisibilityTimeout"] < least:
                found.append(f"{queue} must keep messages invisible for {least} s, since {name} may take that long")
    return found


def _mappings_report_single_failures(resources: dict) -> list[str]:
    return [
        f"{name} does not report single failures of {event}"
        for name, function in _lambdas(resources).items()
        for event, body in function.get("Events", {}).items()
        if body["Type"] in ("SQS", "DynamoDB")
        and body["Properties"].get("FunctionResponseTypes") != ["ReportBatchItemFailures"]
    ]


def _routes_are_closed(resources: dict) -> list[str]:
    routes = _of_type(resources, "AWS::ApiGatewayV2::Route").values()
    return [
        f"{route['RouteKey']} needs no token"
        for route in routes
        if route.get("AuthorizationType") != "JWT" and route["RouteKey"] not in _OPEN_ROUTES
    ]


def _routes_are_those_of_the_api(resources: dict) -> list[str]:
    """Every path of the API can be reached, and none leads nowhere. What a parameter is called does not matter."""

    def shape(path: str) -> str:
        return re.sub(r"{\w+}", "{}", path)

    sources = (source.read_text(encoding="utf-8") for source in (ROOT / "shared" / "api" / "src").glob("*.rs"))
    served = {shape(path) for source in sources for path in re.findall(r"\.route\(\s*\"(/api/[^\"]+)\"", source)}
    keys = (route["RouteKey"].rpartition(" ")[2] for route in _of_type(resources, "AWS::ApiGatewayV2::Route").values())
    routed = {shape(path) for path in keys if path.startswith("/api/")}
    return [f"{path} is a route of the API or of the template, but not of both" for path in sorted(served ^ routed)]


def _permissions_are_exact(resources: dict) -> list[str]:
    found = []
    for name, role in _of_type(resources, "AWS::IAM::Role").items():
        if role.get("ManagedPolicyArns"):
            found.append(f"{name} has a managed policy, which is never exact")
        for statement in (s for policy in role.get("Policies", []) for s in policy["PolicyDocument"]["Statement"]):
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            targets = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
            found += [f"{name} is allowed {action}: name the actions" for action in actions if "*" in action]
            if "*" in targets:
                found += [f"{name} is allowed {action} on everything" for action in actions if action not in _WILDCARD_RESOURCES]
    return found
