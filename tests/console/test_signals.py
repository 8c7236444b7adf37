"""The service screen tells how each provider of signals stands."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.console.conftest import Open
from tests.console.furnished import Console

FETCHED = {"fetched": "2026-03-10T12:00:00+00:00", "dropped": 0, "fallback": "the tariff"}
NEVER = {"fetched": None, "dropped": 0, "fallback": "the yearly mean"}


def test_each_provider_is_listed_with_what_stands_in(own_console: Console, open_page: Open) -> None:
    signals = [
        {"name": "prices", "state": "fresh", "failures": 0, "error": None, **FETCHED},
        {"name": "weather", "state": "failing", "failures": 3, "error": "answered 503", **FETCHED},
        {"name": "carbon", "state": "fallback", "failures": 9, "error": "does not answer", **NEVER},
    ]
    own_console.say("planner", signals=signals)
    page = open_page(own_console, "service").page
    row = page.get_by_role("row")
    expect(row.filter(has_text="prices")).to_contain_text("fresh")
    expect(row.filter(has_text="weather")).to_contain_text("failing, its last issue in use")
    expect(row.filter(has_text="weather")).to_contain_text("answered 503")
    expect(row.filter(has_text="carbon")).to_contain_text("the yearly mean stands in")
    expect(row.filter(has_text="carbon")).to_contain_text("never")
