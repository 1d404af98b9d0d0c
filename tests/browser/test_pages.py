"""The customer's and the operator's page in a browser, against the deployed stack."""

from __future__ import annotations

from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from infra.local.testbed import SCHEDULE_PATIENCE_S, Testbed, eventually

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


def _click(browser, selector: str, text: str) -> None:
    """Clicks the element that shows `text`; again if it was drawn anew in between."""

    def click(b) -> bool:
        found = next((e for e in b.find_elements(By.CSS_SELECTOR, selector) if text in e.text), None)
        if found is not None:
            found.click()
        return found is not None

    _until(browser, click)


def _write(browser, phone: str, text: str) -> None:
    field = _until(browser, lambda b: b.find_element(By.CSS_SELECTOR, f"#{phone} .composer .text"))
    field.send_keys(text)
    field.find_element(By.XPATH, "./ancestor::form").find_element(By.CSS_SELECTOR, "button.send").click()
    _shows(browser, f"#{phone} .bubble", text)


def _sign_in(browser, stack: Testbed, group: str) -> None:
    login = next(login for login in stack.description["logins"] if login["group"] == group)
    browser.get(stack.description["console"])
    _until(browser, lambda b: b.find_element(By.ID, "email").is_displayed())
    browser.find_element(By.ID, "email").send_keys(login["email"])
    browser.find_element(By.ID, "password").send_keys(login["password"] + Keys.ENTER)
    _until(browser, lambda b: b.find_element(By.ID, "desk").is_displayed())


def test_a_customer_writes_on_both_channels_and_an_operator_answers_both(browser, stack: Testbed, unique: str):
    browser.get(stack.description["simulator"])
    name = _until(browser, lambda b: b.find_element(By.ID, "new-name"))
    name.send_keys(f"Browser {unique}" + Keys.ENTER)
    _shows(browser, "#customers option", f"Browser {unique}")
    for phone in ("messenger", "line"):
        _write(browser, phone, f"{phone} {unique}")
    customer_page = browser.current_window_handle

    browser.switch_to.new_window("tab")
    _sign_in(browser, stack, "operators")
    for phone in ("messenger", "line"):
        _click(browser, "#conversations button.open", f"{phone} {unique}")
        _shows(browser, "#talk .bubble", f"{phone} {unique}")
        field = _until(browser, lambda b: b.find_element(By.CSS_SELECTOR, "#talk form.reply textarea"))
        field.send_keys(f"answer to {phone} {unique}")
        browser.find_element(By.CSS_SELECTOR, "#talk form.reply button[type=submit]").click()
        _shows(browser, "#talk .row.mine .bubble", f"answer to {phone} {unique}")

    browser.switch_to.window(customer_page)
    for phone in ("messenger", "line"):
        _shows(browser, f"#{phone} .bubble", f"answer to {phone} {unique}")
    severe = [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    assert not severe, severe


def test_an_operator_sends_a_sticker_and_a_place_and_one_text_later(browser, stack: Testbed, unique: str):
    """MSG-2, MSG-12 and RPL-15 on the operator's page."""
    browser.get(stack.description["simulator"])
    name = _until(browser, lambda b: b.find_element(By.ID, "new-name"))
    name.send_keys(f"Places {unique}" + Keys.ENTER)
    _shows(browser, "#customers option", f"Places {unique}")
    _write(browser, "line", f"where {unique}")
    customer_page = browser.current_window_handle

    browser.switch_to.new_window("tab")
    _sign_in(browser, stack, "operators")
    _click(browser, "#conversations button.open", f"where {unique}")
    for button, shown in (("Sticker", "スタンプ"), ("Location", "東京駅")):
        _click(browser, "#talk .extras button", button)
        _shows(browser, "#talk .row.mine .bubble", shown)
    later = browser.find_element(By.CSS_SELECTOR, "#talk .extras input")
    tomorrow = "const at = new Date(Date.now() + 864e5 - new Date().getTimezoneOffset() * 6e4);"
    browser.execute_script(f"{tomorrow} arguments[0].value = at.toISOString().slice(0, 16);", later)
    field = browser.find_element(By.CSS_SELECTOR, "#talk form.reply textarea")
    field.send_keys(f"tomorrow {unique}" + Keys.CONTROL + Keys.ENTER)
    _shows(browser, "#talk .row.mine .status", "scheduled")
    _shows(browser, "#talk .row.mine .bubble", f"tomorrow {unique}")
    _click(browser, "#talk .row.mine button.link", "Cancel")
    _shows(browser, "#talk .row.mine .status", "canceled")

    browser.switch_to.window(customer_page)
    _until(browser, lambda b: b.find_elements(By.CSS_SELECTOR, "#line .row.theirs .bubble img.sticker"))
    place = _shows(browser, "#line .row.theirs .bubble a.place", "東京駅")
    assert "mlat=35.681236" in place.get_attribute("href")
    assert not browser.find_elements(By.XPATH, f"//*[@id='line']//*[contains(text(), 'tomorrow {unique}')]")


def test_a_wrong_password_is_told_in_words(browser, stack: Testbed):
    browser.get(stack.description["console"])
    _until(browser, lambda b: b.find_element(By.ID, "email").is_displayed())
    browser.find_element(By.ID, "email").send_keys("operator@example.test")
    browser.find_element(By.ID, "password").send_keys("not the password" + Keys.ENTER)
    problem = _until(browser, lambda b: (e := b.find_element(By.ID, "sign-in-problem")).is_displayed() and e)
    assert problem.text.strip()


def test_an_administrator_changes_a_timer(browser, stack: Testbed):
    _sign_in(browser, stack, "administrators")
    button = _until(browser, lambda b: (e := b.find_element(By.ID, "open-settings")).is_displayed() and e)
    button.click()
    _until(browser, lambda b: b.find_elements(By.CSS_SELECTOR, "#channels fieldset.channel"))


def _secret_at_line(stack: Testbed, secret: str) -> None:
    account = stack.channel("line")["external_id"]
    for path, body in (("secret", {"channel": account, "secret": secret}), ("revoke", {"channel": account})):
        answered = stack.simulator("POST", f"/control/line/{path}", body)
        assert answered.status == 200, answered


def test_a_channel_that_lost_its_credential_stands_above_the_inbox_until_it_is_mended(browser, stack: Testbed, unique: str):
    """AUT-12."""
    channel = stack.channel("line")
    path = f"/channels/{channel['id']}"

    def checked(wanted: str):
        def look() -> bool:
            assert stack.api("POST", f"{path}/check", {}, group="administrators").status == 202
            stack.invoke("token-refresh")
            return stack.api("GET", path).json()["health"]["state"] == wanted

        return look

    eventually(checked("healthy"), "the channel works", SCHEDULE_PATIENCE_S)
    _sign_in(browser, stack, "operators")
    _secret_at_line(stack, f"another-{unique}")
    try:
        eventually(checked("needs_reauthorization"), "the channel is held", SCHEDULE_PATIENCE_S)
        banner = _shows(browser, "#banner .red", "LINE")
        assert "Ask an administrator" in banner.text
    finally:
        _secret_at_line(stack, channel["credentials"]["channel_secret"])
        eventually(checked("healthy"), "the channel works again", SCHEDULE_PATIENCE_S)
    _until(browser, lambda b: not b.find_elements(By.CSS_SELECTOR, "#banner .red"))
    severe = [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    assert not severe, severe
