"""Photovoltaics that a plan may hold down: where export is limited, or a kWh too many costs money."""

from __future__ import annotations

import cvxpy as cp
import numpy as np

from facility.plan.inputs import PlanInputs
from facility.plan.problem import Problem
from facility.records import FloatArray
from facility.site import Photovoltaics

# Of a typical price. Our judgement: just enough that an array is not held down where it makes no difference.
LOST_FRAC = 1e-3
_WHOLE_KW = 1e-2  # so near to what is available, nothing is held down


class ArrayCase:
    """What is known of an array before solving."""

    def __init__(self, inputs: PlanInputs, array: Photovoltaics) -> None:
        self.array, self.step_h = array, inputs.step_h
        self.available_kw = inputs.available_kw[array.id]
        self.lost_per_kwh = LOST_FRAC * inputs.price_scale_per_kwh

    def delivered_kw(self, limit_kw: FloatArray) -> FloatArray:
        """Return the power under a limit."""
        return np.asarray(np.minimum(limit_kw, self.available_kw))

    def limit_kw(self, delivered_kw: FloatArray) -> FloatArray:
        """Return the limit to set: the rated power where nothing is held down, for more sun than expected is welcome then."""
        whole = delivered_kw >= self.available_kw - _WHOLE_KW
        return np.where(whole, self.array.rated_kw, np.clip(delivered_kw, 0.0, self.available_kw))

    def lost_cost(self, limit_kw: FloatArray) -> float:
        """Return the little that is put on energy not taken."""
        lost_kw = self.available_kw - self.delivered_kw(limit_kw)
        return float(lost_kw.sum() * self.step_h * self.lost_per_kwh)


class ArrayPlan:
    """The array in the problem."""

    def __init__(self, problem: Problem, case: ArrayCase) -> None:
        self.delivered_kw = cp.Variable(len(case.available_kw), bounds=[0.0, case.available_kw])
        lost_kwh = case.step_h * cp.sum(case.available_kw - self.delivered_kw)
        problem.cost("wear", case.lost_per_kwh * lost_kwh)
