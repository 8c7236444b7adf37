"""What the limits that bind cost: duals of the restricted problem, and plant models asked again with a limit looser."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from facility.explanation import LimitPrice
from facility.plan.case import ItCase
from facility.plan.inputs import DAY_H
from facility.plan.problem import Problem
from facility.plan.simulate import PlantRun, Simulation, evaluate_path, named_limit
from models.plant_model import CoolingPlant
from models.what_if import loosened

_LEAST_PER_DAY = 0.005  # of the site's currency; below it a price is the solver's tolerance
_DUAL = 1e-6


def limit_prices(it: ItCase, run: Simulation, solved: Problem | None) -> tuple[LimitPrice, ...]:
    """Return the prices of the limits that bind, the dearest first; `solved` is the problem with the plan's states fixed."""
    found = [] if solved is None else list(_of_problem(it, solved))
    for plant in it.inputs.plants:
        if isinstance(plant, CoolingPlant):
            found += _of_plant(it, plant, run.plants[plant.plant_id])
    dear = [price for price in found if price.price_per_day >= _LEAST_PER_DAY]
    return tuple(sorted(dear, key=lambda price: -price.price_per_day))


def _of_problem(it: ItCase, solved: Problem) -> Iterator[LimitPrice]:
    """Yield the sum of a limit's duals: what one unit more in every step would save."""
    duals: dict[tuple[str, str, str], list[float]] = {}
    for limit in solved.binding():
        duals.setdefault((limit.equipment, limit.name, limit.unit), []).extend(limit.price[limit.price > _DUAL])
    step_h, days = it.inputs.step_h, it.inputs.steps * it.inputs.step_h / DAY_H
    for (equipment, name, unit), prices in duals.items():
        yield LimitPrice(equipment, name, 1.0, unit, float(sum(prices)) / days, len(prices) * step_h)


def _of_plant(it: ItCase, plant: CoolingPlant, run: PlantRun) -> Iterator[LimitPrice]:
    """Yield what the plan's own states would save with a limit looser in the steps in which it decides."""
    inputs, days = it.inputs, it.inputs.steps * it.inputs.step_h / DAY_H
    for limit in np.unique(run.response.binding):
        looser = loosened(plant.plain, str(limit))  # its power alone counts
        if looser is None:
            continue
        steps = np.flatnonzero(run.response.binding == limit)
        answer = evaluate_path(looser.plant, tuple(run.states[step] for step in steps), run.load.at(steps))
        saved_kw = np.nan_to_num(run.response.overhead_kw[steps] - answer.overhead_kw)
        price = float(saved_kw @ inputs.full_price_per_kwh[steps]) * inputs.step_h / days
        hours = float(len(steps) * inputs.step_h)
        yield LimitPrice(*named_limit(plant.plant_id, str(limit)), looser.per, looser.unit, price, hours)
