"""Which named limit cannot be met, and by how much: the least slack that makes the relaxation feasible."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

import cvxpy as cp
import numpy as np
from numpy.typing import NDArray

from facility.errors import InfeasibleError, NoPlanFoundError
from facility.plan.assembly import Form, SitePlan
from facility.plan.case import SiteCase
from facility.plan.cooling_plant import PlantCase
from facility.plan.problem import Limit
from facility.plan.simulate import named_limit
from facility.plan.vertices import IntArray
from facility.records import FloatArray, LimitShortfall
from models.cooling import Load, PlantModel

# A store may carry either of two hours: what is short then is the later one, which leaves the longer plan.
LATE_FRAC = 0.01
_SEEN = 1e-3  # of the worst; less is noise
_COARSE, _FINE = np.linspace(0.0, 1.0, 9), np.linspace(0.0, 1.0, 41)  # parts of the heat that are tried


def infeasibility(case: SiteCase, time_limit_s: float) -> InfeasibleError | NoPlanFoundError:
    """Return the error that names what cannot be met; or, if nothing is short, that nothing is proven."""
    shortfalls = list(_without_state(case)) or list(_slackened(case, time_limit_s))
    if shortfalls:
        return InfeasibleError(shortfalls)
    return NoPlanFoundError(
        "no plan found: the solver calls the relaxation infeasible, but no limit is short; nothing is proven"
    )


def _slackened(case: SiteCase, time_limit_s: float) -> Iterator[LimitShortfall]:
    problem = SitePlan(case, Form(loose=True)).problem
    for limit, amount in problem.slackened((cp.HIGHS, cp.CLARABEL), time_limit_s, LATE_FRAC):
        yield shortfall_of(limit, amount, case.it.inputs.times)


def shortfall_of(limit: Limit, amount: FloatArray, times: Sequence[datetime]) -> LimitShortfall:
    """Return a limit that is short at its worst, and since when it is."""
    worst, name = int(amount.argmax()), f"{limit.equipment} {limit.name}"
    if not limit.excess.ndim:
        return LimitShortfall(name, float(amount[worst]), limit.unit)
    steps, short = limit.steps_of(amount), amount > amount[worst] * _SEEN
    return LimitShortfall(name, float(amount[worst]), limit.unit, times[steps[worst]], times[steps[short].min()])


def _without_state(case: SiteCase) -> Iterator[LimitShortfall]:
    """Name, for plants with steps in which no state is possible at any heat, the limit that forbids the heat there."""
    for plant_id, plant_case in case.plants.items():
        steps = np.flatnonzero(~plant_case.table.available.any(axis=1))
        if steps.size:
            yield _uncooled(case, plant_case, case.it.inputs.plant(plant_id), steps)


def _uncooled(case: SiteCase, plant: PlantCase, model: PlantModel, steps: IntArray) -> LimitShortfall:
    """Find the step with the most heat that no state can remove, by trying all states at ever less heat; there again finely."""
    load, times = case.it.heat.load(model, case.it.heat.base_kw()), case.it.inputs.times
    heat_kw = load.heat_kw[steps]
    carried, _ = _carried(plant, model, load.at(steps), _COARSE)
    worst = steps[[np.argmax(heat_kw * (1.0 - carried))]]
    carried, limits = _carried(plant, model, load.at(worst), _FINE)
    missing_kw = float(load.heat_kw[worst[0]] * (1.0 - carried[0]))
    name = " ".join(named_limit(plant.plant_id, str(limits[0])))
    return LimitShortfall(name, missing_kw, "kW", times[worst[0]], times[steps[0]])


def _carried(
    plant: PlantCase, model: PlantModel, load: Load, scales: FloatArray
) -> tuple[FloatArray, NDArray[np.object_]]:
    """Return what part of the heat some state removes, a step, and the limit that forbids the best of them more."""
    steps, scaled = load.outdoor_degc.size, _scaled(load, scales)
    most, limits = np.full(steps, -1.0), np.full(steps, "operating state", dtype=object)
    for state in plant.table.states:
        response = model.evaluate(state, scaled)
        feasible = response.feasible.reshape(steps, -1)
        carried = np.where(feasible, scales, -1.0).max(axis=1)
        limit = response.limit.reshape(steps, -1)
        better = (carried > most) | (limits == "operating state")
        blocking = np.minimum(feasible.shape[1] - feasible[:, ::-1].argmax(axis=1), feasible.shape[1] - 1)
        named = limit[np.arange(steps), np.where(feasible.any(axis=1), blocking, 0)]
        limits = np.where(better, named, limits)
        most = np.maximum(most, carried)
    return np.maximum(most, 0.0), limits


def _scaled(load: Load, scales: FloatArray) -> Load:
    rows = np.repeat(np.arange(load.outdoor_degc.size), len(scales))
    scale, asked = np.tile(scales, load.outdoor_degc.size)[:, None], load.at(rows)
    return replace(asked, it_air_kw=asked.it_air_kw * scale, it_liquid_kw=asked.it_liquid_kw * scale)
