"""The commands, one function each."""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import time
from pathlib import Path

from infra import check_template

from . import bench, build, features, logs, release, sizes, summary, tools
from .console import say
from .settings import ROOT, Settings, cache_folder
from .stack import Stack


def run(arguments: argparse.Namespace) -> int:
    """Runs the command that was parsed."""
    return _COMMANDS[arguments.command](arguments)


def _run(arguments: argparse.Namespace) -> int:
    started_at = time.monotonic()
    _end_on_signals()
    stack = Stack(Settings.from_environment())
    description, started_here = stack.up()
    summary.show(description, stack.settings, time.monotonic() - started_at)
    if not started_here:
        say("It goes on running as before; `make stop` ends it.")
        return 0
    if arguments.detach:
        stack.leave()
        say("It runs in the background; `make stop` ends it.")
        return 0
    say("Ctrl-C ends it; conversations, channels and settings are kept for the next time.")
    try:
        orderly = stack.watch()
    except KeyboardInterrupt:
        say("")
        orderly = True
    # Saving takes a moment, and a second Ctrl-C must not cut it short.
    _ignore_signals()
    stack.down()
    return 0 if orderly else 1


def _stop(_: argparse.Namespace) -> int:
    stopped = Stack(Settings.from_environment()).stop()
    say("Stopped; everything is kept for the next `make run`." if stopped else "Nothing was running.")
    return 0


def _status(_: argparse.Namespace) -> int:
    settings = Settings.from_environment()
    description = Stack(settings).running()
    if description is None:
        say("Nothing is running; `make run` starts it.")
        return 1
    summary.show(description, settings)
    return 0


def _logs(arguments: argparse.Namespace) -> int:
    logs.show(Settings.from_environment(), arguments.functions)
    return 0


def _claim_target(_: argparse.Namespace) -> int:
    with tools.locked(cache_folder() / "build.lock"):
        build.claim_target()
    return 0


def _check(_: argparse.Namespace) -> int:
    return check_template.run()


def _pytest(arguments: argparse.Namespace) -> int:
    options = [option for option in arguments.arguments if option != "--"]
    command = [sys.executable, "-m", "pytest", "-c", "infra/pytest.ini", "--rootdir", ".", *options]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def _bench(arguments: argparse.Namespace) -> int:
    out = Path(arguments.out).absolute() if arguments.out else bench.REPORT
    return bench.bench(bench.parse_parts(arguments.parts), arguments.rounds, out)


def _sizes(arguments: argparse.Namespace) -> int:
    tools.check_rust()
    return sizes.check(write=arguments.write)


def _features(arguments: argparse.Namespace) -> int:
    features.table(write=arguments.write)
    return 0


def _deploy(arguments: argparse.Namespace) -> int:
    tools.check_rust()
    return release.deploy(arguments.architecture, [option for option in arguments.arguments if option != "--"])


_COMMANDS = {
    "run": _run,
    "stop": _stop,
    "status": _status,
    "logs": _logs,
    "claim-target": _claim_target,
    "check": _check,
    "pytest": _pytest,
    "bench": _bench,
    "sizes": _sizes,
    "features": _features,
    "deploy": _deploy,
}
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _end_on_signals() -> None:
    # Set by hand: a shell starts background jobs with SIGINT ignored, and Python leaves it so.
    def end(*_) -> None:
        raise KeyboardInterrupt

    for number in _ENDING:
        signal.signal(number, end)


def _ignore_signals() -> None:
    for number in _ENDING:
        signal.signal(number, signal.SIG_IGN)
