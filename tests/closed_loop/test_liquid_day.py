"""One hot day of the site without towers: two plants side by side, pads and trim chillers, against good practice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.closed_loop.arguments import parse
from tools.closed_loop.cases import read_settings
from tools.closed_loop.comparison import Outcome
from tools.closed_loop.side_by_side import compare_all

LIQUID = Path(__file__).parents[2] / "site_configs" / "liquid_ai.yaml"
LIMITS = (
    *("below_recommended_degree_minutes", "allowable_minutes", "dew_point_minutes", "ramp_violations"),
    *("liquid_limit_minutes", "n_plus_1_minutes", "sla_violations"),
)


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
    assert day.different_work == ()
    assert runs["facility"].cost.cost < runs["good_practice"].cost.cost
    assert runs["facility"].cooling_energy_kwh < runs["good_practice"].cooling_energy_kwh
    assert {name: getattr(runs["facility"], name) for name in LIMITS} == dict.fromkeys(LIMITS, 0.0)
    assert runs["facility"].chiller_starts <= 4


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_no_arm_costs_less_than_the_bound(day: Outcome) -> None:
    bound = day.comparison.lower_bound_cost
    assert bound is not None
    assert bound <= min(run.cost.cost for run in day.comparison.runs.values())
