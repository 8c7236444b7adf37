"""Batteries and tanks before hours that cannot be met: no emptier at the end than if they had stood idle.

Those hours need what is in them more than any demand charge before. It has a price above whatever a kWh may earn, which is no cost
of the plan; a limit that takes more out of a store may do so.
"""

from __future__ import annotations

from collections.abc import Sequence

import cvxpy as cp
import numpy as np

from facility.plan.inputs import PlanInputs
from facility.plan.problem import Problem
from facility.plan.storage import BatteryPlan
from facility.plan.tank import TankPlan

_MORE_THAN_EARNED = 2.0
_GOAL_PER_KW = 1.0  # where the peak itself is made least, before any money


def keep_stores(problem: Problem, inputs: PlanInputs, stores: Sequence[BatteryPlan | TankPlan]) -> None:
    """Keep stores as full as idleness would leave them."""
    tariff = inputs.site.tariff
    charged_per_kw = tariff.demand_charge_per_kw_month + sum(one.price_per_kw for one in inputs.peak_charges.values())
    earned_per_kw = charged_per_kw + inputs.weighed.peak_per_kw + _GOAL_PER_KW
    earned_per_kwh = earned_per_kw * 60.0 / tariff.demand_window_min + np.abs(inputs.full_price_per_kwh).max()
    for store in stores:
        idle_kwh = store.case.course_kwh(np.zeros(inputs.steps))[-1]
        problem.penalty(_MORE_THAN_EARNED * earned_per_kwh * cp.pos(idle_kwh - store.stored_kwh[-1]))
