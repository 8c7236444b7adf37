"""What changed since the last plan, and why: its decisions run again under the new inputs, and under them with one input as it was.

Cheaper than planning anew for each input: of every group of inputs, by how much its change makes the new decisions of the coming
hours better against the old ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from facility.explanation import DecisionChange, InputChange, SinceLast
from facility.plan.calm import SAID_H
from facility.plan.case import ItCase
from facility.plan.decisions import AWAKE, EXPECTED_IT, Decisions, schedule_of, worth_a_write
from facility.plan.in_force import coming, decisions_in_force, steps_left
from facility.plan.inputs import PlanInputs
from facility.plan.simulate import Simulation, cost_of, simulate_all, unlike
from facility.plan.verify import violations
from facility.records import FloatArray, Plan

BROKEN = "what was said would now break a limit: "
_HALF = 0.5  # an input that makes up so much of the gain turned the decision


@dataclass(frozen=True, slots=True, eq=False)
class _Moved:
    """An input that can be put back: how far it moved, and the inputs with it as it was."""

    name: str
    by: FloatArray
    unit: str
    as_it_was: PlanInputs
    only_money: bool = False  # powers stay as they are


def since_last(it: ItCase, run: Simulation, work_value_per_kwh: float) -> SinceLast | None:
    """Return what changed; None where no plan in force covers the present."""
    plan = it.inputs.in_force
    said = decisions_in_force(it.inputs)
    if plan is None or said is None:
        return None
    decisions = tuple(_decisions(it.inputs, plan, run.decisions))
    moved = list(_moved(it.inputs, plan)) if _knows_inputs(it.inputs, plan) else []
    worth, because = dict.fromkeys((one.name for one in moved), float("nan")), "nothing of the coming hours has changed"
    if decisions:
        first = _first(said, run.decisions, _steps(it.inputs))
        (old,) = simulate_all([(it, first)], work_value_per_kwh, unlike(run))
        gain = old.cost.total_cost - run.cost.total_cost
        gains = _gains(it, moved, old, run, work_value_per_kwh)
        worth = {one.name: gain - without for one, without in zip(moved, gains, strict=True)}
        because = _broken(it, old) or _because(it.inputs, plan, gain, worth)
    inputs = tuple(_input_change(one, worth[one.name]) for one in moved)
    return SinceLast(plan.id, decisions, (*inputs, *_state(it.inputs, plan)), because)


def _steps(inputs: PlanInputs) -> int:
    return min(round(SAID_H / inputs.step_h), steps_left(inputs))


def _decisions(inputs: PlanInputs, plan: Plan, decisions: Decisions) -> Iterator[DecisionChange]:
    for name, course in schedule_of(inputs, decisions).items():
        if name not in plan.schedule:
            continue
        before, after = np.asarray(coming(inputs, plan, name)), course
        differ = np.flatnonzero(np.abs(after - before)[: _steps(inputs)] >= worth_a_write(name))
        if differ.size:
            step = int(differ[0])
            yield DecisionChange(name, float(before[step]), float(after[step]), step * inputs.step_h)


def _knows_inputs(inputs: PlanInputs, plan: Plan) -> bool:
    """Tell whether a plan kept the forecasts it was made from; plans of an older version did not."""
    return all(f"{hall}.{EXPECTED_IT}" in plan.schedule for hall in inputs.it_power_kw)


def _moved(inputs: PlanInputs, plan: Plan) -> Iterator[_Moved]:
    def was(key: str, now: FloatArray) -> FloatArray:
        covered = steps_left(inputs)
        return np.concatenate([np.asarray(coming(inputs, plan, key))[:covered], now[covered:]])

    load = {hall: was(f"{hall}.{EXPECTED_IT}", kw) for hall, kw in inputs.it_power_kw.items()}
    by_kw = np.asarray(sum(kw - load[hall] for hall, kw in inputs.it_power_kw.items()))
    yield _Moved("forecast of IT load", by_kw, "kW", replace(inputs, it_power_kw=load))
    outdoor = was("site.outdoor_temperature_degc", inputs.outdoor_degc)
    wet_bulb = was("site.outdoor_wet_bulb_degc", inputs.wet_bulb_degc)
    weather = replace(inputs, outdoor_degc=outdoor, wet_bulb_degc=wet_bulb)
    yield _Moved("forecast of the wet bulb", inputs.wet_bulb_degc - wet_bulb, "K", weather)
    price = was("site.price_per_kwh", inputs.price_per_kwh)
    unit = f"{inputs.site.currency}/kWh"
    yield _Moved(
        "energy price", inputs.price_per_kwh - price, unit, replace(inputs, price_per_kwh=price), only_money=True
    )
    carbon = was("site.carbon_intensity_gco2_per_kwh", inputs.carbon_gco2_per_kwh)
    greener = replace(inputs, carbon_gco2_per_kwh=carbon)
    yield _Moved("carbon intensity", inputs.carbon_gco2_per_kwh - carbon, "gCO2/kWh", greener, only_money=True)


def _input_change(moved: _Moved, worth: float) -> InputChange:
    largest = float(moved.by[np.argmax(np.abs(moved.by))])
    return InputChange(moved.name, float(moved.by.mean()), largest, moved.unit, worth if np.isfinite(worth) else None)


def _state(inputs: PlanInputs, plan: Plan) -> Iterator[InputChange]:
    """Yield how far the measured state is from what the last plan expected by now."""
    passed = (inputs.start - plan.start) // plan.step
    if passed == 0:
        return
    measured = {f"{name}.state_of_charge_frac": (frac, "frac") for name, frac in inputs.state_of_charge_frac.items()}
    measured |= {f"{name}.{AWAKE}": (count, "count") for name, count in inputs.awake_servers.items()}
    for name, (value, unit) in measured.items():
        if name in plan.schedule:
            apart = value - plan.schedule[name][passed - 1]
            yield InputChange(f"{name} against what was planned", apart, apart, unit)


def _first(said: Decisions, then: Decisions, steps: int) -> Decisions:
    """Return what was said for the first steps and the new decisions after; work and batteries make up for the difference."""
    states = {name: (*said.states[name][:steps], *path[steps:]) for name, path in then.states.items()}
    made_up = {
        field: {
            name: _made_up(getattr(said, field).get(name, kw), kw, steps) for name, kw in getattr(then, field).items()
        }
        for field in ("work_kw", "charge_kw")
    }
    awake = {
        name: np.concatenate([said.awake.get(name, count)[:steps], count[steps:]]) for name, count in then.awake.items()
    }
    return replace(then, states=states, awake=awake, **made_up)


def _made_up(first: FloatArray, then: FloatArray, steps: int) -> FloatArray:
    """Return one course and then another, which catches up with what it would have done by then, within the powers of both."""
    low, high = min(first.min(), then.min()), max(first.max(), then.max())
    course = np.concatenate([first[:steps], then[steps:]])
    behind = float((then - first)[:steps].sum())
    for step in range(steps, len(course)):
        course[step] = min(max(then[step] + behind, low), high)
        behind -= course[step] - then[step]
    return course


def _gains(
    it: ItCase, moved: Sequence[_Moved], old: Simulation, new: Simulation, work_value_per_kwh: float
) -> Iterator[float]:
    """Yield by how much the new decisions are cheaper with one input as it was."""
    cases = [it.under(one.as_it_was) for one in moved]
    anew = [case for case, one in zip(cases, moved, strict=True) if one.by.any() and not one.only_money]
    asked = [(case, run.decisions) for case in anew for run in (old, new)]
    runs = iter(simulate_all(asked, work_value_per_kwh) if asked else ())
    for case, one in zip(cases, moved, strict=True):
        pair = (next(runs), next(runs)) if case in anew else (old, new)
        costs = (
            cost_of(case, run.decisions, run.site_kw, run.water_lps, work_value_per_kwh) if one.only_money else run.cost
            for run in pair
        )
        before, after = (cost.total_cost for cost in costs)
        yield before - after


def _broken(it: ItCase, old: Simulation) -> str:
    """Name what the old decisions would break in the coming hours; empty if nothing."""
    until = it.inputs.times[_steps(it.inputs) - 1]
    broken = [one for one in violations(it, old) if one.at and one.at <= until]
    return BROKEN + "; ".join(map(str, broken[:2])) if broken else ""


def _because(inputs: PlanInputs, plan: Plan, gain: float, worth: dict[str, float]) -> str:
    others = [
        name
        for name, differs in (
            (
                f"models {inputs.model_version} instead of {plan.model_version}",
                inputs.model_version != plan.model_version,
            ),
            ("the site file was changed", inputs.site_revision != plan.site_revision),
        )
        if differs
    ]
    if not gain > 0.0:
        return (
            "; ".join(others)
            or "the change saves nothing by itself in the coming hours; it makes room for what follows"
        )
    turned = sorted((name for name in worth if worth[name] >= _HALF * gain), key=lambda name: -worth[name])
    told = [f"{name} ({worth[name]:.2f} of the {gain:.2f} {inputs.site.currency} it saves)" for name in turned]
    return "; ".join([*told, *others]) or "the measured state, or many small changes together"
