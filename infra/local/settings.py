"""Where the local stack keeps its things and on which ports it listens. Only the environment decides."""

from __future__ import annotations

import os
import platform
import re
from dataclasses import dataclass, field
from pathlib import Path

from .console import Problem

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "template.yaml"
# Everything that is built for deployment: one folder per function, named by CodeUri in the template.
BUNDLES = ROOT / "build" / "lambda"

HOST = "127.0.0.1"
REGION = "us-east-1"
# The emulator's administrator. Any secret goes with this key id; it reaches nothing outside this machine.
ADMINISTRATOR = ("test", "test")
ACCOUNT = "000000000000"


def cache_folder() -> Path:
    """What outlives a clone: virtual environments and, unless set elsewhere, cargo's target folder."""
    return Path(os.environ.get("MADOGUCHI_CACHE") or Path.home() / ".cache" / "madoguchi")


def cargo_target_folder() -> Path:
    """One target folder for all clones, so that a fresh clone starts warm."""
    return Path(os.environ.get("CARGO_TARGET_DIR") or cache_folder() / "target")


def functions() -> list[str]:
    """Names of the functions, as the template's CodeUri lines give them."""
    return re.findall(r"^ +CodeUri: build/lambda/([a-z-]+)/$", TEMPLATE.read_text(encoding="utf-8"), re.MULTILINE)


def host_architecture() -> str:
    """This machine's processor in Lambda's words: the emulator runs functions as plain processes."""
    return "arm64" if platform.machine().lower() in ("arm64", "aarch64") else "x86_64"


def _port(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdecimal() or not 1024 <= int(text) <= 65535:
        raise Problem(f"{name} is {text!r}, which is no port", f"set {name} to a number from 1024 to 65535, or unset it")
    return int(text)


@dataclass(frozen=True)
class Settings:
    """One local stack: its name, its ports and its folder. Two with different ports and folders can run at once."""

    folder: Path
    port: int
    simulator_port: int
    stack_name: str = "madoguchi"
    # Whether documents, tables and secrets are still there after a stop.
    persistent: bool = True
    log_level: str = field(default_factory=lambda: os.environ.get("MADOGUCHI_LOG_LEVEL") or "info")

    @classmethod
    def from_environment(cls) -> Settings:
        """The stack of `make run`."""
        settings = cls(
            folder=ROOT / ".local",
            port=_port("MADOGUCHI_PORT", 4566),
            simulator_port=_port("MADOGUCHI_SIMULATOR_PORT", 4580),
        )
        if settings.port == settings.simulator_port:
            raise Problem(
                f"emulator and simulator cannot share port {settings.port}",
                "set MADOGUCHI_PORT and MADOGUCHI_SIMULATOR_PORT to different numbers",
            )
        return settings

    @property
    def endpoint(self) -> str:
        """Where the emulator answers for every AWS service."""
        return f"http://{HOST}:{self.port}"

    @property
    def simulator(self) -> str:
        """Where the simulator answers: the providers' APIs and the customer's page."""
        return f"http://{HOST}:{self.simulator_port}"

    @property
    def console(self) -> str:
        """Where people sign in and work: below the simulator, which passes it on."""
        return f"{self.simulator}/console"

    @property
    def logs(self) -> Path:
        """Folder of the processes' logs."""
        return self.folder / "log"

    @property
    def function_log(self) -> Path:
        """What the functions print, all in one file."""
        return self.logs / "functions.log"

    @property
    def authorization_log(self) -> Path:
        """What each function asked AWS to do, and whether its role allowed it."""
        return self.logs / "authorizations.log"

    @property
    def description(self) -> Path:
        """The file that tells scripts and the simulator about the running stack (docs/LOCAL.md)."""
        return self.folder / "stack.json"

    def aws_environment(self) -> dict[str, str]:
        """This process's environment, with everything that could lead to a real AWS account taken out."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        key, secret = ADMINISTRATOR
        return kept | {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": f"{HOST},localhost",
            "SAM_CLI_TELEMETRY": "0",
        }
