"""One conversation: written, sent, kept, read."""

from __future__ import annotations

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys


def test_con_1_a_reply_is_shown_at_once_and_then_as_sent(page):
    """CON-1, SND-1: Ctrl+Enter sends; the bubble that stands there at once becomes the message, once."""
    conversation = page.preview.customer_writes("line", "customer-1", "在庫はありますか？")
    page.visit(f"/console/conversations/{conversation}")
    field = page.browser.find_element(By.ID, "composer-text")
    field.send_keys("ございます。<b>本日</b>発送できます。")
    field.send_keys(Keys.CONTROL, Keys.ENTER)
    own = "#messages .message.out[data-status='sent'] .words"
    page.find(own, "本日")
    shown = page.browser.find_elements(By.CSS_SELECTOR, ".message.out .words")
    assert [said.text for said in shown if "本日" in said.text] == ["ございます。<b>本日</b>発送できます。"]
    assert field.get_property("value") == ""


def test_con_6_what_was_begun_is_there_after_loading_anew(page):
    """CON-6: the draft is saved by itself and is there again."""
    conversation = page.preview.customer_writes("line", "customer-2", "こんにちは")
    page.visit(f"/console/conversations/{conversation}")
    page.browser.find_element(By.ID, "composer-text").send_keys("書きかけの返事")
    page.find("#composer-saved", "saved")
    page.browser.execute_script("localStorage.clear()")
    page.visit(f"/console/conversations/{conversation}")
    field = page.browser.find_element(By.ID, "composer-text")
    assert field.get_property("value") == "書きかけの返事"
    field.clear()


def test_con_1_a_conversation_has_no_barriers(page):
    """CON-1, CON-8: with a message of each kind, on a phone too."""
    conversation = page.preview.customer_writes("messenger", "customer-2", "もう一つ質問です")
    for language, theme in [("ja", "light"), ("en", "dark")]:
        page.visit(f"/console/conversations/{conversation}", "administrator", language, theme)
        page.keep_screen(f"conversation-{language}-{theme}")
        assert page.barriers() == [], (language, theme)
    page.visit(f"/console/conversations/{conversation}", "administrator", "ja", "dark", size=(360, 740))
    page.keep_screen("conversation-phone")
    assert page.sideways() == 0
    assert page.barriers() == []
    assert page.severe() == []
