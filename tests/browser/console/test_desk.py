"""What is at hand on every page, one's own settings, tickets, reports, and the system's settings."""

from __future__ import annotations

import pytest

SCREENS = [
    ("settings-me", "/console/settings/me", "administrator"),
    ("settings-profanity", "/console/settings/profanity", "administrator"),
    ("settings-blocked", "/console/settings/blocked", "operator"),
    ("settings-api", "/console/settings/api", "administrator"),
    ("settings-webhooks", "/console/settings/webhooks", "administrator"),
    ("settings-webhook-new", "/console/settings/webhooks/new", "administrator"),
    ("settings-quarantine", "/console/settings/quarantine", "administrator"),
    ("settings-audit", "/console/settings/audit", "administrator"),
    ("ticket", "/console/tickets/1", "operator"),
    ("reports-28", "/console/reports?period=28", "administrator"),
]


@pytest.mark.parametrize("name, path, role", SCREENS, ids=[screen[0] for screen in SCREENS])
def test_con_1_a_settings_screen_has_no_barriers(page, name: str, path: str, role: str):
    """CON-1, CON-8: axe finds nothing, the browser does not complain, nothing is cut off on a phone."""
    for language, theme, size in (("ja", "light", (1280, 900)), ("en", "dark", (360, 740))):
        page.visit(path, role, language, theme, size)
        page.keep_screen(f"{name}-{language}-{theme}")
        assert page.barriers() == [], (language, theme)
        assert page.sideways() == 0
    assert [message for message in page.severe() if "favicon.ico" not in message] == []


def test_con_1_asg_2_one_becomes_available_and_goes_away_again(page):
    """CON-1, ASG-2: the switch is in the menu of every page."""
    page.visit("/console/tickets", "owner")
    page.click(".menu-duty > summary")
    page.click(".duty-switch", "Become available")
    page.find('.menu-duty[data-available="true"] .duty-word', "Available")
    page.click(".duty-switch", "Go away")
    page.find('.menu-duty[data-available="false"] .duty-word', "Away")


def test_con_1_ntf_1_what_one_is_told_of_is_kept(page):
    """CON-1, NTF-1: a box that is ticked and saved is ticked the next time."""
    page.visit("/console/settings/me", "owner")
    box = 'input[name="kinds.others.email"]'
    before = page.find(box).is_selected()
    page.click(box)
    page.click("#notifications button[type=submit]")
    page.find(".toast", "Saved")
    page.visit("/console/settings/me", "owner")
    assert page.find(box).is_selected() is not before


def test_con_1_ntf_5_a_browser_that_blocks_notifications_is_explained(page):
    """CON-1, NTF-5: what to do stands there in words, and there is no button that cannot work."""
    page.browser.execute_cdp_cmd("Browser.setPermission", {"permission": {"name": "notifications"}, "setting": "denied"})
    page.visit("/console/settings/me")
    page.find("[data-push-told]", "blocks notifications")
    assert not page.browser.find_element("css selector", '[data-command="push-on"]').is_displayed()


def test_con_1_snd_1_the_preview_follows_what_is_typed(page):
    """CON-1, SND-1: one sees what customers will see before it is saved."""
    page.visit("/console/settings/me")
    page.click('input[name="sender"][value="operator"]')
    field = page.find("#display_name")
    field.clear()
    field.send_keys("窓口 さとう")
    page.find("[data-shown-name]", "窓口 さとう")


def test_con_1_abu_1_words_are_tried_out_before_they_are_saved(page):
    """CON-1, ABU-1: with what the form says; the text is shown as text."""
    page.visit("/console/settings/profanity", "administrator")
    page.find("#words").send_keys("\nzzquux")
    page.find("#trial-text").send_keys("<b>zzquux</b>")
    page.click("[data-tryout] button")
    assert page.find("[data-tryout-found] mark").text == "zzquux"
    assert page.find(".tryout-text").text == "<b>zzquux</b>"


def test_con_1_ops_1_the_secret_of_a_webhook_is_shown_once(page):
    """CON-1, OPS-1: in a dialog that leads on to the webhook, where it is no more."""
    page.visit("/console/settings/webhooks/new", "administrator")
    page.find("#url").send_keys("https://once.example.com/hook")
    page.click("form[data-secret] button[type=submit]")
    secret = page.find("dialog .secret", "whsec_").text
    page.click("dialog .button.primary")
    page.find(".webhook-state", "https://once.example.com/hook")
    assert secret not in page.browser.page_source


def test_con_1_tkt_1_a_ticket_is_closed_and_opened_again(page):
    """CON-1, TKT-1: with one click each; the page stays."""
    page.visit("/console/tickets/2")
    page.click(".heading-acts button", "Close")
    page.find(".ticket-line .badge", "Closed")
    page.click(".heading-acts button", "Reopen")
    page.find(".ticket-line .badge", "Open")


def test_con_1_ops_3_a_report_is_about_the_days_that_one_chooses(page):
    """CON-1, OPS-3: the period is in the address, and each chart opens its figures."""
    page.visit("/console/reports", "administrator")
    page.click(".segments a", "28 days")
    page.find('.segments [aria-current="true"]', "28 days")
    page.click(".figures > summary")
    page.find(".figures[open] table")
