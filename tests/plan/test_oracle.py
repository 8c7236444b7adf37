"""The method against the truth: every path of states enumerated, and branch and bound on the same form."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest

from facility.plan.assembly import Form
from facility.plan.case import SiteCase
from facility.plan.cooling_plant import PathPoint
from facility.plan.deadline import Deadline
from facility.plan.inputs import PlanInputs
from facility.plan.planner import make_plan
from facility.plan.relax import relax
from facility.plan.restrict import BlockedError, branch_and_bound, restrict
from facility.plan.search import Search
from facility.plan.statistics import SolveStatistics
from models.cooling import Mode
from tests.plan.enumeration import cheapest, prepared
from tests.plan.toy import BATTERY, ToyPlant, toy_inputs, toy_site


@pytest.mark.parametrize(
    ("demand_charge", "wet_bulb"),
    [(0.0, [9, 6, 10, 6, 6]), pytest.param(8.0, [6, 6, 6, 9.5, 6], marks=pytest.mark.slow)],
)
def test_the_plan_is_the_best_of_all_paths(demand_charge: float, wet_bulb: list[float]) -> None:
    tariff = {"energy_price_per_kwh": 0.2, "demand_charge_per_kw_month": demand_charge, "demand_window_min": 60}
    inputs = toy_inputs(toy_site(5.0, tariff=tariff), wet_bulb_degc=np.array(wet_bulb))
    best = cheapest(prepared(inputs))
    plan = make_plan(inputs).plan
    assert plan.cost.total_cost == pytest.approx(best, rel=2e-4)
    assert plan.bound <= best * (1.0 + 1e-6)


def test_dwell_time_is_what_keeps_the_plan_from_switching_each_hour() -> None:
    wet_bulb = np.array([6.0, 9.5, 6.0, 9.5, 6.0, 9.5, 6.0, 9.5])
    plan = make_plan(toy_inputs(toy_site(8.0), wet_bulb_degc=wet_bulb)).plan
    modes = plan.modes["plant-1"]
    runs = [len(list(group)) for group in _runs(modes)]
    assert all(length >= 2 for length in runs[1:-1])


def _runs(modes: tuple[str, ...]) -> list[list[str]]:
    runs: list[list[str]] = []
    for mode in modes:
        if runs and runs[-1][0] == mode:
            runs[-1].append(mode)
        else:
            runs.append([mode])
    return runs


def battery_inputs() -> PlanInputs:
    site = toy_site(4.0, batteries=[BATTERY], tariff={"energy_price_per_kwh": 0.2, "demand_charge_per_kw_month": 2.0})
    return toy_inputs(
        site, ToyPlant(water_degc=(11.0,)), wet_bulb_degc=np.array([6.0, 9.0, 7.0, 6.0]),
        price_per_kwh=np.array([0.1, 0.4, 0.1, 0.5]),
    )  # fmt: skip


def test_branch_and_bound_finds_what_enumerating_restricted_problems_finds() -> None:
    case = prepared(battery_inputs())
    costs = []
    for path in product(range(len(case.plants["plant-1"].table.states)), repeat=4):
        table = case.plants["plant-1"].table
        if not all(table.available[step, state] for step, state in enumerate(path)):
            continue
        point = PathPoint(np.array(path), np.zeros(4), np.zeros((4, 1)), np.zeros(4))
        if _moves_allowed(case, path):
            plan = restrict(case, Form(points={"plant-1": point}), 10.0)
            costs.append(plan.cost)
    solved, paths = branch_and_bound(case, None, 20.0, mip_gap=1e-7)
    assert solved.cost == pytest.approx(min(costs), rel=1e-6)
    assert _moves_allowed(case, tuple(paths["plant-1"]))


def _moves_allowed(case: SiteCase, path: tuple[int, ...]) -> bool:
    """Two-hour dwell on hourly steps, from a mode held long enough."""
    modes = [case.plants["plant-1"].table.states[state].mode for state in path]
    changes = [step for step in range(4) if modes[step] != ([Mode.MECHANICAL, *modes][step])]
    return all(later - earlier >= 2 for earlier, later in pairwise(changes))


def test_the_relaxation_bounds_branch_and_bound_and_the_plan_comes_close() -> None:
    case = prepared(battery_inputs())
    _, bound = relax(case, 10.0)
    solved, _ = branch_and_bound(case, None, 20.0, mip_gap=1e-7)
    result = make_plan(battery_inputs())
    assert bound <= solved.cost + 1e-6
    assert result.statistics.surrogate_cost == pytest.approx(solved.cost, rel=1e-3)


def test_a_wide_gap_is_closed_by_branch_and_bound_near_the_states_found() -> None:
    case, statistics = prepared(battery_inputs()), SolveStatistics()
    relaxed, statistics.bound = relax(case, 10.0)
    found = Search(case, statistics, Deadline(60.0), polish_gap=0.0).run(relaxed)
    exact, _ = branch_and_bound(case, None, 20.0, mip_gap=1e-7)
    assert "branch and bound" in statistics.seconds
    assert found.surrogate_cost == pytest.approx(exact.cost, rel=1e-4)


def test_states_that_cannot_carry_the_heat_block_the_restricted_problem() -> None:
    case = prepared(battery_inputs())
    point = PathPoint(np.zeros(4, dtype=int), np.zeros(4), np.zeros((4, 1)), np.zeros(4))
    table = case.plants["plant-1"].table
    table.heat_max_kw[2, 0] = 50.0
    with pytest.raises(BlockedError) as blocked:
        restrict(case, Form(points={"plant-1": point}), 10.0)
    assert blocked.value.steps.tolist() == [False, False, True, False]


def test_so_do_states_whose_chord_lies_below_their_pieces_at_that_heat() -> None:
    case = prepared(replace(battery_inputs(), price_per_kwh=np.array([0.1, 0.4, -0.1, 0.5])))
    point = PathPoint(np.zeros(4, dtype=int), np.zeros(4), np.zeros((4, 1)), np.zeros(4))
    table = case.plants["plant-1"].table
    table.upper_slope[2, 0], table.upper_intercept_kw[2, 0] = 0.0, -1.0
    with pytest.raises(BlockedError) as blocked:
        restrict(case, Form(points={"plant-1": point}), 10.0)
    assert blocked.value.steps.tolist() == [False, False, True, False]
