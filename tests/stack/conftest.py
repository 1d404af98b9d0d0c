"""Fixtures of the stack tests: what they ask of the deployed template over HTTP."""

from __future__ import annotations

import itertools
import os
import time

import pytest

_numbers = itertools.count(1)


@pytest.fixture
def unique() -> str:
    """A number that no other test of any session uses: good for ids of customers and events."""
    return f"{time.time_ns()}{os.getpid():07}{next(_numbers):03}"
