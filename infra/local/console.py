"""What a person sees: steps with their timings, and problems with their remedies."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Iterator

_printing = threading.Lock()
# A step that takes longer than this says so again, for terminals and logs that show nothing else meanwhile.
_STILL_AT_IT_S = 20


class Problem(Exception):
    """Something that the person at the keyboard can put right: one line of what, one line of how."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy


def say(text: str = "") -> None:
    """Prints a line at once, also into a pipe, and whole, also from several threads."""
    with _printing:
        print(text, flush=True)


def complain(problem: Problem) -> None:
    """Prints a problem and its remedy."""
    with _printing:
        print(f"\nerror: {problem.what}\n  try: {problem.remedy}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def step(name: str) -> Iterator[list[str]]:
    """Announces a long step, repeats itself while it lasts, and prints how long it took.

    Yields a list: the last text put there is added to the closing line ("11 functions, 2 changed").
    """
    started = time.monotonic()
    notes: list[str] = []
    finished = threading.Event()

    def repeat() -> None:
        while not finished.wait(_STILL_AT_IT_S):
            say(f"   … {name} ({time.monotonic() - started:.0f} s so far)")

    say(f" > {name}")
    threading.Thread(target=repeat, daemon=True).start()
    try:
        yield notes
    except BaseException:
        say(f" x {name} ({time.monotonic() - started:.1f} s)")
        raise
    finally:
        finished.set()
    note = f": {notes[-1]}" if notes else ""
    say(f" + {name}{note} ({time.monotonic() - started:.1f} s)")
