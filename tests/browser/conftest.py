"""Fixtures of the browser tests: a headless Chromium, fresh for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

from infra.local import tools
from infra.local.testbed import Testbed

_WAIT_S = 15


@pytest.fixture(scope="session")
def chromium() -> tuple[str, str]:
    """Paths of Chromium and its driver, installed if that is possible."""
    return tools.browser()


@pytest.fixture
def browser(
    chromium: tuple[str, str], stack: Testbed, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[webdriver.Chrome]:
    """A browser with an empty profile. What it showed when the test failed is kept in `.local/test/screens`."""
    failures_before = request.session.testsfailed
    program, driver = chromium
    options = Options()
    options.binary_location = program
    for argument in (
        "--headless=new",
        # Containers give Chromium neither a sandbox nor enough shared memory.
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--no-first-run",
        "--window-size=1280,900",
        "--lang=en",
        f"--user-data-dir={tmp_path / 'profile'}",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    opened = webdriver.Chrome(options=options, service=Service(driver))
    opened.set_page_load_timeout(_WAIT_S)
    try:
        yield opened
        if request.session.testsfailed > failures_before:
            _keep_screen(opened, stack, request.node.name)
    finally:
        opened.quit()


def _keep_screen(opened: webdriver.Chrome, stack: Testbed, name: str) -> None:
    folder = stack.settings.folder / "screens"
    folder.mkdir(parents=True, exist_ok=True)
    opened.save_screenshot(str(folder / f"{name}.png"))
