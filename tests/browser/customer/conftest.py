"""The simulator by itself, and a browser that looks at the customer's page. What needs the inbox is tested on the stack."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from infra.local import build, tools
from infra.local.settings import ROOT, cache_folder, cargo_target_folder

PATIENCE_S = 20
SCREENS = ROOT / ".local" / "test" / "customer"


class Customer:
    """A browser at the customer's page, and the strings behind the stage."""

    def __init__(self, browser: webdriver.Chrome, url: str) -> None:
        self.browser = browser
        self.url = url
        self.complaints_expected = False

    def control(self, path: str, body: dict, headers: dict[str, str] | None = None) -> dict:
        """Posts to the simulator."""
        data = json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}{path}", data, {"content-type": "application/json"} | (headers or {}))
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return json.load(answer)

    def act(self, provider: str, **action: object) -> dict:
        """The first customer does something, as if on the page."""
        return self.control("/control/act", {"provider": provider} | action)

    def company_says(self, text: str) -> None:
        """The company pushes a text to the first customer on LINE."""
        form = b"grant_type=client_credentials&client_id=1650000001&client_secret=test-line-secret"
        request = urllib.request.Request(f"{self.url}/oauth2/v3/token", form, {"content-type": "application/x-www-form-urlencoded"})
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            token = json.load(answer)["access_token"]
        with urllib.request.urlopen(f"{self.url}/control/peer?provider=line", timeout=PATIENCE_S) as answer:
            peer = json.load(answer)["peer"]
        message = {"type": "text", "text": text, "sender": {"name": "鈴木"}}
        self.control("/v2/bot/message/push", {"to": peer, "messages": [message]}, {"authorization": f"Bearer {token}"})

    def visit(self, language: str = "en", theme: str = "light", size: tuple[int, int] = (1280, 900)) -> None:
        """Opens the page as a browser with these wishes would."""
        # A window is never narrower than 500 pixels, a phone is.
        metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        scheme = {"name": "prefers-color-scheme", "value": theme}
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        agent = self.browser.execute_script("return navigator.userAgent")
        self.browser.execute_cdp_cmd("Emulation.setUserAgentOverride", {"userAgent": agent, "acceptLanguage": language})
        self.browser.get(self.url)
        self.until(lambda b: b.find_elements(By.CSS_SELECTOR, "#customers option"))

    def until(self, what: Callable[[webdriver.Chrome], object]):
        """What `what` returns as soon as it is something; elements may be replaced meanwhile."""
        passing = (NoSuchElementException, StaleElementReferenceException)
        return WebDriverWait(self.browser, PATIENCE_S, poll_frequency=0.1, ignored_exceptions=passing).until(what)

    def find(self, selector: str, text: str = "") -> WebElement:
        """The element that shows `text`, as soon as it is there."""
        return self.until(lambda b: next((e for e in b.find_elements(By.CSS_SELECTOR, selector) if e.is_displayed() and text in e.text), None))

    def gone(self, selector: str) -> None:
        """Waits until no such element is there any more."""
        self.until(lambda b: not any(e.is_displayed() for e in b.find_elements(By.CSS_SELECTOR, selector)))

    def js(self, script: str, *arguments: object):
        """What a script returns."""
        return self.browser.execute_script(script, *arguments)

    def keep_screen(self, name: str) -> None:
        """A picture of what is to be seen, kept as output of the tests."""
        SCREENS.mkdir(parents=True, exist_ok=True)
        self.browser.save_screenshot(str(SCREENS / f"{name}.png"))

    def barriers(self) -> list[str]:
        """What axe finds that keeps people out of the page: WCAG 2.2, levels A and AA."""
        self.browser.execute_script(_axe())
        return self.browser.execute_async_script(
            "const done = arguments[arguments.length - 1];"
            "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})"
            ".then(({violations}) => done(violations.map((v) => `${v.impact} ${v.id}: `"
            "+ v.nodes.slice(0, 3).map((n) => n.target.join(' ') + ' ' + n.failureSummary).join(' | '))))"
        )


@pytest.fixture(scope="session")
def simulator() -> Iterator[str]:
    """The address of a simulator without a product."""
    with tools.locked(cache_folder() / "build.lock"):
        build.claim_target()
        environment = os.environ | {"CARGO_TARGET_DIR": str(cargo_target_folder())}
        command = ["cargo", "build", "--locked", "--quiet", "-p", "madoguchi-simulator"]
        subprocess.run(command, cwd=ROOT, check=True, env=environment)
    program = [str(cargo_target_folder() / "debug" / "madoguchi-simulator")]
    environment = {"SIMULATOR_BIND": "127.0.0.1:0"}
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True, env=environment) as running:
        try:
            yield running.stdout.readline().split()[1]
        finally:
            running.terminate()


@pytest.fixture
def customer(chromium: tuple[str, str], simulator: str, tmp_path: Path) -> Iterator[Customer]:
    """A browser with an empty profile, and a simulator as at the beginning. The page must not have complained."""
    program, driver = chromium
    options = Options()
    options.binary_location = program
    # Containers give Chromium neither a sandbox nor enough shared memory.
    for argument in (
        "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run", "--lang=en",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", f"--user-data-dir={tmp_path / 'profile'}",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(driver))
    browser.set_page_load_timeout(PATIENCE_S)
    browser.set_script_timeout(PATIENCE_S)
    opened = Customer(browser, simulator)
    opened.control("/control/reset", {})
    try:
        yield opened
        severe = [entry["message"] for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
        assert opened.complaints_expected or severe == []
    finally:
        browser.quit()


def _axe() -> str:
    # Without importing the package, which would ask for Playwright.
    folder = find_spec("axe_playwright_python").submodule_search_locations[0]
    return (Path(folder) / "axe.min.js").read_text(encoding="utf-8")
