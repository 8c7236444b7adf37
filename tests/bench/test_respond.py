"""The benchmark of demand response: a running service takes, plans and keeps events, and days become rows as they should."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from facility.promises import Offer
from tools.bench import respond_burst, respond_offers, respond_plan
from tools.bench.__main__ import main
from tools.bench.respond_delivery import EventDay, rows_of, rows_of_methods
from tools.bench.respond_offers import Replayed
from tools.bench.respond_plan import Round
from tools.bench.rows import Row
from tools.closed_loop.delivered import Delivered

GOOD_EVENT = Delivered(
    *("2025-07-15", "as_planned", 3.0, 100.0, 400.0),
    *(0.01, 0.02, 0.97, 101.0, 1.0, 4.0, 310.0, 420.0),
)
SHORT_EVENT = Delivered(
    *("2025-10-14", "as_planned", 1.0, 60.0, 240.0),
    *(0.03, 0.025, 0.9, 36.0, 0.5, 6.0, 200.0, 330.0),
)
GOOD, SHORT = EventDay(GOOD_EVENT, 420.0, 420.0), EventDay(SHORT_EVENT, 330.0, 300.0, 2.0, 3.0)
OFFER = Offer(
    start=datetime(2025, 7, 15, 12, tzinfo=UTC),
    end=datetime(2025, 7, 15, 13, tzinfo=UTC),
    notice=timedelta(hours=1),
    price_per_kwh=0.5,
    kw=90.0,
    expected_kw=120.0,
    cost=3.0,
    ramp=timedelta(0),
    by_source_kw={},
    recovery_peak_kw=0.0,
    recovery_kwh=0.0,
)


def values(rows: list[Row]) -> dict[str, float]:
    return {row.metric: row.value for row in rows}


def test_the_worst_day_counts_and_energy_is_weighed() -> None:
    found = values(rows_of([GOOD, SHORT]))
    assert found == {
        "dr_events": 2.0,
        "dr_tracking_error_p95_share": 0.03,
        "dr_tracking_error_most_share": 0.025,
        "dr_tracking_near_share": 0.9,
        "dr_committed_energy_delivered_share": pytest.approx(330.0 / 360.0),
        "dr_over_delivery_kwh": 10.0,
        "dr_recovery_peak_share": pytest.approx(0.1),
        "dr_allowable_minutes": 2.0,
        "dr_sla_minutes": 3.0,
    }


def test_a_peak_below_what_is_paid_is_no_recovery() -> None:
    assert values(rows_of([replace(GOOD, peak_kw=378.0)]))["dr_recovery_peak_share"] == pytest.approx(-0.1)


def test_days_by_another_baseline_have_its_name() -> None:
    rows = values(rows_of_methods([{"as_planned": GOOD, "ten_of_ten": SHORT}, {"as_planned": GOOD}]))
    assert (rows["dr_events"], rows["dr_events: ten_of_ten"]) == (2.0, 1.0)
    assert rows["dr_tracking_error_p95_share"] == 0.01
    assert rows["dr_tracking_error_p95_share: ten_of_ten"] == 0.03


def test_an_offer_that_was_kept_nearly_was_not_kept() -> None:
    """Near is 2 % of a site of 400 kW."""
    less_kw = (90.0, 83.0, 81.0, 95.0)
    found = [Replayed("demo", OFFER, replace(GOOD_EVENT, mean_less_kw=kw), 30.0) for kw in less_kw]
    rows = values(respond_offers.rows_of(found))
    assert (rows["offers_replayed"], rows["offer_coverage_90"], rows["offer_short_most_kw"]) == (4.0, 0.5, 9.0)
    assert rows["offer_coverage_90: within 2 % of the site"] == 0.75
    assert rows["offer_firm_share_of_expected"] == pytest.approx(0.75)
    assert rows["offer_replay_cpu_seconds"] == 30.0


def test_the_slowest_plan_counts() -> None:
    rows = respond_plan.rows_of([Round(9.0, 12.0, 4.0), Round(33.0, 11.0, 5.0)])
    assert [(row.value, row.ratio) for row in rows[:3]] == [(33.0, 1.1), (33.0, 1.1), (12.0, 0.4)]
    assert [row.value for row in rows[3:]] == [5.0, 4.0]


def test_what_is_lost_and_doubled_is_counted() -> None:
    found = values(respond_burst.rows_of(["a", "b", "c", "d"], {"a": 1, "b": 3, "other": 7}))
    assert (found["burst_events_lost"], found["burst_events_doubled"]) == (2.0, 2.0)


@pytest.mark.slow
def test_a_running_service_plans_at_once_and_keeps_a_burst(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["respond", "--quick", "--format", "json"]) == 0
    rows = {row["metric"]: row["value"] for row in json.loads(capfd.readouterr().out)}
    assert min(rows["event_to_plan_cycle_seconds"], rows["event_to_plan_seconds: the planner plans"]) > 0.1
    assert (rows["burst_events_lost"], rows["burst_events_doubled"], rows["burst_kills"]) == (0.0, 0.0, 3.0)
    assert list(tmp_path.iterdir()) == [], "nothing is left behind"
