"""Every screen opens without an error, obeys the policy, asks nobody else, and has no fault that axe-core finds, in any theme."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.console.conftest import Open
from tests.console.furnished import Console

ROOT = Path(__file__).parents[2]
AXE = ROOT / "facility" / "console" / "web" / "node_modules" / "axe-core" / "axe.min.js"
SHOTS = Path(os.environ.get("FACILITY_SCREENSHOTS", ROOT / "var" / "screenshots"))
THEMES = ("dark", "contrast")
# Each with words that are there once it shows what it is about.
SCREENS = {
    "overview": "Facility power",
    "halls": "rack inlets now",
    "plan": "Power of the site",
    "recommendations": "warmer supply air lets the economizer run longer",
    "alarms": "Response",
    "dispatch": "as the second check sees them",
    "demand-response": "kW, 9 of 10",
    "savings": "With 90 % intervals",
    "energy": "interim",
    "models": "Models",
    "audit": "to read it",
    "trends?points=rack-01.feed-a.power_kw": "What is drawn as",
    "equipment/rack-01": "inlet temperature",
    "service": "Last success",
    "settings": "Units",
    "sign-in": "Password",
}


@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_has_no_fault(open_page: Open, console: Console, screen: str) -> None:
    page = open_page(console, screen).page
    expect(page.locator("main").get_by_text(SCREENS[screen]).first).to_be_visible()
    expect(page.locator("main")).not_to_contain_text("Asking for")
    assert faults(page) == []
    shoot(page, screen, "light")
    for theme in THEMES:
        page.locator("header").get_by_label("Theme").select_option(theme)
        assert faults(page, "color-contrast") == [], theme
        shoot(page, screen, theme)


def faults(page: Page, *rules: str) -> list[str]:
    """Return what axe-core finds, by all of its rules or some."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    options = {"runOnly": {"type": "rule", "values": list(rules)}} if rules else {}
    found = page.evaluate("options => axe.run(document, {...options, resultTypes: ['violations']})", options)
    return [
        f"{fault['id']}: {node['html'][:160]}: {node['failureSummary']}"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]


def shoot(page: Page, screen: str, theme: str) -> None:
    """Keep a picture for who reads the run."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    name = screen.partition("?")[0].replace("/", "_")
    page.screenshot(path=SHOTS / f"{name}_{theme}.png", full_page=True)
