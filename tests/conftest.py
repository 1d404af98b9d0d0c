"""One isolated stack per session, shared by stack and browser tests and started by the first that asks for it."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Iterator

import pytest

from infra.local.testbed import Testbed, isolated_stack


_numbers = itertools.count(1)
# The first leaves an organisation behind in which nothing is as it was; the second looks back at what all others did.
_LAST = ("test_described", "test_secrets_in_logs")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts what disturbs others, and what looks back, behind everything else."""
    items.sort(key=lambda item: next((place for place, name in enumerate(_LAST, 1) if name in item.nodeid), 0))


@pytest.fixture
def unique() -> str:
    """A number that no other test of any session uses: good for names of customers and texts."""
    return f"{time.time_ns()}{os.getpid():07}{next(_numbers):03}"


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest) -> Iterator[Testbed]:
    """The deployed template with a demo organisation in it. Tests share it: make your own customers."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    running = isolated_stack()
    # Building and deploying take a while: their progress belongs on the screen, not into a failure report.
    with capture.global_and_fixture_disabled():
        print()
        bed = running.__enter__()
    try:
        yield bed
    finally:
        with capture.global_and_fixture_disabled():
            print()
            running.__exit__(None, None, None)
