"""What a person waits for in the console, as headless Chromium's own performance API tells it, on a stack of its own."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from . import tools
from .console import step
from .testbed import Testbed, eventually, isolated_stack

LOADS = 5
MESSAGES = 20
_TEXT = "How long until I see it?"
_PATIENCE_S = 40

# What was transferred for everything that the page asked for, itself included.
_FIGURES = """
const entries = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
const paint = performance.getEntriesByName('first-contentful-paint')[0];
const page = performance.getEntriesByType('navigation')[0];
return {
  requests: entries.length,
  bytes: entries.reduce((sum, entry) => sum + entry.transferSize, 0),
  first_paint_s: paint.startTime / 1000,
  loaded_s: page.loadEventEnd / 1000,
};
"""
# Notes the instant at which a text is in the page.
_WATCH = """
const [text] = arguments;
window.seen = null;
const look = () => {
  if (window.seen === null && document.querySelector('#conversation').textContent.includes(text)) window.seen = Date.now() / 1000;
};
new MutationObserver(look).observe(document.body, {subtree: true, childList: true, characterData: true});
look();
"""


def measure(out: Path) -> Path:
    """Writes to `out` what the loads took, and the seconds until each message was in the page."""
    with isolated_stack() as stack, tempfile.TemporaryDirectory() as profile, step("measuring the console"):
        conversation = _conversation(stack)
        browser = _browser(profile)
        try:
            address = f"{stack.description['console'].rstrip('/')}/inbox/{conversation}"
            sign_in(browser, stack, address)
            loads = [_load(browser, address) for _ in range(LOADS + 1)]
            bubbles = [_bubble(browser, stack, conversation, number) for number in range(MESSAGES)]
        finally:
            browser.quit()
    out.parent.mkdir(parents=True, exist_ok=True)
    # The first load finds functions that have to start.
    out.write_text(json.dumps({"loads": loads[1:], "bubble_s": bubbles}))
    return out


def sign_in(browser: webdriver.Chrome, stack: Testbed, address: str, group: str = "operators") -> None:
    """Opens `address` as somebody of `group`, through the identity provider's own page."""
    login = next(login for login in stack.description["logins"] if login["group"] == group)
    browser.get(address)
    wait = WebDriverWait(browser, _PATIENCE_S)
    name = wait.until(lambda b: b.find_element(By.CSS_SELECTOR, 'input[name="username"]'))
    name.send_keys(login["email"])
    browser.find_element(By.CSS_SELECTOR, 'input[name="password"]').send_keys(login["password"])
    browser.find_element(By.CSS_SELECTOR, 'form [type="submit"]').click()
    wait.until(lambda b: b.find_element(By.CSS_SELECTOR, 'body[data-kind="page"]'))


def _browser(profile: str) -> webdriver.Chrome:
    program, driver = tools.browser()
    options = Options()
    options.binary_location = program
    for argument in (
        "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run", "--lang=en",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", f"--user-data-dir={profile}",
    ):
        options.add_argument(argument)
    return webdriver.Chrome(options=options, service=Service(driver))


def _load(browser: webdriver.Chrome, address: str) -> dict:
    browser.execute_cdp_cmd("Network.clearBrowserCache", {})
    browser.get("about:blank")
    browser.get(address)
    loaded = "return performance.getEntriesByType('navigation')[0].loadEventEnd > 0 && performance.getEntriesByName('first-contentful-paint').length > 0"
    WebDriverWait(browser, _PATIENCE_S).until(lambda b: b.execute_script(loaded))
    return browser.execute_script(_FIGURES)


def _bubble(browser: webdriver.Chrome, stack: Testbed, conversation: str, number: int) -> float:
    text = f"Bubble {number} of {time.time_ns()}"
    browser.execute_script(_WATCH, text)
    sent = stack.api("POST", f"/conversations/{conversation}/messages", {"text": text}, headers={"Idempotency-Key": text})
    committed = time.time()
    assert sent.status < 300, sent
    seen = WebDriverWait(browser, _PATIENCE_S, poll_frequency=0.05).until(lambda b: b.execute_script("return window.seen"))
    return max(seen - committed, 0.0)


def _conversation(stack: Testbed) -> str:
    def look() -> str | None:
        items = stack.api("GET", "/conversations", limit=100).json()["items"]
        return next((item["id"] for item in items if item["preview"] == _TEXT), None)

    customer = stack.simulator("POST", "/control/customers", {"name": "Console"}).json()["id"]
    act = {"provider": "line", "customer": customer, "kind": "text", "text": _TEXT}
    assert stack.simulator("POST", "/control/act", act).status == 200
    return eventually(look, "a conversation", 30)
