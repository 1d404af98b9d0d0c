"""Processes that outlive the command that started them: start, recognise and stop them by id.

An id alone is not enough, since ids are used again: each is remembered with the moment at which its process started.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from .console import Problem
from .settings import HOST

_KEPT_LOG = ".previous"
# Kept, because a dropped handle of a running child complains when it is collected.
_children: list[subprocess.Popen] = []


@dataclass(frozen=True)
class Process:
    """A process that we started."""

    pid: int
    started: str

    @classmethod
    def current(cls) -> Process:
        """This very process."""
        return cls(os.getpid(), _start_mark(os.getpid()))

    def is_alive(self) -> bool:
        """Whether it still runs. A child of ours that has ended is collected here, or it would look alive."""
        try:
            os.waitpid(self.pid, os.WNOHANG)
        except ChildProcessError:
            pass
        return self.started != "" and _start_mark(self.pid) == self.started

    def stop(self, patience_s: float) -> bool:
        """Asks it to end and waits; ends it by force when patience runs out. Returns whether it ended when asked."""
        if not self.is_alive():
            return True
        os.kill(self.pid, signal.SIGTERM)
        if self.wait(patience_s):
            return True
        os.kill(self.pid, signal.SIGKILL)
        self.wait(5)
        return False

    def wait(self, patience_s: float) -> bool:
        """Waits until it has ended, at most so long."""
        deadline = time.monotonic() + patience_s
        while self.is_alive():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True


def start(command: list[str], environment: dict[str, str], log: Path, folder: Path) -> Process:
    """Starts a process in a session of its own, so that a Ctrl-C in our terminal does not reach it."""
    keep_previous(log)
    with log.open("wb") as output:
        child = subprocess.Popen(
            command,
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _children.append(child)
    return Process(child.pid, _start_mark(child.pid))


def keep_previous(log: Path) -> None:
    """Moves the log of an earlier start aside, and makes sure that the new one can be written."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists():
        log.replace(log.with_name(log.name + _KEPT_LOG))


class Register:
    """The file in which a stack's processes are noted, by name."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._changing = threading.Lock()

    def get(self, name: str) -> Process | None:
        """The noted process, if it is still alive."""
        noted = self._read().get(name)
        process = Process(**noted) if noted else None
        return process if process and process.is_alive() else None

    def note(self, name: str, process: Process) -> None:
        """Notes a process under a name."""
        with self._changing:
            self._write(self._read() | {name: asdict(process)})

    def forget(self, name: str) -> None:
        """Takes a name out."""
        with self._changing:
            self._write({key: value for key, value in self._read().items() if key != name})

    def clear(self) -> None:
        """Takes all names out."""
        self._write({})

    def is_noted(self, name: str) -> bool:
        """Whether the name is there, its process alive or not."""
        return name in self._read()

    def _read(self) -> dict[str, dict]:
        try:
            return json.loads(self._file.read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            return {}

    def _write(self, processes: dict[str, dict]) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._file.with_suffix(".new")
        fresh.write_text(json.dumps(processes, indent=2) + "\n", encoding="utf-8")
        fresh.replace(self._file)


def require_free_port(port: int, variable: str) -> None:
    """Refuses a port on which somebody else listens."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise Problem(
                f"port {port} is in use by another program", f"stop that program, or choose another port: {variable}={port + 1}"
            ) from None


def free_port() -> int:
    """A port on which nobody listens now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def last_lines(log: Path, count: int = 15) -> str:
    """The end of a log, for a message about a process that did not come up."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return ""
    return "\n".join(f"    {line}" for line in lines[-count:])


def _start_mark(pid: int) -> str:
    """When the process started, in whatever form the system gives it; empty if it does not run."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        # State Z: it has ended and only waits to be collected by its parent.
        return "" if after_name[0] == "Z" else after_name[19]
    except (FileNotFoundError, ProcessLookupError):
        if Path("/proc/self").exists():
            return ""
    shown = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, started = shown.stdout.strip().partition(" ")
    return "" if state.startswith("Z") else started.strip()
