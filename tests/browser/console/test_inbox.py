"""The inbox: a list that changes by itself, is worked through by keys, and stays smooth with 1,000 conversations."""

from __future__ import annotations

import uuid

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys


def _rows(page) -> list[str]:
    return page.browser.execute_script("return [...document.querySelectorAll('#rows > .chat')].map((row) => row.dataset.id)")


def _press(page, *keys: str) -> None:
    ActionChains(page.browser).send_keys(*keys).perform()


def _look(page) -> None:
    """What the page does every 15 seconds while nothing tells it what has changed."""
    page.browser.execute_script("document.dispatchEvent(new CustomEvent('madoguchi:poll', {detail: {}}))")


def test_con_9_a_message_appears_without_a_reload_and_without_taking_the_place(page):
    """CON-9: the row comes to the top; focus stays where it was; hearing of it again changes nothing."""
    page.visit("/console/inbox")
    page.browser.execute_script("window.stays = true")
    _press(page, "j", "j")
    focused = page.browser.execute_script("return document.activeElement.closest('.chat').dataset.id")
    text = f"wo ist {uuid.uuid4().hex[:8]}"
    identifier = page.preview.customer_writes("line", "customer-3", text)
    _look(page)
    page.find(f"#row-{identifier} .row-preview", text)
    assert _rows(page)[0] == identifier
    assert page.browser.execute_script("return document.activeElement.closest('.chat').dataset.id") == focused
    before = _rows(page)
    page.browser.execute_script(
        "for (const version of [1, 2, 1]) document.dispatchEvent(new CustomEvent('madoguchi:conversation',"
        "{detail: {kind: 'conversation', id: arguments[0], conversation_id: arguments[0], version, removed: false}}))",
        identifier,
    )
    _look(page)
    page.until(lambda b: _rows(page) == before)
    assert page.browser.execute_script("return window.stays") is True


def test_con_4_the_command_bar_finds_commands_and_customers_and_single_keys_can_be_switched_off(page):
    """CON-4; WCAG 2.1.4."""
    page.visit("/console/inbox")
    ActionChains(page.browser).key_down(Keys.CONTROL).send_keys("k").key_up(Keys.CONTROL).perform()
    field = page.find("#dialog [role='combobox']")
    field.send_keys("clsd")
    page.find("#dialog [role='option'][aria-selected='true']", "Closed")
    assert page.barriers() == []
    field.send_keys(Keys.ENTER)
    page.until(lambda b: "section=closed" in b.current_url)
    _press(page, "?")
    page.find("#dialog h2", "Keyboard shortcuts")
    assert page.barriers() == []
    page.click("#dialog input[type='checkbox']")
    _press(page, Keys.ESCAPE)
    page.gone("#dialog")
    _press(page, "g", "s")
    _press(page, "?")
    assert "/console/inbox" in page.browser.current_url
    assert not page.browser.find_element(By.ID, "dialog").is_displayed()


def test_src_5_a_view_is_saved_and_removed(page):
    """SRC-5: the filters of the list under a name."""
    name = f"Bots {uuid.uuid4().hex[:6]}"
    page.visit("/console/inbox?mode=bot&sort=waiting")
    page.find(".list-chip", "Bot")
    page.click(".sections-save")
    page.find("#dialog #view-name").send_keys(name, Keys.ENTER)
    page.find("#sections a[aria-current]", name)
    page.click(".list-chip")
    page.gone(".list-chip")
    page.click("#sections a", name)
    page.find(".list-chip", "Bot")
    assert "mode=bot" in page.browser.current_url
    ActionChains(page.browser).move_to_element(page.find("#sections a", name)).perform()
    page.click(".sections-view:has(a[aria-current]) summary")
    page.click(".sections-view [data-call^='DELETE']")
    page.click("#dialog button", "Remove")
    page.gone("#sections a", name)


def test_con_1_a_phone_shows_the_list_or_the_conversation(page):
    """CON-1: at 360 pixels the conversation covers the list, and one comes back."""
    page.visit("/console/inbox", size=(360, 740))
    first = _rows(page)[0]
    page.click(f"#row-{first} .row-name")
    page.find(".thread-back")
    assert not page.browser.find_element(By.ID, "list").is_displayed()
    assert page.sideways() == 0
    page.click(".thread-back")
    page.find(f"#row-{first}")
    assert page.sideways() == 0


def test_con_1_a_thousand_conversations_are_loaded_as_one_scrolls(large_page):
    """CON-1: page after page is reached, nothing twice; while one has scrolled, what is new waits above."""
    page = large_page
    page.visit("/console/inbox")
    assert len(_rows(page)) == 30
    bottom = "const list = document.querySelector('#list-scroll'); list.scrollTop = list.scrollHeight;"
    for reached in (200, 400):
        page.until(lambda b: b.execute_script(bottom) or len(_rows(page)) >= reached)
    rows = _rows(page)
    assert len(set(rows)) == len(rows)
    page.browser.execute_script("document.querySelector('#list-scroll').scrollTop = 2400")
    top = page.browser.execute_script("return document.querySelector('#list-scroll').scrollTop")
    assert top > 1000
    page.preview.customer_writes("messenger", "customer-4", "new above")
    _look(page)
    page.find(".list-new", "1 new")
    page.click(".list-new")
    page.find(".row-preview", "new above")
