"""A calm plan: leaving what was said last has a small price, so that noise in a forecast turns no mode, stage or setpoint.

Noise moves the cheapest schedule although it hardly moves its cost. In the coming hours, what differs from the plan in force (or
from present operation, where there is none) must earn this price; it is no part of the plan's stated cost, nor of its bound.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cvxpy as cp
import numpy as np

from facility.plan.cooling_plant import PlantCase
from facility.plan.decisions import Decisions
from facility.plan.inputs import PlanInputs
from facility.plan.moves import StateFeatures
from facility.plan.problem import Problem
from facility.records import FloatArray

SAID_H = 2.0  # what lies further off is decided again before it comes
# Our judgement, from the noise of forecasts (`tools/bench plan_calm`).
COURSE_FRAC = 0.1  # of a typical price, for each kWh that is used at another time than was said
MODE_FRAC = 0.001  # of what a typical step's IT power costs, for each step in another mode or stage
KELVIN_FRAC = 0.0003  # likewise, for each kelvin of water or air


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """What was said before: decisions from the present step on, which count for `steps` steps."""

    decisions: Decisions
    steps: int

    @classmethod
    def of(cls, inputs: PlanInputs, decisions: Decisions, covered: int) -> Said:
        """Let decisions count for the coming hours, as far as they are known."""
        return cls(decisions, min(round(SAID_H / inputs.step_h), covered))

    def price_courses(self, problem: Problem, inputs: PlanInputs, courses: Mapping[tuple[str, ...], Any]) -> None:
        """Add the price of leaving what was said of the power of work and batteries: courses (N * T), one after the other."""
        price, steps = COURSE_FRAC * inputs.price_scale_per_kwh * inputs.step_h, np.arange(self.steps)
        said = {**self.decisions.work_kw, **self.decisions.charge_kw}
        for names, course in courses.items():
            known = [row for row, name in enumerate(names) if name in said]
            if known:
                at = (np.array(known)[:, None] * inputs.steps + steps).ravel()
                apart_kw = cp.abs(course[at] - np.concatenate([said[names[row]][: self.steps] for row in known]))
                problem.cost("calm", price * cp.sum(apart_kw))

    def states_of(self, case: PlantCase) -> set[int]:
        """Return the states that were said, by their places in the plant's table; those that it has no more are left out."""
        said = set(self.decisions.states[case.plant_id])
        return {place for place, state in enumerate(case.table.states) if state in said}

    def state_prices(self, case: PlantCase, inputs: PlanInputs) -> FloatArray:
        """Return the price of each state in each step (T, S)."""
        features, said = case.features, self.decisions.states[case.plant_id][: self.steps]
        prices = np.zeros((inputs.steps, len(features.mode)))
        modes = StateFeatures.of(said).mode
        for step, state in enumerate(said):
            turned = (features.mode != modes[step]) | (features.chillers_on != state.chillers_on)
            kelvin = np.abs(features.leaving_water_degc - state.leaving_water_degc)
            kelvin += np.abs(features.supply_air_degc - state.supply_air_degc).sum(axis=1)
            prices[step] = MODE_FRAC * turned + KELVIN_FRAC * kelvin
        it_kw = np.asarray(sum(inputs.it_power_kw.values()))[:, None]
        return np.asarray(prices * it_kw * inputs.price_scale_per_kwh * inputs.step_h)
