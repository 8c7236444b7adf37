"""Demand response at the console: invitations answered by keys alone, a running event on the meter, viewers without buttons."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from facility.advise.offer_report import offer_row
from facility.history.offer_book import KeptOffers, OfferBook, OffersAsked
from facility.prepare.grid_commitments import baseline_of
from facility.promises import Offer
from facility.site_file import LoadedSite
from facility.site_history import open_site_history
from facility.site_respond import open_grid_event_book
from facility.state import StateFolder
from tests.conftest import EXAMPLE
from tests.console.conftest import Open
from tests.console.furnished import Console, MovingClock, furnished
from tests.console.test_decisions import as_operator, go
from tests.console.test_screens import THEMES, faults
from tests.respond.grid_events import grid_event
from tests.respond.responding import responding_site

MADE_MS = 120_000
RUNNING, INVITED = "running-1", "invited-1"


@pytest.fixture
def asked_console(browser: Browser, tmp_path: Path) -> Iterator[Console]:
    """A site that accepted an event by its rule, which runs for an hour now, and is invited to another.

    Asked for before `open_page`, so that pages are closed while it is still served.
    """
    example = shutil.copytree(EXAMPLE, tmp_path / "site") / "site.yaml"
    loaded = responding_site(example, baseline={"method": "meter_before"})
    with furnished(loaded, StateFolder(tmp_path / "var"), MovingClock()) as served:
        _ask(loaded, served.state, served.clock.now())
        yield served


def _ask(loaded: LoadedSite, state: StateFolder, now: datetime) -> None:
    begun = now.replace(second=0, microsecond=0) - timedelta(hours=1)
    with (
        closing(open_grid_event_book(loaded, state)) as book,
        closing(open_site_history(loaded, state, MovingClock())) as telemetry,
    ):
        book.receive([grid_event((80.0, 80.0), name=RUNNING, start=begun)], begun - timedelta(hours=1))
        book.keep_time(now)
        baseline_of(loaded, telemetry, book, book.event(1))
        book.receive([grid_event((60.0,), name=INVITED, program="asked", start=now + timedelta(hours=3))], now)


def test_an_invitation_is_answered_with_the_keyboard_alone(asked_console: Console, open_page: Open) -> None:
    page = as_operator(open_page, asked_console)
    go(page, "b")
    invited = page.get_by_role("row").filter(has_text=INVITED)
    expect(invited).to_contain_text(re.compile(r"to be answered in 2 h 5\d min"))
    page.keyboard.press("j")  # the one that runs is first
    page.keyboard.press("i")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("draw less by 60 kW")
    page.keyboard.press("Tab")
    page.keyboard.type("the tank is full")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    expect(invited).to_contain_text("opted in")
    expect(invited).to_contain_text("operator: the tank is full")
    expect(page.locator("main")).to_contain_text("no baseline is frozen yet")  # no planner runs here: it is said
    page.keyboard.press("x")
    expect(dialog).to_contain_text("was promised by operator")
    dialog.get_by_label("Reason").fill("the tank leaks")
    dialog.get_by_role("button", name="Opt out").click()
    expect(invited).to_contain_text("opted out")


def test_a_running_event_is_shown_against_the_meter(asked_console: Console, open_page: Open) -> None:
    page = open_page(asked_console, "demand-response").page
    main = page.locator("main")
    expect(page.get_by_role("row").filter(has_text=RUNNING)).to_contain_text(
        "standing rule: within the rule of program peak"
    )
    api = f"{asked_console.address}/api/v1/dr/events/1"
    course, sums = httpx.get(f"{api}/course").json(), httpx.get(f"{api}/settlement").json()
    target_kw = next(value for value in course["target_kw"] if value is not None)
    assert target_kw == pytest.approx(course["baseline_kw"][-1] - 80.0)
    expect(main).to_contain_text(re.compile(r"ends in 5\d min"))
    expect(_figure(page, "Promised now")).to_have_text("80.0 kW")
    expect(_figure(page, "Target now")).to_have_text(f"{target_kw:,.1f} kW")
    for name in ("Drawn now", "Delivered now", "Short so far", "Penalty so far", "Penalty at most"):
        expect(_figure(page, name)).not_to_have_text("–")
    assert sums["credited_kwh"] < 80.0, "the furnished meter does not fall for the event"
    expect(_figure(page, "Performance")).to_contain_text("%")
    legend = page.locator(".u-legend")
    for line in ("baseline", "target", "metered"):
        expect(legend).to_contain_text(line)
    assert faults(page) == []
    for theme in THEMES:
        page.locator("header").get_by_label("Theme").select_option(theme)
        assert faults(page, "color-contrast") == [], theme


def test_what_is_over_is_settled(asked_console: Console, open_page: Open) -> None:
    with closing(open_grid_event_book(asked_console.loaded, asked_console.state)) as book:
        asked_console.clock.shift = timedelta(hours=2)
        book.keep_time(asked_console.clock.now())
    page = open_page(asked_console, "demand-response").page
    page.get_by_role("button", name=f"Settlement of {RUNNING}").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Baseline: meter before")
    expect(dialog).to_contain_text("Penalty")
    expect(dialog).not_to_contain_text("so far")
    assert faults(page) == []


def test_offers_are_a_table_and_are_made_at_a_button(asked_console: Console, open_page: Open) -> None:
    """What gives next to nothing is not named. The process that makes new ones is a real one: here too little is measured."""
    now, hour = asked_console.clock.now(), timedelta(hours=1)
    by_source = {"it": 12.0, "cooling": 20.0, "losses": 0.1, "battery": 60.0, "other": 0.0}
    one = Offer(now, now + hour, hour / 2, 0.48, 81.0, 92.0, 12.0, hour / 4, by_source, 15.0, 44.0)
    rows = [offer_row(one, asked_console.loaded.site.zone)]
    without = [(now + hour, "the tank is empty")]
    OfferBook(asked_console.state.offers).keep(KeptOffers(OffersAsked(2, 60.0, 30.0), now, "r", rows, without))
    page = as_operator(open_page, asked_console)
    go(page, "b")
    row = page.get_by_role("row").filter(has_text="IT 12, cooling 20, battery 60")
    for told in ("0.48", "81", "92", "12.00, 0.20 a kWh", "15 min", "30 min", "44 kWh", "15 kW"):
        expect(row).to_contain_text(told)
    expect(page.locator("main")).to_contain_text("the tank is empty")
    page.get_by_role("button", name="Make offers").click()
    expect(page.locator("main")).to_contain_text("New ones are being made")
    expect(page.locator("main")).to_contain_text("no new offers: facility: not enough data", timeout=MADE_MS)
    assert faults(page) == []


def test_who_may_not_decide_sees_no_buttons(asked_console: Console, open_page: Open) -> None:
    page = open_page(asked_console, "demand-response").page
    expect(page.get_by_role("row").filter(has_text=INVITED)).to_be_visible()
    expect(page.locator("main")).to_contain_text("To answer, sign in")
    assert page.get_by_role("button", name="Opt").count() == 0
    assert page.get_by_role("button", name="Make offers").count() == 0
    page.keyboard.press("j")
    page.keyboard.press("i")
    expect(page.get_by_role("dialog")).to_have_count(0)


def _figure(page: Page, name: str) -> Locator:
    return page.locator("main dl > div").filter(has=page.get_by_text(name, exact=True)).locator("dd")
