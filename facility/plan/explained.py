"""Everything that is kept with a plan to explain it, beside the savings of its levers."""

from __future__ import annotations

from facility.errors import PlanError
from facility.explanation import Explanation
from facility.plan.alternatives import alternatives
from facility.plan.case import ItCase
from facility.plan.limit_prices import limit_prices
from facility.plan.problem import Problem
from facility.plan.risk import inlet_risks, loss_risks
from facility.plan.simulate import Simulation
from facility.plan.since_last import since_last


def explanation_of(it: ItCase, run: Simulation, solved: Problem | None, work_value_per_kwh: float) -> Explanation:
    """Return the explanation of a plan's run; `solved` is the problem it came from, None where present operation is kept."""
    try:
        since = since_last(it, run, work_value_per_kwh)
    except PlanError:  # the plan's notes say that the one in force does not fit any more
        since = None
    return Explanation(
        limit_prices(it, run, solved), alternatives(it, run), inlet_risks(it, run), loss_risks(it, run), since
    )
