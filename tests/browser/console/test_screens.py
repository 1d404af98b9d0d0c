"""Every screen, in both themes and both languages: kept as pictures, without barriers, without complaints, never too wide."""

from __future__ import annotations

import pytest

# Name, path, role.
SCREENS = [
    ("inbox", "/console/inbox", "operator"),
    ("search", "/console/search", "operator"),
    ("tickets", "/console/tickets", "operator"),
    ("reports", "/console/reports", "administrator"),
    ("channels", "/console/settings/channels", "administrator"),
    ("connect", "/console/settings/connect", "administrator"),
    ("bots", "/console/settings/bots", "administrator"),
]
LOOKS = [("ja", "light"), ("en", "dark")]


@pytest.mark.parametrize("name, path, role", SCREENS, ids=[screen[0] for screen in SCREENS])
def test_con_1_a_screen_has_no_barriers(page, name: str, path: str, role: str):
    """CON-1, CON-8: axe finds nothing, the browser does not complain, nothing is cut off on a phone."""
    for language, theme in LOOKS:
        page.visit(path, role, language, theme)
        page.keep_screen(f"{name}-{language}-{theme}")
        assert page.barriers() == [], (language, theme)
    page.visit(path, role, "ja", "dark", size=(360, 740))
    page.keep_screen(f"{name}-phone")
    assert page.sideways() == 0
    assert page.barriers() == []
    assert page.severe() == []
