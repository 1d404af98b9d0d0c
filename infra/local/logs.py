"""What the functions printed."""

from __future__ import annotations

from collections import deque

from .console import say
from .settings import Settings

_MOST_LINES = 200


def show(settings: Settings, names: list[str]) -> None:
    """Prints the last lines of the named functions, or of all of them. The file outlives the stack."""
    wanted = tuple(f"{settings.stack_name}-{name} " for name in names)
    try:
        with settings.function_log.open(encoding="utf-8") as lines:
            for line in deque((line for line in lines if not wanted or line.startswith(wanted)), _MOST_LINES):
                say(line.rstrip())
    except FileNotFoundError:
        say("Nothing was logged yet.")
