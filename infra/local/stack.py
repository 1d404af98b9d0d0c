"""The whole local stack: emulator, simulator, deployed template, demo organisation. Up, watched, and down again."""

from __future__ import annotations

import contextlib
import fcntl
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import build, deployment, description, emulator, seed, simulator, tools
from .console import Problem, complain, say, step
from .processes import Process, Register, require_free_port
from .settings import Settings

EMULATOR = "emulator"
SIMULATOR = "simulator"
# The `make run` in the foreground, or the one that is just bringing the stack up.
SUPERVISOR = "supervisor"

_WATCH_INTERVAL_S = 0.5
# A supervisor that was asked to stop saves the emulator's state first.
_SUPERVISOR_PATIENCE_S = 90


class Stack:
    """One local stack. Its processes outlive this object; a register in its folder finds them again."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._register = Register(settings.folder / "processes.json")

    def up(self) -> tuple[dict, bool]:
        """Starts what does not run yet and deploys what changed.

        Returns the stack's description, and whether this call started it. A start that fails leaves nothing running;
        a failed change of a running stack leaves it running.
        """
        tools.check_rust()
        with self._exclusively():
            if self._register.get(EMULATOR):
                say(f"Already running on port {self.settings.port}: deploying what changed.")
                return self._bring_up(), False
            # Before anything that takes long.
            require_free_port(self.settings.port, emulator.PORT_VARIABLE)
            require_free_port(self.settings.simulator_port, simulator.PORT_VARIABLE)
            self._register.note(SUPERVISOR, Process.current())
            try:
                return self._bring_up(), True
            except BaseException:
                self._end_processes()
                raise

    def watch(self) -> bool:
        """Returns when the stack has ended: true if it was stopped from elsewhere, false if a part of it died."""
        while True:
            time.sleep(_WATCH_INTERVAL_S)
            dead = [name for name in (EMULATOR, SIMULATOR) if self._register.get(name) is None]
            if not dead:
                continue
            with self._exclusively_if_possible() as free:
                # Whoever holds the lock is restarting or stopping it.
                if not free or all(self._register.get(name) for name in dead):
                    continue
                if not self._register.is_noted(EMULATOR):
                    return True
                complain(Problem(f"the {dead[0]} ended by itself", f"see {self.settings.logs / dead[0]}.log"))
                return False

    def stop(self) -> bool:
        """Ends the stack from outside. Returns whether there was one."""
        supervisor = self._register.get(SUPERVISOR)
        if supervisor and supervisor != Process.current():
            supervisor.stop(_SUPERVISOR_PATIENCE_S)
        with self._exclusively():
            return self._end_processes() or supervisor is not None

    def down(self) -> None:
        """Ends the stack that this process brought up."""
        with self._exclusively():
            self._end_processes()

    def leave(self) -> None:
        """Lets the stack run on by itself."""
        self._register.forget(SUPERVISOR)

    def running(self) -> dict | None:
        """The description of the running stack, if it runs."""
        if self._register.get(EMULATOR) is None:
            return None
        return description.read(self.settings)

    def _bring_up(self) -> dict:
        settings = self.settings
        with ThreadPoolExecutor() as threads:
            # Installing tools and starting the emulator do not wait for the compiler.
            sam = threads.submit(tools.environment, tools.SAM)
            emulator_ready = threads.submit(self._ensure_emulator)
            build.build()
            self._ensure_simulator()
            emulator_ready.result()
            sam.result()
        outputs = deployment.deploy(settings)
        with step("setting up the demo organisation"):
            organisation = seed.seed(settings, outputs, description.api_base(settings, outputs))
        return description.write(settings, outputs, organisation, self._pids())

    def _ensure_emulator(self) -> None:
        if self._register.get(EMULATOR):
            return
        with step("starting the AWS emulator"):
            process = emulator.launch(self.settings)
            self._register.note(EMULATOR, process)
            emulator.wait_until_ready(self.settings, process)

    def _ensure_simulator(self) -> None:
        running = self._register.get(SIMULATOR)
        program = self.settings.folder / "simulator.sha256"
        if running and program.exists() and program.read_text() == simulator.program_hash():
            return
        with step("starting the provider simulator"):
            if running:
                running.stop(10)
            process = simulator.launch(self.settings)
            self._register.note(SIMULATOR, process)
            program.write_text(simulator.program_hash())
            simulator.wait_until_ready(self.settings, process)

    def _end_processes(self) -> bool:
        self.settings.description.unlink(missing_ok=True)
        simulator_process, emulator_process = self._register.get(SIMULATOR), self._register.get(EMULATOR)
        self._register.clear()
        if simulator_process:
            simulator_process.stop(10)
        if emulator_process:
            with step("stopping; the emulator saves its state" if self.settings.persistent else "stopping") as notes:
                if not emulator.stop(emulator_process):
                    notes.append("it did not end in time, what changed since the last start may be lost")
        return bool(simulator_process or emulator_process)

    def _pids(self) -> dict[str, int]:
        found = {name: self._register.get(name) for name in (EMULATOR, SIMULATOR)}
        return {name: process.pid for name, process in found.items() if process}

    @contextlib.contextmanager
    def _exclusively(self) -> Iterator[None]:
        with self._lock_file().open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("Another command is starting or stopping this stack: waiting for it.")
                fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    @contextlib.contextmanager
    def _exclusively_if_possible(self) -> Iterator[bool]:
        with self._lock_file().open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True

    def _lock_file(self) -> Path:
        self.settings.folder.mkdir(parents=True, exist_ok=True)
        return self.settings.folder / "lock"
