"""The customer's page: how it looks, what one can do on it by keyboard, and what it keeps while things happen."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

PICTURE = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
PHONES = ("messenger", "line", "whatsapp", "sms")

# Puts a picture into what a drop or a paste carries.
_CARRY = """
const [selector, name, kind, encoded] = arguments;
const bytes = Uint8Array.from(atob(encoded), (c) => c.charCodeAt(0));
const carried = new DataTransfer();
carried.items.add(new File([bytes], name, {type: kind}));
const on = document.querySelector(selector);
"""
_DROP = _CARRY + "on.dispatchEvent(new DragEvent('drop', {dataTransfer: carried, bubbles: true, cancelable: true}));"
_PASTE = _CARRY + "on.dispatchEvent(new ClipboardEvent('paste', {clipboardData: carried, bubbles: true, cancelable: true}));"


def _fill(customer) -> None:
    for provider in PHONES:
        customer.act(provider, kind="text", text="Hello 👋 こんにちは שלום https://example.test/a?b=c " + "long" * 30)
        customer.act(provider, kind="image", count=1)
        customer.act(provider, kind="media", media="video")
        customer.act(provider, kind="media", media="audio")
    for provider in PHONES[:3]:
        customer.act(provider, kind="media", media="file")
        customer.act(provider, kind="sticker")
    for provider in ("line", "whatsapp"):
        customer.act(provider, kind="attachment", attachment="location")
    customer.act("line", kind="follow")
    customer.company_says("お待たせしました。\nhttps://example.test/")


def test_the_page_has_no_barriers_and_fits(customer):
    """axe finds nothing, in both languages and themes; nothing is cut off on a phone."""
    customer.visit()
    assert customer.barriers() == [], "empty"
    _fill(customer)
    for language, theme in (("ja", "light"), ("en", "dark")):
        customer.visit(language, theme)
        assert customer.js("return document.documentElement.lang") == language
        customer.find("#line .bubble", "お待たせしました")
        customer.keep_screen(f"customer-{language}-{theme}")
        assert customer.barriers() == [], (language, theme)
    for width in (360, 768, 1024):
        customer.visit("ja", "dark", (width, 740))
        customer.find("#messenger .bubble", "こんにちは")
        customer.keep_screen(f"customer-{width}")
        assert customer.js("return document.documentElement.scrollWidth <= innerWidth"), width
        assert customer.barriers() == [], width


def test_a_message_is_written_and_taken_back_by_keyboard(customer):
    customer.act("line", kind="follow")
    customer.visit()
    text = customer.find("#line .composer textarea")
    text.send_keys("first line" + Keys.SHIFT + Keys.ENTER + Keys.NULL + "second" + Keys.ENTER)
    assert customer.find("#line .bubble", "first line").text == "first line\nsecond"
    assert customer.js("return document.activeElement === arguments[0]", text), "one can go on writing"

    customer.js("document.querySelector('#line .chat').focus()")
    row = ".row.mine"
    customer.browser.switch_to.active_element.send_keys(Keys.ARROW_UP)
    assert customer.js("return document.activeElement.matches(arguments[0])", row)
    customer.browser.switch_to.active_element.send_keys(Keys.ENTER)
    customer.find("#line .actions button", "Unsend")
    assert "Reply" in customer.browser.switch_to.active_element.text
    customer.browser.switch_to.active_element.send_keys(Keys.ARROW_RIGHT)
    assert "Unsend" in customer.browser.switch_to.active_element.text
    customer.browser.switch_to.active_element.send_keys(Keys.ENTER)
    customer.find("#line .day", "You unsent a message")


def test_half_written_texts_stay_with_their_chat(customer):
    customer.visit()
    text = customer.find("#sms .composer textarea")
    text.send_keys("half wri")
    customer.find("#new-name").send_keys("Ægir 🐟 العربية" + Keys.ENTER)
    customer.until(lambda b: b.find_element(By.ID, "customers").get_attribute("value") == "customer-5")
    customer.until(lambda _: text.get_property("value") == "")
    customer.js("const s = document.getElementById('customers'); s.value = 'customer-1'; s.dispatchEvent(new Event('change'))")
    customer.until(lambda _: text.get_property("value") == "half wri")
    customer.find("#language").click()
    assert customer.js("return document.documentElement.lang") == "ja"
    assert text.get_property("value") == "half wri"
    text.send_keys("tten" + Keys.ENTER)
    customer.find("#sms .bubble", "half written")


def test_news_take_neither_place_nor_selection(customer):
    for number in range(30):
        customer.act("line", kind="text", text=f"number {number}")
    customer.visit()
    customer.find("#line .bubble", "number 29")
    customer.js("""
        const chat = document.querySelector('#line .chat');
        chat.scrollTop = 0;
        getSelection().selectAllChildren(document.querySelector('#line .bubble'));
    """)
    customer.until(lambda _: customer.js("return document.querySelector('#line .chat').scrollTop") == 0)
    customer.company_says("news")
    jump = customer.find("#line .jump")
    assert customer.js("return document.querySelector('#line .chat').scrollTop") == 0
    assert customer.js("return getSelection().toString()") == "number 0"
    said = customer.until(lambda b: b.find_element(By.ID, "announcer").get_property("textContent"))
    assert said == "LINE, 鈴木: news"
    jump.click()
    customer.find("#line .bubble", "news")
    customer.gone("#line .jump")


@pytest.mark.parametrize("way", ["choose", "drop", "paste"])
def test_a_picture_of_this_machine_is_sent(customer, tmp_path: Path, way: str):
    customer.visit()
    if way == "choose":
        (tmp_path / "写真.png").write_bytes(PICTURE)
        customer.browser.find_element(By.CSS_SELECTOR, "#whatsapp input[type=file]").send_keys(str(tmp_path / "写真.png"))
    else:
        script, on = (_DROP, "#whatsapp") if way == "drop" else (_PASTE, "#whatsapp textarea")
        customer.js(script, on, "写真.png", "image/png", base64.b64encode(PICTURE).decode())
    customer.find("#whatsapp .waiting li", "写真.png")
    customer.find("#whatsapp .composer textarea").send_keys("caption" + Keys.ENTER)
    customer.gone("#whatsapp .waiting")
    bubble = customer.find("#whatsapp .row:not(.pending) .bubble", "caption")
    picture = bubble.find_element(By.CSS_SELECTOR, "img")
    customer.until(lambda _: picture.get_property("naturalWidth") == 1)
    bubble.find_element(By.CSS_SELECTOR, ".photo").click()
    assert customer.find("#lightbox img").get_attribute("alt") == "Your photo"
    assert customer.barriers() == []


def test_what_a_provider_does_not_take_is_said_before_it_is_sent(customer):
    customer.visit()
    customer.js(_DROP, "#sms", "letter.pdf", "application/pdf", base64.b64encode(b"%PDF-").decode())
    assert "letter.pdf is of a kind that SMS cannot send" in customer.find("#sms .problem").text
    assert not customer.find("#sms .composer textarea").get_property("value")
    assert not customer.browser.find_elements(By.CSS_SELECTOR, "#sms .waiting li")


def test_sending_is_shown_as_it_went(customer):
    """Not sent while the simulator is out of reach, sent when it is tried again; and not arrived, as there is no product here."""
    customer.complaints_expected = True
    customer.visit()
    away = {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    customer.browser.execute_cdp_cmd("Network.enable", {})
    customer.browser.execute_cdp_cmd("Network.emulateNetworkConditions", away)
    customer.find("#messenger .composer textarea").send_keys("are you there?" + Keys.ENTER)
    assert "Not sent: The simulator does not answer." in customer.find("#messenger .trouble").text
    assert customer.barriers() == []
    customer.browser.execute_cdp_cmd("Network.emulateNetworkConditions", away | {"offline": False})
    customer.find("#messenger .trouble button", "Send again").click()
    customer.find("#messenger .trouble.warn", "Did not reach the company")
    assert len(customer.browser.find_elements(By.CSS_SELECTOR, "#messenger .bubble")) == 1
    assert "not up yet" in customer.find("#notice").text


def test_line_friends_and_stop(customer):
    customer.visit()
    customer.find("#line .banner button", "Add as friend").click()
    customer.gone("#line .banner")
    customer.find("#line > header button.icon").click()
    customer.find("#line .settings button", "Block").click()
    customer.find("#line .banner", "Blocked")
    assert not customer.find("#line .composer textarea").is_enabled()
    customer.find("#line .banner button", "Unblock").click()
    customer.gone("#line .banner")

    customer.find("#sms .composer textarea").send_keys("STOP" + Keys.ENTER)
    customer.find("#sms .banner button", "Send START").click()
    customer.gone("#sms .banner")


def test_on_a_phone_the_tabs_say_where_news_are(customer):
    customer.act("line", kind="follow")
    customer.visit(size=(360, 740))
    customer.find("#messenger .composer textarea")
    assert not customer.browser.find_element(By.ID, "line").is_displayed()
    customer.company_says("look here")
    customer.find("#tab-line .count", "1")
    customer.find("#tab-messenger").send_keys(Keys.ARROW_RIGHT)
    assert customer.js("return document.activeElement.id") == "tab-line"
    customer.find("#line .bubble", "look here")
    customer.gone("#tab-line .count")
