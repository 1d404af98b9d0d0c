"""`sam deploy` of the real template to the emulator, left out when nothing that goes into it has changed."""

from __future__ import annotations

import contextlib
import hashlib
import json
import subprocess

from botocore.exceptions import ClientError

from . import build, description, tools
from .aws import client
from .console import Problem, step
from .processes import last_lines
from .settings import ROOT, TEMPLATE, Settings, host_architecture

# A stack in one of these states takes no update: it has to go first.
_BEYOND_UPDATE = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED", "REVIEW_IN_PROGRESS"}

# E-mail goes no further than the emulator, which shows it at /_ministack/ses/messages.
MAIL_FROM = "madoguchi@example.com"
ADMINISTRATORS_EMAIL = "administrators@example.com"
# The demo organisation's machine may do whatever a machine may.
MACHINE_SCOPES = ",".join(
    f"madoguchi/{scope}"
    for scope in ("conversations:read", "messages:write", "settings:read", "settings:write", "audit:read")
)


def deploy(settings: Settings) -> dict[str, str]:
    """Brings the stack to what template and bundles say now, and returns its outputs."""
    stack = _describe(settings)
    outputs = _outputs(stack)
    parameters = _parameters(settings, outputs)
    wanted = _fingerprint(parameters)
    if stack and _deployed_fingerprint(settings) == wanted and stack["StackStatus"].endswith("_COMPLETE"):
        with step("deploying the template") as notes:
            notes.append("nothing changed")
        return outputs
    _note_fingerprint(settings, "unknown")
    _verify_sender(settings)
    with step("deploying the template (sam deploy)"):
        if stack and stack["StackStatus"] in _BEYOND_UPDATE:
            client(settings, "cloudformation").delete_stack(StackName=settings.stack_name)
        _sam_deploy(settings, parameters)
    deployed = _outputs(_describe(settings))
    if _parameters(settings, deployed) != parameters:
        # The emulator's API has its id in its address, and some providers sign the address.
        parameters = _parameters(settings, deployed)
        wanted = _fingerprint(parameters)
        with step("telling the stack its address"):
            _sam_deploy(settings, parameters)
    _note_fingerprint(settings, wanted)
    return deployed


def _parameters(settings: Settings, outputs: dict[str, str]) -> dict[str, str]:
    parameters = {
        "Architecture": host_architecture(),
        "LogLevel": settings.log_level,
        "GraphBaseUrl": settings.simulator,
        "FacebookBaseUrl": settings.simulator,
        "LineBaseUrl": settings.simulator,
        "TwilioBaseUrl": settings.simulator,
        "TwilioMessagingBaseUrl": settings.simulator,
        "LineDataBaseUrl": settings.simulator,
        # The emulator's own address of the API differs from stack to stack; the simulator passes the console on.
        "ConsoleUrl": settings.console,
        "CognitoBaseUrl": settings.endpoint,
        "DeletionProtection": "false",
        "MailFrom": MAIL_FROM,
        "AdministratorsEmail": ADMINISTRATORS_EMAIL,
        "WebhooksToLoopback": "true",
        "MachineScopes": MACHINE_SCOPES,
    }
    # SAM takes no empty value; without one the template's own goes.
    if "ApiId" in outputs:
        parameters["PublicBaseUrl"] = description.api_base(settings, outputs)
    return parameters


def _verify_sender(settings: Settings) -> None:
    """What a person does in SES's console before: SES sends only as who is known to it."""
    ses = client(settings, "sesv2")
    with contextlib.suppress(ses.exceptions.AlreadyExistsException):
        ses.create_email_identity(EmailIdentity=MAIL_FROM)


def _sam_deploy(settings: Settings, parameters: dict[str, str]) -> None:
    bucket = f"{settings.stack_name}-artifacts"
    client(settings, "s3").create_bucket(Bucket=bucket)
    log = settings.logs / "deploy.log"
    with log.open("wb") as output:
        command = [tools.python(tools.SAM), "-m", "samcli", "deploy"]
        command += ["--template-file", str(TEMPLATE), "--config-file", str(ROOT / "samconfig.toml"), "--config-env", "local"]
        command += ["--stack-name", settings.stack_name, "--s3-bucket", bucket]
        command += ["--parameter-overrides", *(f"{name}={value}" for name, value in parameters.items())]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=settings.aws_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        raise Problem(f"sam deploy failed:\n{last_lines(log, 25)}", f"see {log} and {settings.logs / 'emulator.log'}")


def _describe(settings: Settings) -> dict | None:
    try:
        return client(settings, "cloudformation").describe_stacks(StackName=settings.stack_name)["Stacks"][0]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return None
        raise


def _outputs(stack: dict | None) -> dict[str, str]:
    return {output["OutputKey"]: output["OutputValue"] for output in (stack or {}).get("Outputs", [])}


def _fingerprint(parameters: dict[str, str]) -> str:
    parts = [TEMPLATE.read_text(encoding="utf-8"), build.bundles_hash(), json.dumps(parameters, sort_keys=True)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


# Kept in the emulator: saved with the stack, lost with the stack.
_FINGERPRINT = "/local/deployed-fingerprint"


def _note_fingerprint(settings: Settings, fingerprint: str) -> None:
    client(settings, "ssm").put_parameter(Name=_FINGERPRINT, Value=fingerprint, Type="String", Overwrite=True)


def _deployed_fingerprint(settings: Settings) -> str | None:
    ssm = client(settings, "ssm")
    try:
        return ssm.get_parameter(Name=_FINGERPRINT)["Parameter"]["Value"]
    except ssm.exceptions.ParameterNotFound:
        return None
