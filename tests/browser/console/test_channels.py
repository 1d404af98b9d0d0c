"""Channels in the browser: the wizard from its first page to the last, a channel's settings, a bot's rules."""

from __future__ import annotations

import time

# An account of the preview's simulator that is not connected: tests/preview/src/channels.rs.
LINE_ID, LINE_SECRET = "1650000099", "another-line-secret"


def test_con_1_chn_2_a_line_account_is_connected_by_the_wizard(page):
    """CON-1, CHN-2: every step without explanation, a wrong secret told at once, the address that LINE calls at the end."""
    page.visit("/console/settings/connect", "owner")
    page.click("button", "Connect LINE")
    page.find("h2", "Consent")
    page.click(".check input")
    page.click("button", "Accept and go on")
    page.find("h2", "Choose the brand")
    page.click("button", "Go on")
    page.find("#line_channel_id").send_keys(LINE_ID)
    page.find("#name").send_keys("大阪店")
    page.find("#channel_secret").send_keys("wrong")
    assert page.barriers() == []
    page.click("button", "Try it out")
    page.find(".form-error", "does not take this")
    secret = page.find("#channel_secret")
    secret.clear()
    secret.send_keys(LINE_SECRET)
    page.click("button", "Try it out")
    page.find("h2", "Choose the department")
    page.click("button", "Go on")
    page.find("h2", "Review and connect")
    assert page.barriers() == []
    page.click("button[type=submit]", "Connect")
    page.find("h2", "connected")
    page.find("code", f"{page.preview.url}/webhooks/line/")
    assert LINE_SECRET not in page.browser.page_source
    assert page.barriers() == []


def test_con_1_bot_2_rules_are_moved_and_tried_out(page):
    """CON-1, BOT-2: rules change places by keyboard and keep the focus; the trial tells what the saved bot would do."""
    page.visit("/console/settings/bots", "administrator")
    page.click("h2 a", "青空ストア公式")
    rules = lambda: [area.get_attribute("value").split("\n")[0] for area in page.browser.find_elements("css selector", "#rules textarea")]
    before = rules()
    assert len(before) >= 2
    page.browser.find_elements("css selector", "[data-move=down]")[0].send_keys("\n")
    assert rules() == [before[1], before[0], *before[2:]]
    assert page.browser.switch_to.active_element.get_attribute("data-move") in ("down", "up")
    page.find("#trial-text").send_keys("送料はいくらですか\n")
    page.find(".bot-says", "送料無料")
    assert page.barriers() == []
