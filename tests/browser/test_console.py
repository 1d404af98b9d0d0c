"""The console in a browser, against the deployed stack: signing in at the identity provider's own page, and working (CON-1)."""

from __future__ import annotations

import base64
from pathlib import Path

from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from infra.local.testbed import SCHEDULE_PATIENCE_S, Testbed, eventually

_PATIENCE_S = 40
# One pixel.
_PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def _until(browser, what):
    passing = (NoSuchElementException, StaleElementReferenceException)
    return WebDriverWait(browser, _PATIENCE_S, poll_frequency=0.2, ignored_exceptions=passing).until(what)


def _find(browser, selector: str):
    return _until(browser, lambda b: b.find_element(By.CSS_SELECTOR, selector))


def _sign_in(browser, stack: Testbed, address: str, group: str = "operators") -> None:
    login = next(login for login in stack.description["logins"] if login["group"] == group)
    browser.get(address)
    _find(browser, 'input[name="username"]').send_keys(login["email"])
    browser.find_element(By.CSS_SELECTOR, 'input[name="password"]').send_keys(login["password"])
    browser.find_element(By.CSS_SELECTOR, 'form [type="submit"]').click()
    _find(browser, 'body[data-kind="page"]')


def _shows(browser, selector: str, text: str = ""):
    """The element that shows `text`, as soon as it is there."""
    return _until(
        browser,
        lambda b: next((e for e in b.find_elements(By.CSS_SELECTOR, selector) if e.is_displayed() and text in e.text), None),
    )


def _customer(stack: Testbed, name: str) -> str:
    return stack.simulator("POST", "/control/customers", {"name": name}).json()["id"]


def _writes(stack: Testbed, customer: str, text: str) -> None:
    act = {"provider": "line", "customer": customer, "kind": "text", "text": text}
    assert stack.simulator("POST", "/control/act", act).status == 200


def _reached(stack: Testbed, customer: str, wanted: str) -> dict:
    """What the customer has got that has `wanted` in it."""

    def look() -> dict | None:
        items = stack.simulator("GET", f"/control/sent?recipient={customer}").json()["items"]
        return next((item for item in items if wanted in str(item)), None)

    return eventually(look, f"{wanted} at the customer", _PATIENCE_S)


def _send(browser, text: str) -> None:
    _find(browser, "#composer-text").send_keys(text + Keys.CONTROL + Keys.ENTER)


def test_con_1_a_customer_writes_and_is_answered_without_the_page_being_loaded_anew(browser, stack: Testbed, unique: str, tmp_path: Path):
    """CON-1, CON-9, TPL-1, SND-1: a row appears by itself, is opened, taken and answered: with a template, a picture, and by name."""
    template = {"name": f"Greeting {unique}", "variants": {"en": {"text": f"Welcome {unique}, {{{{contact.name|dear customer}}}}!"}}}
    assert stack.api("POST", "/templates", template, group="administrators").status == 201
    assert stack.api("PUT", "/me/availability", {"available": True}).status == 200
    assert stack.api("PATCH", "/me", {"display_name": "Hanako"}).status == 200
    _sign_in(browser, stack, f"{stack.description['console']}/inbox?section=open")
    browser.execute_script("window.stays = true")
    customer = _customer(stack, f"Console {unique}")
    _writes(stack, customer, f"Is anybody there? {unique}")
    row = _shows(browser, "#rows .chat", f"Is anybody there? {unique}")
    row.find_element(By.CSS_SELECTOR, ".row-name").click()
    _shows(browser, "#messages .message.in", f"Is anybody there? {unique}")

    _shows(browser, '[data-act="assign"]').click()
    _until(browser, lambda b: not b.find_elements(By.CSS_SELECTOR, '[data-act="assign"]'))

    _find(browser, "#composer-text").send_keys(f"/Greeting {unique}")
    _shows(browser, "#composer-suggest [data-template]", f"Greeting {unique}").click()
    _shows(browser, "#dialog button[value='insert']").click()
    _until(browser, lambda b: f"Welcome {unique}" in b.find_element(By.ID, "composer-text").get_property("value"))
    _send(browser, " How can we help?")
    _shows(browser, "#messages .message.out[data-status='sent']", "How can we help?")
    _reached(stack, customer, f"Welcome {unique}")

    picture = tmp_path / "pixel.png"
    picture.write_bytes(_PICTURE)
    browser.find_element(By.ID, "composer-file").send_keys(str(picture))
    _until(browser, lambda b: b.find_element(By.ID, "composer-files").is_displayed() and b.find_element(By.ID, "composer-send").is_enabled())
    browser.find_element(By.ID, "composer-send").click()
    _until(browser, lambda b: b.find_elements(By.CSS_SELECTOR, "#messages .message.out[data-status='sent'] img"))
    _reached(stack, customer, "image")

    browser.find_element(By.CSS_SELECTOR, "#composer-sender option[value='operator']").click()
    _send(browser, f"By name {unique}")
    _shows(browser, "#messages .message.out[data-status='sent']", f"By name {unique}")
    assert "Hanako" in str(_reached(stack, customer, f"By name {unique}"))

    _writes(stack, customer, f"Thank you {unique}")
    _shows(browser, "#messages .message.in", f"Thank you {unique}")
    assert browser.execute_script("return window.stays") is True, "the page was loaded anew"


def test_con_1_an_idle_close_appears_and_the_conversation_is_reopened(browser, stack: Testbed, unique: str):
    """CON-1, TMR-2: what a timer does is seen without a look."""
    channel = f"/channels/{stack.channel('line')['id']}"
    before = stack.api("GET", channel).json()["settings"]
    assert stack.api("PATCH", channel, {"idle_close_after_minutes": 1}, group="administrators").status == 200
    try:
        customer = _customer(stack, f"Idle {unique}")
        _writes(stack, customer, f"Only a short question {unique}")

        def look() -> str | None:
            items = stack.api("GET", "/conversations", section="open", limit=100).json()["items"]
            return next((item["id"] for item in items if unique in (item["preview"] or "")), None)

        conversation = eventually(look, "a conversation", _PATIENCE_S)
        _sign_in(browser, stack, f"{stack.description['console']}/inbox/{conversation}")
        patience = WebDriverWait(browser, 60 + SCHEDULE_PATIENCE_S, ignored_exceptions=(StaleElementReferenceException,))
        patience.until(lambda b: next((e for e in b.find_elements(By.CSS_SELECTOR, '[data-act="reopen"]') if e.is_displayed()), None))
    finally:
        minutes = before["idle_close_after_minutes"]
        assert stack.api("PATCH", channel, {"idle_close_after_minutes": minutes}, group="administrators").status == 200
    _shows(browser, '[data-act="reopen"]').click()
    _shows(browser, '[data-act="close"]')


def test_con_1_somebody_signs_in_where_they_wanted_to_go_and_out_again(browser, stack: Testbed):
    console = stack.description["console"]
    _sign_in(browser, stack, f"{console}/settings/me")
    assert browser.current_url == f"{console}/settings/me"
    assert not browser.execute_script("return document.cookie.includes('session')"), "no script can read it"
    browser.execute_script("document.querySelector('form[data-sign-out]').requestSubmit()")
    _find(browser, 'input[name="password"]')
    browser.get(f"{console}/inbox")
    _find(browser, 'input[name="password"]')


def test_con_1_a_tab_in_which_somebody_signs_in_again_lets_the_other_go_on(browser, stack: Testbed):
    console = stack.description["console"]
    _sign_in(browser, stack, f"{console}/settings/me")
    mine = browser.current_window_handle
    before = _find(browser, 'meta[name="csrf"]').get_attribute("content")
    browser.delete_cookie("madoguchi_session")
    browser.switch_to.new_window("tab")
    login = next(login for login in stack.description["logins"] if login["group"] == "operators")
    browser.get(f"{console}/signed-in")
    _find(browser, 'input[name="username"]').send_keys(login["email"])
    browser.find_element(By.CSS_SELECTOR, 'input[name="password"]').send_keys(login["password"])
    browser.find_element(By.CSS_SELECTOR, 'form [type="submit"]').click()
    _find(browser, 'body[data-kind="notice"] h1')
    browser.switch_to.window(mine)
    _until(browser, lambda b: b.find_element(By.CSS_SELECTOR, 'meta[name="csrf"]').get_attribute("content") != before)
    put = """
      const done = arguments[arguments.length - 1];
      fetch('/console/api/me/availability', {
        method: 'PUT', body: '{"available":true}',
        headers: {'content-type': 'application/json', 'x-csrf-token': document.querySelector('meta[name="csrf"]').content},
      }).then((answer) => done(answer.status));
    """
    assert browser.execute_async_script(put) == 200
