"""The provider simulator as a process: the Graph API, the LINE platform, the customer's page, the way to the console."""

from __future__ import annotations

import hashlib
import os
import time
import urllib.error
import urllib.request

from . import build
from .console import Problem
from .processes import Process, last_lines, start
from .settings import HOST, ROOT, Settings

PORT_VARIABLE = "MADOGUCHI_SIMULATOR_PORT"

_START_PATIENCE_S = 15


def launch(settings: Settings) -> Process:
    """Starts the simulator. It may come up before the stack: addresses are read from stack.json when needed."""
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(settings.folder),
        "SIMULATOR_BIND": f"{HOST}:{settings.simulator_port}",
        "SIMULATOR_STACK": str(settings.description),
    }
    if settings.persistent:
        environment["SIMULATOR_STATE"] = str(settings.folder / "simulator.json")
    return start([str(build.simulator_program())], environment, settings.logs / "simulator.log", ROOT)


def wait_until_ready(settings: Settings, process: Process) -> None:
    """Waits until the simulator answers, or says why it does not."""
    deadline = time.monotonic() + _START_PATIENCE_S
    while True:
        try:
            urllib.request.urlopen(settings.simulator, timeout=2).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            pass
        if not process.is_alive() or time.monotonic() > deadline:
            log = settings.logs / "simulator.log"
            raise Problem(f"the simulator did not come up:\n{last_lines(log)}", f"see {log}")
        time.sleep(0.05)


def program_hash() -> str:
    """Tells whether a running simulator is the one that was built last."""
    return hashlib.sha256(build.simulator_program().read_bytes()).hexdigest()
