"""One hot day of the site without towers: two plants side by side, pads and trim chillers, against good practice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.closed_loop.arguments import parse
from tools.closed_loop.campaign import Entry, broken
from tools.closed_loop.cases import read_settings
from tools.closed_loop.comparison import Outcome
from tools.closed_loop.side_by_side import compare_all

LIQUID = Path(__file__).parents[2] / "site_configs" / "liquid_ai.yaml"
DAY = Entry("liquid_ai", "2025-07-15", 1, "")


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    words = [str(LIQUID), "--days", "1", "--start", "2025-07-15", "--seed", "1", "--arms", "good_practice", "facility"]
    options = parse([*words, "--folder", str(tmp_path_factory.mktemp("kept"))])
    (outcome,) = compare_all(options, read_settings(options))
    assert not outcome.failed
    return outcome


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_facility_is_cheaper_with_the_same_work_and_breaks_no_limit(day: Outcome) -> None:
    runs = day.comparison.runs
    assert runs["facility"].cost.cost < runs["good_practice"].cost.cost
    assert runs["facility"].cooling_energy_kwh < runs["good_practice"].cooling_energy_kwh
    assert broken(DAY, day) == []
    assert runs["facility"].chiller_starts <= 4


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_no_arm_costs_less_than_the_bound(day: Outcome) -> None:
    bound = day.comparison.lower_bound_cost
    assert bound is not None
    assert bound <= min(run.cost.cost for run in day.comparison.runs.values())
