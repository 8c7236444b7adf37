"""Inputs of a plan that would be made later: the site as a plan leaves it by then, the forecasts of the hours that remain.

What an event is answered with is decided when it is called, not now. So an offer for tonight is planned from tonight's state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from facility.errors import PlanError
from facility.plan.cut_short import BY_EQUIPMENT, COURSES
from facility.plan.decisions import Decisions, decisions_of
from facility.plan.inputs import DAY_H, HeatPumpNow, PlanInputs, PlantNow, TankNow
from facility.plan.servers import PoolCase
from facility.records import FloatArray, Plan
from facility.workload import Job, JobKind
from models.cooling import JointState

_LEAST_KW = 1e-6


def begin_later(inputs: PlanInputs, plan: Plan, at_step: int) -> PlanInputs:
    """Return the inputs of a plan that begins `at_step` steps later, with the plan carried out until then.

    Loads are expected as now, but their scenarios spread from then on: who decides then knows the load of then. The horizon ends
    where it did.

    Raises
    ------
    facility.errors.PlanError
        If the plan is not one of these inputs, or ends before.
    """
    if plan.start != inputs.start or not 0 <= at_step < min(plan.steps, inputs.steps):
        raise PlanError(f"plan {plan.id} of {plan.steps} steps says nothing of step {at_step} of {inputs.steps}")
    if at_step == 0:
        return replace(inputs, in_force=plan)
    decisions = decisions_of(inputs, plan.schedule)
    courses = _courses(replace(inputs, **_load_then(inputs, decisions, at_step)), at_step)
    site_kw = np.asarray(plan.schedule["site.power_kw"])[:at_step]
    start = inputs.time_of(at_step)
    return replace(
        inputs,
        **courses,
        created=start,
        start=start,
        in_force=plan,
        tables={},
        plants_now={name: _plant_then(inputs, name, states[:at_step]) for name, states in decisions.states.items()},
        awake_servers=dict(inputs.awake_servers) | _ends(decisions.awake, at_step),
        slowed_servers=dict(inputs.slowed_servers)
        | {pool: counts[:, at_step - 1] for pool, counts in decisions.slowed.items()},
        state_of_charge_frac=_stored(inputs, plan, at_step),
        backlog_kwh=dict(inputs.backlog_kwh) | _ended(plan, "deferrable_backlog_kwh", at_step),
        arrived_kwh={},
        jobs=_jobs_left(inputs, decisions, at_step),
        tanks_now=_tanks(inputs, plan, at_step),
        heat_pumps_now=_pumps(inputs, decisions, at_step),
        month_peak_kw=max(inputs.month_peak_kw, float(site_kw.max())),
        peak_charges={name: charge.after(site_kw) for name, charge in inputs.peak_charges.items()},
    )


def _load_then(inputs: PlanInputs, decisions: Decisions, at_step: int) -> dict[str, Any]:
    """Return IT power and its scenarios with the servers awake that are then, at their frequencies, as they count from then on."""
    moved_kw = {hall: np.zeros(inputs.steps) for hall in inputs.it_power_kw}
    for pool in inputs.site.server_pools:
        if pool.id in decisions.awake:
            awake = np.full(inputs.steps, decisions.awake[pool.id][at_step - 1])
            slowed = decisions.slowed.get(pool.id)
            then = None if slowed is None else np.repeat(slowed[:, at_step - 1 : at_step], inputs.steps, axis=1)
            moved_kw[pool.hall] = moved_kw[pool.hall] + PoolCase(inputs, pool).power_kw(awake, then)
    loads = [inputs.it_power_kw, *inputs.load_scenarios]
    expected, *scenarios = [{hall: kw + moved_kw[hall] for hall, kw in load.items()} for load in loads]
    return {"it_power_kw": expected, "load_scenarios": scenarios}


def _courses(inputs: PlanInputs, at_step: int) -> dict[str, Any]:
    horizon_h = (inputs.steps - at_step) * inputs.step_h
    planning = inputs.site.planning.model_copy(update={"horizon_h": horizon_h})
    rest: dict[str, Any] = {name: _rest(getattr(inputs, name), at_step) for name in COURSES}
    rest |= {name: _each_rest(getattr(inputs, name), at_step) for name in BY_EQUIPMENT}
    return rest | {
        "site": inputs.site.model_copy(update={"planning": planning}),
        "busy_quantiles": {pool: _each_rest(parts, at_step) for pool, parts in inputs.busy_quantiles.items()},
        "load_scenarios": [_spread_anew(inputs, load, at_step) for load in inputs.load_scenarios],
        "commitments": [
            one if one.baseline_kw is None else replace(one, baseline_kw=one.baseline_kw[at_step:])
            for one in inputs.commitments
        ],
    }


def _spread_anew(inputs: PlanInputs, load: Mapping[str, FloatArray], at_step: int) -> dict[str, FloatArray]:
    """Return a scenario whose distance from what is expected grows from then on as it does from now on."""
    left = inputs.steps - at_step
    return {
        hall: inputs.it_power_kw[hall][at_step:] + (kw - inputs.it_power_kw[hall])[:left] for hall, kw in load.items()
    }


def _plant_then(inputs: PlanInputs, name: str, states: Sequence[JointState]) -> PlantNow:
    now, last, passed_h = inputs.plants_now[name], states[-1], len(states) * inputs.step_h
    before = [(now.mode, now.dampers_open), *((state.mode, state.dampers_open) for state in states)]
    ago_h = [passed_h - at * inputs.step_h for at in range(len(states)) if before[at] != before[at + 1]]
    changed_h = [*ago_h, *(hours + passed_h for hours in now.mode_changed_h)]
    return PlantNow(
        mode=last.mode,
        leaving_water_degc=last.leaving_water_degc,
        supply_air_degc=tuple(last.supply_air_degc),
        chillers_on=last.chillers_on,
        mode_held_min=60.0 * min(ago_h) if ago_h else now.mode_held_min + 60.0 * passed_h,
        dampers_open=last.dampers_open,
        mode_changed_h=tuple(sorted(hours for hours in changed_h if hours < DAY_H)),
    )


def _stored(inputs: PlanInputs, plan: Plan, at_step: int) -> dict[str, float]:
    held = dict(inputs.state_of_charge_frac) | _ended(plan, "state_of_charge_frac", at_step)
    kwh = _ended(plan, "stored_kwh", at_step)
    for contract in inputs.site.heat_contracts:
        if contract.buffer is not None and contract.buffer.id in kwh:
            capacity_kwh = contract.buffer.capacity_kwh(contract.supply_degc, contract.return_degc)
            held[contract.buffer.id] = kwh[contract.buffer.id] / capacity_kwh
    return held


def _tanks(inputs: PlanInputs, plan: Plan, at_step: int) -> dict[str, TankNow]:
    cold = _ended(plan, "cold_frac", at_step)
    return {name: replace(now, cold_frac=cold.get(name, now.cold_frac)) for name, now in inputs.tanks_now.items()}


def _pumps(inputs: PlanInputs, decisions: Decisions, at_step: int) -> dict[str, HeatPumpNow]:
    pumps = dict(inputs.heat_pumps_now)
    for name, heat_kw in decisions.heat_kw.items():
        if name not in pumps:
            continue
        ran = [pumps[name].running, *(heat_kw[:at_step] > _LEAST_KW)]
        changes = [at for at in range(at_step) if ran[at] != ran[at + 1]]
        since = at_step - changes[-1] if changes else at_step
        held_min = 60.0 * inputs.step_h * since + (0.0 if changes else pumps[name].held_min)
        pumps[name] = HeatPumpNow(bool(ran[-1]), held_min)
    return pumps


def _jobs_left(inputs: PlanInputs, decisions: Decisions, at_step: int) -> tuple[Job, ...]:
    done = {name: float(kw[:at_step].sum()) * inputs.step_h for name, kw in decisions.jobs_kw.items()}
    left = [
        replace(
            job,
            energy_kwh=job.energy_kwh - done.get(job.id, 0.0),
            running=job.running or (job.kind is JobKind.WHOLE and done.get(job.id, 0.0) > 0.0),
        )
        for job in inputs.jobs
    ]
    return tuple(job for job in left if job.energy_kwh > _LEAST_KW)


def _ended(plan: Plan, quantity: str, at_step: int) -> dict[str, float]:
    """Return by equipment what a series of the plan comes to at the end of the step before."""
    found = {key.rpartition(".")[0]: values for key, values in plan.schedule.items() if key.endswith(f".{quantity}")}
    return {name: float(values[at_step - 1]) for name, values in found.items()}


def _ends(courses: Mapping[str, FloatArray], at_step: int) -> dict[str, float]:
    return {name: float(course[at_step - 1]) for name, course in courses.items()}


def _rest(course: float | FloatArray, at_step: int) -> float | FloatArray:
    return course[at_step:] if isinstance(course, np.ndarray) and course.ndim else course


def _each_rest(courses: Mapping[Any, FloatArray], at_step: int) -> dict[Any, FloatArray]:
    return {name: course[at_step:] for name, course in courses.items()}
