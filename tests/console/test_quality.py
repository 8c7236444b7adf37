"""What is not simply measured looks so wherever it is drawn: in plants, in the flow of power, on scales and over time."""

from __future__ import annotations

import csv
import re
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from facility.history.dispatch_records import Said
from facility.history.stand_in_book import new_stand_in
from facility.site_journal import open_stand_in_book
from tests.console.conftest import Open
from tests.console.furnished import Console
from tests.console.test_screens import faults

SUPPLY, POWER = "crah-1.supply_air_temperature_degc", "rack-01.feed-a.power_kw"
HATCHED = "repeating-linear-gradient"


def stand_in(console: Console, point: str, value: float, since: timedelta = timedelta()) -> None:
    now = console.clock.now()
    said = Said("engineer", "the probe hangs loose", now - since)
    with closing(open_stand_in_book(console.loaded, console.state)) as book:
        book.begin(new_stand_in(point, said, now + timedelta(hours=4), value=value))


def box(page: Page, name: str) -> Locator:
    return page.get_by_role("group", name="plant-1").get_by_role("link", name=name)


def taker(page: Page, name: str) -> Locator:
    return page.get_by_role("row", name=re.compile(f"^{name}"))


def test_what_stands_in_is_drawn_with_its_mark(own_console: Console, open_page: Open) -> None:
    page = open_page(own_console).page
    expect(box(page, "hall-1").locator("rect.measured")).to_have_count(1)
    stand_in(own_console, SUPPLY, 33.25)
    expect(box(page, "hall-1")).to_contain_text("✎ 33.3 °C")
    expect(box(page, "hall-1").locator("rect.stood-in")).to_have_count(1)
    stand_in(own_console, POWER, 1000.0)
    expect(taker(page, "IT, hall-1")).to_contain_text("✎ 1 of it stands in")
    expect(taker(page, "IT, hall-1").locator(".stood-in")).to_have_text(re.compile(r"^1,[23]\d\d\.\d kW$"))
    assert faults(page) == []


def test_what_is_stale_is_hatched_and_not_counted(own_console: Console, open_page: Open) -> None:
    page = open_page(own_console).page
    expect(box(page, "hall-1")).to_contain_text("°C")
    own_console.silent_devices |= {"gateway-1", "pdu-rack-02"}
    own_console.clock.shift += timedelta(minutes=5)
    expect(box(page, "hall-1")).to_contain_text("stale")
    expect(box(page, "hall-1")).not_to_contain_text("°C")
    expect(box(page, "hall-1").locator("rect.hatch")).to_have_count(1)
    flow = taker(page, "IT, hall-1")
    expect(flow).to_contain_text("4 of 5 measured, 1 stale")
    assert HATCHED in flow.locator(".not-good").evaluate("each => getComputedStyle(each).backgroundImage")


def test_a_scale_has_a_hollow_mark_for_what_stands_in(own_console: Console, open_page: Open) -> None:
    page = open_page(own_console, "equipment/crah-1").page
    row = page.locator("tr", has_text=SUPPLY)
    expect(
        row.get_by_role("img", name="supply air temperature against what was usual in the last hours and its setpoint")
    ).to_be_visible()
    stand_in(own_console, SUPPLY, 33.25)
    expect(
        row.get_by_role("img", name=re.compile("and its setpoint, manual$")).locator("path.stands-in")
    ).to_have_count(1)
    assert faults(page) == []


def test_a_trend_has_what_was_entered_apart_from_what_was_measured(
    own_console: Console, open_page: Open, tmp_path: Path
) -> None:
    stand_in(own_console, SUPPLY, 33.25, since=timedelta(minutes=90))
    page = open_page(own_console, f"trends?points={SUPPLY}").page
    entered = f"{SUPPLY}, manual"
    expect(page.locator(".u-legend")).to_contain_text(entered)
    with page.expect_download() as found:
        page.get_by_role("button", name="CSV").click()
    found.value.save_as(tmp_path / "trend.csv")
    heading, *rows = csv.reader((tmp_path / "trend.csv").read_text(encoding="utf-8").splitlines())
    assert [name.removesuffix(" [°C]") for name in heading[1:]] == [
        SUPPLY,
        f"{SUPPLY} highest",
        f"{SUPPLY} lowest",
        f"{SUPPLY} step that runs",
        entered,
    ]
    by_hand = [row[5] for row in rows if row[5]]
    assert set(by_hand) == {"33.25"}
    assert 15 <= len(by_hand) <= 20, "of 90 minutes in steps of five"
    assert max(float(row[1]) for row in rows if row[1]) < 33, "the mean is of readings"
    assert [bool(row[1]) for row in rows[-3:]] == [True, True, False], "a step that runs has no mean yet"
    assert [row[4] for row in rows[-3:-1]] == ["", rows[-2][1]], "what runs is drawn from the mean before it"
    assert rows[-1][4]
