"""The console in a browser, against the deployed stack: signing in at the identity provider's own page (CON-1)."""

from __future__ import annotations

from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from infra.local.testbed import Testbed

_PATIENCE_S = 40


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
