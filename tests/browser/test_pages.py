"""The customer's page in a browser, against the deployed stack."""

from __future__ import annotations

from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from infra.local.testbed import Testbed, eventually

_PATIENCE_S = 40


def _until(browser, what):
    # The pages draw their lists anew while one looks.
    passing = (NoSuchElementException, StaleElementReferenceException)
    return WebDriverWait(browser, _PATIENCE_S, poll_frequency=0.2, ignored_exceptions=passing).until(what)


def _shows(browser, selector: str, text: str):
    return _until(
        browser,
        lambda b: next((e for e in b.find_elements(By.CSS_SELECTOR, selector) if text in e.text), None),
    )


def _write(browser, phone: str, text: str) -> None:
    field = _until(browser, lambda b: b.find_element(By.CSS_SELECTOR, f"#{phone} .composer .text"))
    field.send_keys(text)
    field.find_element(By.XPATH, "./ancestor::form").find_element(By.CSS_SELECTOR, "button.send").click()
    _shows(browser, f"#{phone} .bubble", text)


def _answer(stack: Testbed, text: str) -> None:
    """An operator answers whoever wrote `text` last."""

    def look() -> dict | None:
        items = stack.api("GET", "/conversations", section="open", limit=100).json()["items"]
        return next((item for item in items if item["preview"] == text), None)

    found = eventually(look, f"a conversation with {text!r}")
    reply, key = {"text": f"answer to {text}"}, {"Idempotency-Key": f"answer-to-{text}".replace(" ", "-")}
    given = stack.api("POST", f"/conversations/{found['id']}/messages", reply, headers=key)
    assert given.status == 202, given


def test_a_customer_writes_on_both_channels_and_sees_what_an_operator_answers(browser, stack: Testbed, unique: str):
    browser.get(stack.description["simulator"])
    name = _until(browser, lambda b: b.find_element(By.ID, "new-name"))
    name.send_keys(f"Browser {unique}" + Keys.ENTER)
    _shows(browser, "#customers option", f"Browser {unique}")
    for phone in ("messenger", "line"):
        _write(browser, phone, f"{phone} {unique}")
    for phone in ("messenger", "line"):
        _answer(stack, f"{phone} {unique}")
        _shows(browser, f"#{phone} .bubble", f"answer to {phone} {unique}")
    severe = [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    assert not severe, severe
