"""A site where nothing can be gained: with noise in readings and forecasts, plan after plan recommends nothing and says so."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from facility.records import Plan
from facility.signals.outlook import CARBON, PRICE
from tests.closed_loop.making import case_of
from tests.closed_loop.toy_plant import factory
from tools.closed_loop.drive import Drive
from tools.closed_loop.forecast_error import ForecastWithError
from tools.closed_loop.ours import Ours, open_product
from tools.closed_loop.plant import Key
from tools.closed_loop.prologue import drive_prologue

SETTLES, WATCHED = timedelta(hours=4), timedelta(hours=6)
NOISE = {"degc": 0.1, "kw": 0.05, "frac": 0.005}  # standard deviation by unit, of what is measured


@dataclass
class NoisySight:
    """Ours, which sees every reading with noise of its own; keeps the plans that it made, one an hour."""

    ours: Ours
    latest: Callable[[], Plan | None]
    noise: random.Random = field(default_factory=lambda: random.Random(1))
    plans: dict[str, Plan] = field(default_factory=dict)

    def decide(self, time: datetime, measured: Mapping[Key, float]) -> Mapping[Key, float]:
        seen = {key: value + self.noise.gauss(0.0, _noise(key)) for key, value in measured.items()}
        written = self.ours.decide(time, seen)
        plan = self.latest()
        if plan is not None:
            self.plans[plan.id] = plan
        return written


def _noise(key: Key) -> float:
    quantity = key[1]
    if "setpoint" in quantity or "command" in quantity:
        return 0.0
    return NOISE.get(quantity.rsplit("_", maxsplit=1)[-1], 0.0)


@pytest.mark.slow
def test_where_nothing_can_be_gained_no_plan_moves_anything(tmp_path: Path) -> None:
    """Once the first plans have made the best of even prices and weather."""
    case = case_of()
    past = drive_prologue(case)
    plant = factory(case.loaded, case.conditions, case.seed, case.start)
    for (equipment, quantity), value in past.memory.setpoints.items():
        plant.set(equipment, quantity, value)
    signals = ForecastWithError(case, frozenset({PRICE, CARBON}))
    with open_product(case.loaded, past.readings, signals, tmp_path, case.start) as product:
        sight = NoisySight(
            Ours(product, past.readings, past.local, case.replan, plans_alone=True), product.journal.latest_plan
        )
        drive = Drive(plant, sight, [])
        drive.run(case.start + SETTLES)
        settled = dict(plant.state.setpoints)
        sight.plans.clear()
        drive.run(case.start + SETTLES + WATCHED)
        later = [one for one in product.journal.recommendations() if one.created >= case.start + SETTLES]
    assert sight.ours.diary.failures == []
    assert later == []
    moved = {key: abs(value - settled[key]) for key, value in plant.state.setpoints.items()}
    assert max(moved.values()) <= 0.2, moved  # kelvin of condenser water, which the plant's own control may trim
    assert len(sight.plans) == WATCHED // case.replan
    for plan in sight.plans.values():  # some would move something hours from now, and think again before
        assert any(note.startswith("nothing to ") for note in plan.notes)
