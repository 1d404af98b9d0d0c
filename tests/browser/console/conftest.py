"""The console over an inbox in one process (tests/preview), and a browser that looks at it.

Nobody signs in here and there are no live updates: what needs either is tested on the stack, in tests/browser/test_console.py.
"""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.common.exceptions import ElementClickInterceptedException, NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from infra.local import build, tools
from infra.local.settings import ROOT, cache_folder

PATIENCE_S = 20
SCREENS = ROOT / ".local" / "test" / "console"


@dataclass
class Preview:
    """The running preview."""

    url: str

    def customer_writes(self, channel: str, customer: str, text: str) -> str:
        """A customer writes on `channel` (line, messenger, whatsapp, sms); returns the conversation's id."""
        body = json.dumps({"channel": channel, "customer": customer, "text": text}).encode()
        request = urllib.request.Request(f"{self.url}/preview/customer", body, {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return json.load(answer)["conversation"]


@pytest.fixture(scope="session")
def preview() -> Iterator[Preview]:
    """An inbox with a few conversations. Tests share it: make your own customers."""
    yield from _started()


@pytest.fixture(scope="session")
def large_preview() -> Iterator[Preview]:
    """The same with 1,000 conversations, one of which has 10,000 messages."""
    yield from _started(PREVIEW_CONVERSATIONS="1000", PREVIEW_MESSAGES="10000")


def _started(**options: str) -> Iterator[Preview]:
    with tools.locked(cache_folder() / "build.lock"):
        build.claim_target()
    subprocess.run(["cargo", "build", "--locked", "--quiet", "-p", "madoguchi-preview"], cwd=ROOT, check=True)
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    program = [str(target / "debug" / "madoguchi-preview"), "0"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True, env=os.environ | options) as running:
        try:
            url = running.stdout.readline().strip().removesuffix("/console")
            assert url.startswith("http://127.0.0.1:"), "the preview did not start"
            yield Preview(url)
        finally:
            running.terminate()


class Page:
    """A browser that looks at the preview as somebody."""

    def __init__(self, browser: webdriver.Chrome, preview: Preview) -> None:
        self.browser = browser
        self.preview = preview

    def visit(
        self, path: str, role: str = "operator", language: str = "en", theme: str = "light", size: tuple[int, int] = (1280, 900)
    ) -> None:
        """Opens `path` of the console, and waits until its parts are there."""
        # A window is never narrower than 500 pixels, a phone is.
        metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        if not self.browser.current_url.startswith(self.preview.url):
            self.browser.get(f"{self.preview.url}/console/assets/0/img/icon.svg")
        kept = {"preview_as": role, "madoguchi_language": language, "madoguchi_theme": theme, "madoguchi_zone": "Asia%2FTokyo"}
        for name, value in kept.items():
            self.browser.add_cookie({"name": name, "value": value, "path": "/"})
        self.browser.get(f"{self.preview.url}{path}")
        self.until(lambda b: b.execute_script("return document.readyState === 'complete' && !document.querySelector('.htmx-request')"))

    def until(self, what: Callable[[webdriver.Chrome], object]):
        """What `what` returns as soon as it is something; elements may be replaced meanwhile."""
        passing = (NoSuchElementException, StaleElementReferenceException, ElementClickInterceptedException)
        return WebDriverWait(self.browser, PATIENCE_S, poll_frequency=0.1, ignored_exceptions=passing).until(what)

    def find(self, selector: str, text: str = ""):
        """The element that shows `text`, as soon as it is there."""
        return self.until(lambda b: next((e for e in b.find_elements(By.CSS_SELECTOR, selector) if e.is_displayed() and text in e.text), None))

    def click(self, selector: str, text: str = "") -> None:
        """Clicks the element that shows `text`; again if it was drawn anew in between."""

        def once(b) -> bool:
            found = next((e for e in b.find_elements(By.CSS_SELECTOR, selector) if e.is_displayed() and text in e.text), None)
            if found is not None:
                found.click()
            return found is not None

        self.until(once)

    def gone(self, selector: str, text: str = "") -> None:
        """Waits until no such element is to be seen any more."""
        self.until(lambda b: not any(e.is_displayed() and text in e.text for e in b.find_elements(By.CSS_SELECTOR, selector)))

    def keep_screen(self, name: str) -> None:
        """A picture of what is to be seen, kept as output of the tests."""
        SCREENS.mkdir(parents=True, exist_ok=True)
        self.browser.save_screenshot(str(SCREENS / f"{name}.png"))

    def severe(self) -> list[str]:
        """What the browser complained about since the last call; the icon is asked for by what is no page."""
        told = [entry["message"] for entry in self.browser.get_log("browser") if entry["level"] == "SEVERE"]
        return [message for message in told if "/favicon.ico" not in message]

    def barriers(self) -> list[str]:
        """What axe finds that keeps people out of the page: WCAG 2.2, levels A and AA."""
        self.browser.execute_script(_axe())
        found = self.browser.execute_async_script(
            "const done = arguments[arguments.length - 1];"
            "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})"
            ".then(({violations}) => done(violations.map((v) => `${v.impact} ${v.id}: `"
            "+ v.nodes.slice(0, 3).map((n) => n.target.join(' ') + ' ' + n.failureSummary).join(' | '))))"
        )
        return found

    def sideways(self) -> int:
        """By how many pixels the page is wider than the window."""
        return self.browser.execute_script("return Math.max(0, document.documentElement.scrollWidth - innerWidth)")


@pytest.fixture
def page(chromium: tuple[str, str], preview: Preview, tmp_path: Path) -> Iterator[Page]:
    """A browser with an empty profile."""
    yield from _opened(chromium, preview, tmp_path)


@pytest.fixture
def large_page(chromium: tuple[str, str], large_preview: Preview, tmp_path: Path) -> Iterator[Page]:
    """The same for the large preview."""
    yield from _opened(chromium, large_preview, tmp_path)


def _opened(chromium: tuple[str, str], preview: Preview, folder: Path) -> Iterator[Page]:
    program, driver = chromium
    options = Options()
    options.binary_location = program
    # Containers give Chromium neither a sandbox nor enough shared memory.
    for argument in (
        "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run", "--lang=en",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", f"--user-data-dir={folder / 'profile'}",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(driver))
    browser.set_page_load_timeout(PATIENCE_S)
    browser.set_script_timeout(PATIENCE_S)
    try:
        yield Page(browser, preview)
    finally:
        browser.quit()


def _axe() -> str:
    # Without importing the package, which would ask for Playwright.
    folder = find_spec("axe_playwright_python").submodule_search_locations[0]
    return (Path(folder) / "axe.min.js").read_text(encoding="utf-8")
