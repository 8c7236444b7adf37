"""The truth about small instances: every path of states and every course of power on a grid, simulated; no solver, no pieces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

import numpy as np

from facility.plan.baseline import baseline
from facility.plan.case import ItCase, SiteCase
from facility.plan.decisions import Decisions
from facility.plan.inputs import PlanInputs
from facility.plan.simulate import Simulation, simulate
from facility.plan.tabulate import tables_of
from facility.plan.verify import violations
from facility.records import FloatArray

Grid = Mapping[str, Sequence[float]]


def prepared(inputs: PlanInputs) -> SiteCase:
    """Return what is known before solving."""
    it = ItCase.of(inputs)
    return SiteCase.of(it, tables_of(it), baseline(it)[1])


def every_run(
    case: SiteCase, charge_kw: Grid | None = None, array_limit_kw: Grid | None = None
) -> Iterator[Simulation]:
    """Yield every schedule that holds, with batteries and arrays at each of the given powers in each step."""
    it, plant = case.it, case.it.inputs.plants[0]
    for path in product(plant.states(), repeat=it.inputs.steps):
        for charge in _courses(charge_kw or {}, it.inputs.steps):
            for limit in _courses(array_limit_kw or {}, it.inputs.steps):
                decisions = Decisions({plant.plant_id: path}, {}, {}, charge, limit)
                run = simulate(it, decisions, case.work_value_per_kwh)
                if run.plants[plant.plant_id].response.feasible.all() and not violations(it, run):
                    yield run


def cheapest(case: SiteCase, charge_kw: Grid | None = None, array_limit_kw: Grid | None = None) -> float:
    """Return the cost of the cheapest of them."""
    return min(run.cost.total_cost for run in every_run(case, charge_kw, array_limit_kw))


def _courses(grid: Grid, steps: int) -> Iterator[dict[str, FloatArray]]:
    for courses in product(*(product(powers, repeat=steps) for powers in grid.values())):
        yield {name: np.array(course) for name, course in zip(grid, courses, strict=True)}
