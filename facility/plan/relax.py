"""The relaxation: bounds the cost from below and prices heat and power. Only its infeasibility proves anything."""

from __future__ import annotations

import cvxpy as cp
import numpy as np

from facility.plan.assembly import Form, SitePlan
from facility.plan.case import SiteCase
from facility.plan.cooling_plant import narrowed_case
from facility.plan.problem import ProvenInfeasibleError
from facility.plan.shortfall import infeasibility

SOLVERS = (cp.HIGHS, cp.CLARABEL)


def relax(case: SiteCase, time_limit_s: float) -> tuple[SitePlan, float]:
    """Return the solved relaxation and the lower bound on the surrogate's cost.

    Raises
    ------
    facility.errors.InfeasibleError
        If the relaxation is infeasible: the limits that cannot be met, by name and amount.
    facility.errors.NoPlanFoundError
        If no solver solves it in time.
    """
    if any(not narrowed_case(plant)[2].any(axis=1).all() for plant in case.plants.values()):
        raise infeasibility(case, time_limit_s)
    relaxed = SitePlan(case, Form())
    try:
        return relaxed, float(np.float64(relaxed.problem.solve(SOLVERS, time_limit_s)))
    except ProvenInfeasibleError:
        raise infeasibility(case, time_limit_s) from None
