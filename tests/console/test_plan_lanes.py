"""Lanes of the plan lie under its chart: what is above one another is at the same time, to two pixels, wide or narrow."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta

import httpx
import pytest
from playwright.sync_api import expect

from facility.history.journal import open_journal
from facility.promises import CommitmentKind, CommitmentOutcome
from tests.api.records_for_tests import plan
from tests.console.conftest import Open
from tests.console.furnished import Console

TOLERANCE_PX = 2.0
QUARTER_S, MEASURED_S = 900, 6 * 3600
MEASURE = """() => {
  const box = (element) => { const { left, right } = element.getBoundingClientRect(); return [left, right]; };
  return {
    chart: box(document.querySelector(".u-over")),
    lane: box(document.querySelector(".lane svg")),
    stretches: [...document.querySelector(".lane svg").querySelectorAll("rect")].map(box),
  };
}"""
EDGES = """() => [...document.querySelectorAll(".u-over")].map((each) => {
  const { left, right } = each.getBoundingClientRect();
  return [left, right];
})"""


@pytest.mark.parametrize("width", [800, 1280, 1900])
def test_lanes_lie_under_the_chart(open_page: Open, console: Console, width: int) -> None:
    schedule = httpx.get(f"{console.address}/api/v1/plan").json()["schedule"]
    planned_s, modes = [datetime.fromisoformat(step["time"]).timestamp() for step in schedule], _modes(schedule)
    before_s = _measured_from(console)
    page = open_page(console, "plan", viewport={"width": width, "height": 900}).page
    expect(page.locator(".lane").first).to_be_visible()
    expect(page.locator(".lane rect").first).not_to_have_attribute("x", "0")  # what was measured stands before it
    found = page.evaluate(MEASURE)
    assert found["lane"] == pytest.approx(found["chart"], abs=TOLERANCE_PX)
    left, right = found["chart"]
    begins_s = [planned_s[index] for index in range(len(modes)) if index == 0 or modes[index] != modes[index - 1]]
    assert len(begins_s) > 2
    # The page may have asked for what was measured before or after a quarter of an hour began.
    assert any(
        [box[0] for box in found["stretches"]]
        == pytest.approx(
            [left + (right - left) * (at_s - first_s) / (planned_s[-1] - first_s) for at_s in begins_s],
            abs=TOLERANCE_PX,
        )
        for first_s in (before_s, _measured_from(console))
    )


def test_charts_that_share_a_time_share_their_edges(open_page: Open, console: Console) -> None:
    page = open_page(console, "plan").page
    expect(page.locator(".u-over").nth(2)).to_be_visible()
    expect(
        page.get_by_text("Carbon intensity: the plan has none.")
    ).to_be_visible()  # not a chart with an axis of its own
    edges = page.evaluate(EDGES)
    assert len(edges) >= 3
    assert edges == [pytest.approx(edges[0], abs=TOLERANCE_PX)] * len(edges)


def test_an_event_of_the_grid_has_one_lane_with_all_its_parts(own_console: Console, open_page: Open) -> None:
    made = plan(own_console.loaded, own_console.clock.now().replace(minute=0, second=0, microsecond=0))
    hours = [made.start + timedelta(hours=hour) for hour in range(4)]
    parts = tuple(
        CommitmentOutcome(name, CommitmentKind.REDUCTION, start, end, committed_kw, 75.0, 0.0, 0.0)
        for name, start, end, committed_kw in zip(
            ("dr-1.1", "dr-1.2", "dr-2"), hours, hours[1:], (60.0, 80.0, 70.0), strict=False
        )
    )
    with closing(open_journal(None, own_console.state)) as journal:
        journal.save_plan(replace(made, id="plan-2", commitments=parts), [], "correlated")
    page = open_page(own_console, "plan").page
    lane = page.get_by_role("figure").filter(has_text="demand response dr-1")
    expect(lane.locator("rect")).to_have_count(2)
    expect(lane).to_contain_text("draw less by 60 kW; planned 75 kW")
    expect(lane).to_contain_text("draw less by 80 kW; planned 75 kW")
    expect(page.get_by_role("figure").filter(has_text="demand response dr-2").locator("rect")).to_have_count(1)


def _measured_from(console: Console) -> float:
    """Return where the chart begins: with the quarter of an hour of six hours ago."""
    return (console.clock.now().timestamp() - MEASURED_S) // QUARTER_S * QUARTER_S


def _modes(schedule: list[dict[str, str]]) -> list[str]:
    return [step["plant-1.mode"] for step in schedule]
