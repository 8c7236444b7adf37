"""Which named limit cannot be met, and by how much: the least slack that makes the relaxation feasible."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import cvxpy as cp
import numpy as np

from facility.errors import InfeasibleError, NoPlanFoundError
from facility.plan.assembly import Form, SitePlan
from facility.plan.case import SiteCase
from facility.plan.cooling_plant import PlantCase
from facility.plan.problem import Limit
from facility.plan.simulate import named_limit
from facility.plan.vertices import IntArray
from facility.records import FloatArray, LimitShortfall
from models.cooling import Load, PlantModel

_SCALES = np.linspace(0.0, 1.0, 41)


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
    for limit, amount in problem.slackened((cp.HIGHS, cp.CLARABEL), time_limit_s):
        yield shortfall_of(limit, amount, case.it.inputs.times)


def shortfall_of(limit: Limit, amount: FloatArray, times: Sequence[datetime]) -> LimitShortfall:
    """Return a limit that is short at its worst."""
    worst = int(amount.argmax())
    at = times[int(limit.steps_of(amount)[worst])] if limit.excess.ndim else None
    return LimitShortfall(f"{limit.equipment} {limit.name}", float(amount[worst]), limit.unit, at)


def _without_state(case: SiteCase) -> Iterator[LimitShortfall]:
    """Name, for plants with steps in which no state is possible at any heat, the limit that forbids the heat there."""
    for plant_id, plant_case in case.plants.items():
        steps = np.flatnonzero(~plant_case.table.available.any(axis=1))
        if steps.size:
            yield _uncooled(case, plant_case, case.it.inputs.plant(plant_id), steps)


def _uncooled(case: SiteCase, plant: PlantCase, model: PlantModel, steps: IntArray) -> LimitShortfall:
    """Find the step with the most heat that no state can remove, by trying every state at ever less heat."""
    inputs = case.it.inputs
    load = _scaled(case.it.heat.load(model, case.it.heat.base_kw()), steps)
    most, limits = np.full(len(steps), -1.0), np.full(len(steps), "operating state", dtype=object)
    for state in plant.table.states:
        response = model.evaluate(state, load)
        feasible = response.feasible.reshape(len(steps), -1)
        carried = np.where(feasible, _SCALES, -1.0).max(axis=1)
        limit = response.limit.reshape(len(steps), -1)
        better = (carried > most) | (limits == "operating state")
        blocking = np.minimum(feasible.shape[1] - feasible[:, ::-1].argmax(axis=1), feasible.shape[1] - 1)
        named = limit[np.arange(len(steps)), np.where(feasible.any(axis=1), blocking, 0)]
        limits = np.where(better, named, limits)
        most = np.maximum(most, carried)
    heat_kw = (load.it_air_kw.sum(axis=1) + load.it_liquid_kw.sum(axis=1)).reshape(len(steps), -1)[:, -1]
    missing = heat_kw * (1.0 - np.maximum(most, 0.0))
    worst = int(missing.argmax())
    name = " ".join(named_limit(plant.plant_id, str(limits[worst])))
    return LimitShortfall(name, float(missing[worst]), "kW", inputs.times[int(steps[worst])])


def _scaled(load: Load, steps: IntArray) -> Load:
    scale = np.tile(_SCALES, len(steps))[:, None]
    rows = np.repeat(steps, len(_SCALES))
    return Load(
        load.it_air_kw[rows] * scale, load.it_liquid_kw[rows] * scale, load.outdoor_degc[rows], load.wet_bulb_degc[rows]
    )
