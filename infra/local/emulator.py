"""The AWS emulator as a process: started with IAM enforcement, stopped so that it saves its state."""

from __future__ import annotations

import json
import os
import shutil
import time
import urllib.error
import urllib.request

from . import tools
from .console import Problem
from .processes import Process, keep_previous, last_lines, start
from .settings import HOST, REGION, ROOT, Settings

PORT_VARIABLE = "MADOGUCHI_PORT"

_START_PATIENCE_S = 30
# It writes every document to disk when asked to end.
_STOP_PATIENCE_S = 60


def launch(settings: Settings) -> Process:
    """Starts the emulator; `wait_until_ready` tells when it answers."""
    _follow_change_of_port(settings)
    keep_previous(settings.function_log)
    keep_previous(settings.authorization_log)
    # Unpacked functions of an emulator that was killed; one that ends in order removes them itself.
    scratch = settings.folder / "tmp"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True, exist_ok=True)
    return start(
        [tools.python(tools.LOCAL), "-m", "infra.local.emulator_server"],
        _environment(settings, str(scratch)),
        settings.logs / "emulator.log",
        ROOT,
    )


def wait_until_ready(settings: Settings, process: Process) -> None:
    """Waits until the emulator answers, or says why it does not."""
    deadline = time.monotonic() + _START_PATIENCE_S
    while not is_ready(settings):
        if not process.is_alive() or time.monotonic() > deadline:
            log = settings.logs / "emulator.log"
            raise Problem(f"the emulator did not come up:\n{last_lines(log)}", f"see {log}")
        time.sleep(0.05)


def is_ready(settings: Settings) -> bool:
    """Whether an emulator answers on the stack's port."""
    try:
        with urllib.request.urlopen(f"{settings.endpoint}/_ministack/health", timeout=5) as answer:
            return "services" in json.load(answer)
    except (urllib.error.URLError, OSError, ValueError):
        return False


def stop(process: Process) -> bool:
    """Stops the emulator and waits for its state to be saved. Returns whether it was."""
    return process.stop(_STOP_PATIENCE_S)


def _follow_change_of_port(settings: Settings) -> None:
    """Rewrites addresses in the saved state: the emulator finds a queue by its URL, and that names the port."""
    state = settings.folder / "state"
    state.mkdir(parents=True, exist_ok=True)
    note = state / "port"
    before = note.read_text() if note.exists() else str(settings.port)
    if before != str(settings.port):
        for file in state.glob("*.json"):
            text = file.read_text(encoding="utf-8")
            file.write_text(text.replace(f"localhost:{before}", f"localhost:{settings.port}"), encoding="utf-8")
    note.write_text(str(settings.port))


def _environment(settings: Settings, scratch: str) -> dict[str, str]:
    # Built from nothing: the functions inherit all of it, and nothing of ours is their business.
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": scratch,
        "TMPDIR": scratch,
        "LANG": "C.UTF-8",
        "GATEWAY_PORT": str(settings.port),
        "BIND_HOST": HOST,
        "MINISTACK_REGION": REGION,
        # Functions are told this address; without it they would call the real AWS.
        "AWS_ENDPOINT_URL": settings.endpoint,
        "NO_PROXY": f"{HOST},localhost",
        "AUTH": "true",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LOG_LEVEL": "INFO",
        "MADOGUCHI_FUNCTION_LOG": str(settings.function_log),
        "MADOGUCHI_AUTHORIZATION_LOG": str(settings.authorization_log),
    }
    if settings.persistent:
        environment |= {
            "PERSIST_STATE": "1",
            "STATE_DIR": str(settings.folder / "state"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(settings.folder / "s3"),
        }
    else:
        environment |= {"STATE_DIR": str(settings.folder / "state"), "S3_DATA_DIR": str(settings.folder / "s3")}
    return environment
