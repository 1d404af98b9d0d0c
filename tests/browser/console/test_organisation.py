"""Settings of the organisation: hours, timers, templates, people, by mouse, keyboard and touch."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.by import By

SCREENS = [
    "people", "people/operator-1", "brands", "departments", "timers", "templates", "templates/new", "labels", "ticket-rules",
]


@pytest.mark.parametrize("path", SCREENS)
def test_con_3_a_page_of_the_organisation_has_no_barriers(page, path: str):
    """CON-3, CON-8: in both themes and languages, and on a phone."""
    for language, theme in (("ja", "light"), ("en", "dark")):
        page.visit(f"/console/settings/{path}", "administrator", language, theme)
        assert page.barriers() == [], (language, theme)
    page.visit(f"/console/settings/{path}", "administrator", "ja", "dark", size=(360, 740))
    page.keep_screen(f"settings-{path.replace('/', '-')}-phone")
    assert page.sideways() == 0
    assert page.barriers() == []
    assert page.severe() == []


def fill(page, selector: str, text: str) -> None:
    """Writes `text` in place of what a field holds, as a person does."""
    field = page.find(selector)
    page.browser.execute_script(
        "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input', {bubbles: true}));"
        "arguments[0].dispatchEvent(new Event('change', {bubbles: true}))",
        field, text,
    )


def test_ops_4_hours_with_a_break_are_set_and_copied(page):
    """OPS-4: a split shift on Monday, copied to the weekdays, is what the department has afterwards."""
    page.visit("/console/settings/departments", "administrator")
    fill(page, "#department-name", "Night desk")
    page.click("button", "Add")
    page.find("h1", "Night desk")
    page.click("label", "By day and time")
    monday = '[data-day="monday"]'
    fill(page, f"{monday} [data-time=to]", "12")
    page.click(f"{monday} [data-hours-add]")
    page.until(lambda b: len(b.find_elements(By.CSS_SELECTOR, f"{monday} [data-shift]")) == 2)
    page.click("button", "Copy Monday to weekdays")
    page.find("#hours-preview", "Mon–Fri 09:00–12:00, 13:00–18:00")
    fill(page, f"{monday} [data-time=to]", "08:00")
    page.find("#hours-preview", "does not end after it begins")
    fill(page, f"{monday} [data-time=to]", "12:00")
    page.find("#hours-preview", "Mon–Fri 09:00–12:00, 13:00–18:00")
    page.click("button", "Add Japan's public holidays")
    page.until(lambda b: len(b.find_elements(By.CSS_SELECTOR, "[data-holiday]")) > 15)
    page.click("button", "Save")
    page.find(".toast", "Department saved")
    page.visit("/console/settings/departments", "administrator")
    page.find(".card", "Mon–Fri 09:00–12:00, 13:00–18:00")


def test_tmr_1_a_sentence_changes_while_its_time_is_typed(page):
    """TMR-1: what is typed is told before it is saved, and kept after."""
    page.visit("/console/settings/timers", "administrator")
    page.click(".timer-card a", "Change")
    page.find("#say-unanswered")
    opener = page.find('[data-opens="part-Unanswered"]')
    if not opener.is_selected():
        opener.click()
    page.browser.execute_script("arguments[0].value = '60'", page.find("#after-Unanswered-unit"))
    fill(page, "#after-Unanswered", "3")
    page.find("#say-unanswered", "3 hours")
    page.find("#story", "+3 hours")
    page.click("button", "Save")
    page.find(".toast", "Timers saved")
    # The form knows what it has saved: saving again is no conflict.
    fill(page, "#after-Unanswered", "4")
    page.find("#say-unanswered", "4 hours")
    page.until(lambda b: not b.find_elements(By.CSS_SELECTOR, '[aria-busy="true"]'))
    page.gone(".toast")
    page.click("button", "Save")
    page.find(".toast", "Timers saved")
    page.browser.refresh()
    page.find("#say-unanswered", "4 hours")


def test_tpl_1_a_template_is_written_with_fields_in_two_languages(page):
    """TPL-1, TPL-4: a field is put at the cursor and seen in the preview; a language is added."""
    page.visit("/console/settings/templates/new", "operator")
    fill(page, "#name", "Hello from a test")
    fill(page, "#text-en", "Dear ")
    page.click(".org-chip", "Customer's name")
    page.find("#preview-en", "Dear Hanako Yamada")
    # What is said to whom nothing is known of is selected, to be written over.
    area = page.find("#text-en")
    area.send_keys("friend")
    page.find("#preview-en", "Dear friend")
    fill(page, "[data-variant-choice]", "ja")
    page.click("button", "Add language")
    fill(page, "#text-ja", "こんにちは")
    page.click("button", "Save")
    page.find("h1", "Hello from a test")
    page.visit("/console/settings/templates?search=Hello+from+a+test", "operator")
    page.find(".org-row", "日本語")


def test_con_3_somebody_is_added_to_a_channel_on_a_phone(page):
    """CON-3, MEM-7: by touch; undone by the toast."""
    page.visit("/console/settings/people/operator-1", "administrator", size=(360, 740))
    page.click(".membership button", "Add")
    page.find(".toast", "Added to the channel")
    page.click(".toast button", "Undo")
    page.gone(".toast", "Added to the channel")
