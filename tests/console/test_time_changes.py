"""The day that lacks an hour and the one that has one twice: no time is shown that never was, and no two look the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from facility.site_file import LoadedSite
from facility.state import StateFolder
from tests.console.conftest import Open
from tests.console.furnished import Console, MovingClock, furnished

# At 01:00 UTC of the nights that follow, Berlin's clock goes from 02:00 to 03:00, and from 03:00 back to 02:00.
SPRING = datetime(2027, 3, 27, 20, 0, tzinfo=UTC)
AUTUMN = datetime(2027, 10, 30, 20, 0, tzinfo=UTC)
STEPS_OF_PLAN = 192
GUTTER_PX = 90  # where the axis of values stands, left of what is drawn


@pytest.fixture
def spring(browser: Browser, loaded: LoadedSite, tmp_path: Path) -> Iterator[Console]:
    with furnished(loaded, StateFolder(tmp_path / "state"), MovingClock(SPRING - datetime.now(UTC))) as served:
        yield served


@pytest.fixture
def autumn(browser: Browser, loaded: LoadedSite, tmp_path: Path) -> Iterator[Console]:
    with furnished(loaded, StateFolder(tmp_path / "state"), MovingClock(AUTUMN - datetime.now(UTC))) as served:
        yield served


def test_the_plan_over_a_day_of_23_hours(spring: Console, open_page: Open) -> None:
    page = open_page(spring, "plan").page
    expect(page.locator("main h2").first).to_contain_text("2027-03-27 19:00 +01:00")
    expect(page.locator("main")).to_contain_text("+01:00")
    shown = _times_under_the_cursor(page)
    hours = {time[:13] for time in shown}
    assert {"2027-03-28 01", "2027-03-28 03"} <= hours
    assert "2027-03-28 02" not in hours, "an hour that this night does not have"
    page.goto(f"{spring.address}/#/settings")
    page.get_by_label("Clock").select_option("utc")
    page.goto(f"{spring.address}/#/plan")
    expect(page.locator("main")).to_contain_text("+00:00")
    assert {f"2027-03-28 0{hour}" for hour in range(4)} <= {time[:13] for time in _times_under_the_cursor(page)}


def test_the_plan_over_a_day_of_25_hours(autumn: Console, open_page: Open) -> None:
    shown = _times_under_the_cursor(open_page(autumn, "plan").page)
    assert len(set(shown)) == len(shown), "two times look the same"
    twice = [time for time in shown if time.startswith("2027-10-31 02")]
    assert {time[16:] for time in twice} == {" +02:00", " +01:00"}
    assert [time[16:] for time in twice] == sorted((time[16:] for time in twice), reverse=True)
    assert {len(time) for time in shown if time not in twice} == {16}, "only these need their offset"


def _times_under_the_cursor(page: Page) -> list[str]:
    """Return what the first chart's legend says, from its left to its middle: the plan's first day.

    The chart is drawn anew when what is measured comes: it then says nothing until the next move, and begins earlier, so that the
    same place is another time. It is looked at again, until its left edge says at the end what it said first.
    """
    expect(page.locator(".u-over").first).to_be_visible()
    for _ in range(5):
        *found, left_again = _looked_at(page)
        times = all(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d( [+-]\d\d:\d\d)?", each) for each in found)
        if times and left_again == found[0]:
            return found
    raise AssertionError(found)


def _looked_at(page: Page) -> list[str]:
    frame = page.get_by_role("img", name="Power of the site").first
    frame.scroll_into_view_if_needed()
    box = frame.bounding_box()
    assert box is not None
    left, width = box["x"] + GUTTER_PX, box["width"] - GUTTER_PX
    found = []
    for step in (*range(1, STEPS_OF_PLAN // 2, 2), 1):  # and the left edge once more
        page.mouse.move(left + width * step / STEPS_OF_PLAN, box["y"] + box["height"] / 3)
        found.append(page.locator(".u-legend .u-value").first.inner_text())
    return found
