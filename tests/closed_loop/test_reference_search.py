"""The reference's parts on the toy: levers, moves, windows, the linear program, and who tries to beat it."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from facility.site_file import LoadedSite
from tests.closed_loop.making import START, case_of
from tests.closed_loop.toy_plant import RewindableToyPlant, ToyPlant
from tools.closed_loop.appraisal import WINDOW, Appraisal, Stage
from tools.closed_loop.baselines import as_commissioned
from tools.closed_loop.challenge import Challenge, challenge, perturbed
from tools.closed_loop.foresight import with_foresight
from tools.closed_loop.levers import Lever, cooling_levers, frozen_keys
from tools.closed_loop.reference import Budget, find_reference
from tools.closed_loop.schedule import Schedule
from tools.closed_loop.search import Move, Search

DEAR = [0.1] * 48 + [0.5] * 48  # the second half of the day
CASE = case_of(price_per_kwh=DEAR)
INTERVALS = 288


def stage_of(plant: type[ToyPlant] = RewindableToyPlant) -> Stage:
    return Stage(CASE, lambda: plant(CASE.loaded, CASE.conditions, 1, START), month_peak_kw=200.0)


def commissioned() -> Schedule:
    setpoints = as_commissioned(CASE.loaded).setpoints
    values = np.repeat(np.array(list(setpoints.values())).reshape(-1, 1), INTERVALS, axis=1)
    return Schedule(START, tuple(setpoints), values)


@pytest.fixture(scope="module")
def begun() -> tuple[Stage, Appraisal]:
    """Return a stage and the run as commissioned on it."""
    stage = stage_of()
    return stage, stage.appraise(commissioned())


def test_levers_are_those_of_the_site_within_what_may_be_written(toy: LoadedSite) -> None:
    levers = {lever.name: lever for lever in cooling_levers(toy.site)}
    assert set(levers) == {"hall-1 supply air", "hall-1 fans", "plant-1 water", "plant-1 condenser"}
    assert (levers["plant-1 water"].low, levers["plant-1 water"].high) == (7.0, 15.0)
    assert len(levers["hall-1 fans"].keys) == 2
    assert {equipment for equipment, _ in frozen_keys(toy.site)} == {"pool-1", "jobs", "battery-1"}


def test_a_move_moves_its_windows_and_learns() -> None:
    key = ("a", "x")
    move = Move([(Lever("a", (key,), 0.0, 3.0, 2.0), 1.0)], np.array([1.0, -1.0]))
    moved = move.applied([key], np.full((1, 48), 1.0))
    assert (moved[0, :24].tolist(), moved[0, 24:].tolist()) == ([3.0] * 24, [0.0] * 24)
    move.learn(np.array([True, False]))
    assert move.strides.tolist() == [1.4, 0.5]


def test_a_setpoint_outside_a_levers_range_is_not_moved_further_out() -> None:
    key = ("a", "x")
    move = Move([(Lever("a", (key,), 10.0, 20.0, 1.0), -1.0)], np.ones(1))
    assert move.applied([key], np.full((1, 24), 5.0)).tolist() == [[5.0] * 24]


def test_the_same_schedule_is_judged_the_same_again_and_without_memory(begun: tuple[Stage, Appraisal]) -> None:
    stage, first = begun
    again, anew = stage.appraise(commissioned()), stage_of(ToyPlant).appraise(commissioned())
    assert (again.score, anew.score) == (first.score, first.score)
    assert len(first.window_scores) == timedelta(days=1) // WINDOW
    assert len(first.truths) == 1441


def test_windows_keep_what_made_them_cheaper(begun: tuple[Stage, Appraisal]) -> None:
    stage, first = begun
    water = next(lever for lever in cooling_levers(CASE.loaded.site) if lever.name == "plant-1 water")
    search = Search(stage, first, [Move([(water, 1.0)], np.ones(12))])
    for _ in range(6):
        search.try_next()
    row = first.schedule.keys.index(water.keys[0])
    assert search.best.score < first.score
    assert search.best.schedule.values[row].mean() > first.schedule.values[row].mean()


def test_with_the_future_known_work_and_charge_move_to_the_cheap_half(begun: tuple[Stage, Appraisal]) -> None:
    stage, first = begun
    schedule = with_foresight(CASE, first, 200.0)
    rows = {key[0]: schedule.values[schedule.keys.index(key)] for key in frozen_keys(CASE.loaded.site)}
    assert rows["battery-1"][144:].min() < -1.0
    assert rows["battery-1"][:144].max() > 1.0
    # 50 servers' work with a fifth of headroom, and half a server for what lies between the steps.
    assert rows["pool-1"].min() == 61.0
    assert rows["jobs"][:144].mean() > rows["jobs"][144:].mean()
    found = stage.appraise(schedule)
    assert found.score < first.score
    assert found.result.sla_violations == 0.0


@pytest.mark.slow
def test_a_reference_is_never_worse_than_what_it_began_with(begun: tuple[Stage, Appraisal]) -> None:
    _, first = begun
    stage = stage_of()
    found = find_reference(stage, [commissioned()], budget=Budget(cpu_seconds=60.0, runs=12))
    assert found.score < 0.9 * first.score
    assert stage.runs <= 14
    cooling = find_reference(stage_of(), [commissioned()], cooling_only=True, budget=Budget(60.0, runs=8))
    frozen = cooling.schedule.rows(sorted(frozen_keys(CASE.loaded.site)))
    order = [commissioned().keys.index(cooling.schedule.keys[row]) for row in frozen]
    assert np.array_equal(cooling.schedule.values[frozen], commissioned().values[order])
    assert found.score < cooling.score < first.score


def test_perturbations_are_smooth_and_inside_the_levers(begun: tuple[Stage, Appraisal]) -> None:
    stage, first = begun
    shaken = perturbed(stage, first.schedule, np.random.default_rng(1), cooling_only=True)
    keys = [key for lever in cooling_levers(CASE.loaded.site) for key in lever.keys]
    moved = [
        row for row, key in enumerate(shaken.keys) if not np.array_equal(shaken.values[row], first.schedule.values[row])
    ]
    assert {shaken.keys[row] for row in moved} <= set(keys)
    water = shaken.values[shaken.keys.index(("plant-1", "leaving_chilled_water_temperature_setpoint_degc"))]
    assert 7.0 <= water.min() < water.max() <= 15.0
    assert np.abs(np.diff(water)).max() < 0.2


def test_whoever_is_cheaper_beats_the_reference(begun: tuple[Stage, Appraisal]) -> None:
    stage, first = begun
    better = with_foresight(CASE, first, 200.0)
    found = challenge(stage, first, [better], perturbations=1)
    assert found.tried == 2
    assert not found.held
    assert found.margin_frac > 0.05
    assert Challenge(100.0, 99.6, better, 1).held
