"""On the example sites no run costs less than the bound: baselines, and setpoints drawn at random and held for a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from facility.site_file import load_site
from tools.closed_loop.appraisal import Stage
from tools.closed_loop.baselines import commissioned_setpoints
from tools.closed_loop.bound import lower_bound_cost
from tools.closed_loop.case import HISTORY, HORIZON, Case
from tools.closed_loop.course_files import read_market
from tools.closed_loop.drive import CONTROL_EVERY, Drive
from tools.closed_loop.judge import Judge
from tools.closed_loop.levers import cooling_levers, frozen_keys
from tools.closed_loop.plant import Key
from tools.closed_loop.prologue import SETTLING, Prologue, drive_prologue, plant_at_start
from tools.closed_loop.schedule import Schedule
from tools.simulated_site.closed_loop_plant import own_conditions

CONFIGS = Path(__file__).parents[2] / "site_configs"
PLANT = "tools.simulated_site.closed_loop_plant:factory"
INTERVALS = round(timedelta(days=1) / CONTROL_EVERY)


@dataclass(frozen=True)
class Day:
    """A case of a day, its past and its bound."""

    case: Case
    prologue: Prologue
    bound: float


def day_of(name: str, month: int, seed: int = 1) -> Day:
    loaded = load_site(CONFIGS / f"{name}.yaml")
    start = datetime(2026, month, 12, tzinfo=loaded.site.zone).astimezone(UTC)
    begin, end = start - HISTORY - SETTLING, start + timedelta(days=1) + HORIZON
    conditions = own_conditions(loaded, seed, begin, end, timedelta(minutes=5))
    case = Case(loaded, PLANT, start, 1, seed, conditions, read_market(loaded, begin, end).market)
    prologue = drive_prologue(case)
    bound = lower_bound_cost(case, plant_at_start(case, prologue), prologue.month_peak_kw)
    assert bound is not None
    return Day(case, prologue, bound)


def constant(case: Case, rng: np.random.Generator) -> Schedule:
    """Return setpoints that stay for a day: each lever of cooling somewhere in its range, servers, jobs and storage too."""
    site = case.loaded.site
    values: dict[Key, float] = {}
    for lever in cooling_levers(site):
        value = rng.uniform(lever.low, lever.high)
        values |= dict.fromkeys(lever.keys, round(value) if lever.whole else value)
    ranges = {point.point: (point.low, point.high) for point in site.writable}
    for key in sorted(frozen_keys(site)):
        low, high = ranges.get(".".join(key), (commissioned_setpoints(site)[key],) * 2)
        values[key] = rng.uniform(low, high)
    column = np.array(list(values.values()))[:, None]
    return Schedule(case.start, tuple(values), np.repeat(column, INTERVALS, axis=1))


def good_practice_cost(day: Day) -> float:
    plant, judge = plant_at_start(day.case, day.prologue), Judge(day.case, day.prologue.month_peak_kw)
    begin = plant.truth()
    Drive(plant, day.prologue.local, [judge]).run(day.case.end)
    return judge.result(begin=begin, end=plant.truth()).cost.cost


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "month", "count"),
    [
        ("demo", 1, 20),
        ("demo", 7, 20),
        ("air_economizer", 7, 4),
        ("liquid_ai", 7, 4),
    ],
)
def test_nothing_that_is_set_costs_less(name: str, month: int, count: int) -> None:
    day, rng = day_of(name, month), np.random.default_rng(month)
    stage = Stage(day.case, lambda: plant_at_start(day.case, day.prologue), day.prologue.month_peak_kw)
    costs = [stage.appraise(constant(day.case, rng)).result.cost.cost for _ in range(count)]
    costs.append(good_practice_cost(day))
    assert day.bound <= min(costs)
    assert day.bound > 0.5 * costs[-1]
