"""The campaign: its cases can be read, and what is not kept is named."""

from __future__ import annotations

from typing import Any

import pytest

from facility.site_file import load_site
from tests.closed_loop.making import result_of
from tests.closed_loop.test_outcomes import outcome_of
from tools.closed_loop.campaign import (
    FAILING,
    FAILURES,
    RECOMMENDED,
    ROOT,
    WEEK,
    Entry,
    arms_of,
    broken,
    entries,
    means,
    row,
)
from tools.closed_loop.failure_files import read_failures

SEASON, TRIP = Entry("toy", "2025-06-02", 3, ""), Entry("toy", "2025-06-02", 3, "", "chiller_trip")
SHARES_MET: dict[str, Any] = {"cooling_only_facility": result_of(98.2)}  # of the 2 that the reference wins


def test_each_site_meets_four_seasons_two_failures_and_frost_and_the_demo_two_weeks() -> None:
    assert len({entry.name for entry in entries()}) == len(entries())
    assert [(entry.site, entry.days) for entry in entries() if entry.kind == WEEK] == [("demo", 7)] * 2
    for site in ("demo", "liquid_ai", "air_economizer"):
        ours = [entry for entry in entries() if entry.site == site and entry.kind != WEEK]
        assert [entry.kind for entry in ours if entry.bad_day] == [*FAILING, "frost"]
        assert len(ours) == 7
    climates = {entry.weather for entry in entries() if not entry.bad_day}
    assert len(climates) == 3


@pytest.mark.parametrize("site", ["demo", "liquid_ai", "air_economizer"])
@pytest.mark.parametrize("kind", FAILING)
def test_what_fails_is_there_to_fail_on_every_site(site: str, kind: str) -> None:
    failures = read_failures(FAILURES / f"{kind}.csv", load_site(ROOT / "site_configs" / f"{site}.yaml"))
    assert [one.begins.date().isoformat() for one in failures] == ["2025-07-15"]


def test_nothing_is_broken_where_limits_hold_and_enough_is_won() -> None:
    allowed = dict.fromkeys(RECOMMENDED, 12.0)
    outcome = outcome_of(facility=result_of(94.0, **allowed), **SHARES_MET)
    assert broken(SEASON, outcome) == []  # 4 racks, 3 days, 1 K min each
    assert row(SEASON, outcome)[1:4] == ["0.60", "0.90", ""]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"recommended_degree_minutes": 12.2}, "facility: racks above recommended 12.2 (good practice 0.0)"),
        ({"below_recommended_degree_minutes": 12.2}, "facility: racks below recommended 12.2 (good practice 0.0)"),
        ({"dew_point_minutes": 2.0}, "facility: dew point and humidity 2 (good practice 0)"),
        ({"deadline_misses": 0.5}, "facility: work done late 0.50 (good practice 0.00)"),
        ({"mode_changes": 13}, "facility: 13 mode changes"),
    ],
)
def test_what_broke_is_named(changes: dict[str, float], words: str) -> None:
    assert broken(SEASON, outcome_of(facility=result_of(94.0, **changes), **SHARES_MET)) == [words]


def test_too_little_won_is_named() -> None:
    assert broken(SEASON, outcome_of(facility=result_of(97.0), **SHARES_MET)) == ["captured 0.30"]


def test_on_a_bad_day_good_practice_is_the_measure() -> None:
    hot = {"allowable_minutes": 5.0}
    ours, theirs = result_of(99.0, **hot, recommended_degree_minutes=12.0), result_of(100.0, **hot)
    assert broken(TRIP, outcome_of(facility=ours, good_practice=theirs)) == []  # 4 racks, 3 days, 1 K min each
    hotter = result_of(99.0, **hot, recommended_degree_minutes=12.2)
    assert broken(TRIP, outcome_of(facility=hotter, good_practice=theirs)) == [
        "facility: racks above recommended 12.2 (good practice 0.0)"
    ]
    assert broken(TRIP, outcome_of(facility=result_of(101.0), good_practice=theirs)) == [
        "facility: cost 101 (good practice 100)"
    ]


def test_on_a_bad_day_nothing_is_searched_for() -> None:
    assert set(arms_of(SEASON)) - set(arms_of(TRIP)) == {"reference", "cooling_only_reference"}


def test_means_are_of_the_seasons_alone() -> None:
    found = list(means([(SEASON, outcome_of()), (TRIP, outcome_of(facility=result_of(99.0)))]))
    assert found[0] == "captured on average, all levers: 0.600 of 1 cases; at least 0.85 is wanted"
