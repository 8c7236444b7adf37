"""One day of the example site, whole: facility against both baselines, the reference that nobody beats, the bound under all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.closed_loop.appraisal import PRICES, Stage
from tools.closed_loop.arguments import parse
from tools.closed_loop.cases import read_settings
from tools.closed_loop.challenge import challenge
from tools.closed_loop.comparison import Outcome
from tools.closed_loop.prologue import drive_prologue, plant_at_start
from tools.closed_loop.side_by_side import compare_all

DEMO = Path(__file__).parents[2] / "site_configs" / "demo.yaml"
LIMITS = ("dew_point_minutes", "ramp_violations", "liquid_limit_minutes", "n_plus_1_minutes", "sla_violations")


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    words = [str(DEMO), "--days", "1", "--start", "2025-10-13", "--seed", "1", "--reference-cpu-s", "30"]
    words += ["--arms", "as_commissioned", "good_practice", "facility", "reference"]
    options = parse([*words, "--folder", str(tmp_path_factory.mktemp("kept"))])
    (outcome,) = compare_all(options, read_settings(options))
    assert not outcome.failed
    return outcome


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_facility_is_cheaper_than_both_baselines_with_the_same_work(day: Outcome) -> None:
    runs = day.comparison.runs
    assert day.different_work == ()
    assert runs["facility"].cost.cost < min(runs[arm].cost.cost for arm in ("as_commissioned", "good_practice"))


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_facility_breaks_no_limit(day: Outcome) -> None:
    facility, good_practice = day.comparison.runs["facility"], day.comparison.runs["good_practice"]
    assert facility.allowable_minutes == 0.0
    racks = sum(len(hall.racks) for hall in day.setting.case.loaded.site.halls)
    assert facility.recommended_degree_minutes <= good_practice.recommended_degree_minutes + racks
    assert {name: getattr(facility, name) for name in LIMITS} == dict.fromkeys(LIMITS, 0.0)
    assert facility.deadline_misses == pytest.approx(0.0, abs=1e-6)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_no_arm_costs_less_than_the_bound(day: Outcome) -> None:
    bound = day.comparison.lower_bound_cost
    assert bound is not None
    assert bound <= min(run.cost.cost for run in day.comparison.runs.values())


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_neither_facility_nor_chance_beats_the_reference(day: Outcome) -> None:
    case, runs = day.setting.case, day.runs
    prologue = drive_prologue(case)
    allowance = {name: float(getattr(runs["good_practice"].result, name)) for name in PRICES}
    stage = Stage(case, lambda: plant_at_start(case, prologue), prologue.month_peak_kw, allowance)
    again = stage.appraise(runs["facility"].schedule)
    assert again.result.cost.cost == pytest.approx(runs["facility"].result.cost.cost, rel=1e-6)  # a replay is the arm
    reference = stage.appraise(runs["reference"].schedule)
    others = [runs[arm].schedule for arm in ("facility", "good_practice")]
    found = challenge(stage, reference, others, perturbations=8)
    assert found.tried == 10
    assert found.held, found.margin_frac
