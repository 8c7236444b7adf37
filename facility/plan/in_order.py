"""Goals in order become weights: each is made least on the relaxation while those before it keep within their slack.

What the last of these problems pays for one more unit of a goal is what that goal is worth against money. So choosing, restricting
and explaining go on in money; and the plan is held to the slack itself.
"""

from __future__ import annotations

from dataclasses import replace

from facility.errors import NoPlanFoundError
from facility.plan import goals
from facility.plan.assembly import Form, SitePlan
from facility.plan.case import SiteCase
from facility.plan.deadline import Deadline
from facility.plan.inputs import PlanInputs
from facility.plan.problem import ProvenInfeasibleError
from facility.plan.relax import SOLVERS, relax
from facility.site import Goal, Weights

_MOST_RATIO = 100.0  # of a weight to the mean cost of a unit: then a goal is nearly all that counts


def in_order(case: SiteCase, deadline: Deadline) -> tuple[PlanInputs, str]:
    """Return the inputs with the weights and caps that the site's goals mean for them, and what to say of it.

    Raises
    ------
    facility.errors.InfeasibleError
        If the relaxation is infeasible.
    facility.errors.NoPlanFoundError
        If no solver solves it in time.
    """
    inputs = case.it.inputs
    order = list(inputs.site.planning.goals)
    if goals.COST not in [goal.of for goal in order]:
        order.append(Goal(of="cost"))
    relaxed, _ = relax(case, deadline.solver_s())  # names what is infeasible before any goal is looked at
    caps: dict[str, float] = {}
    for goal in order:
        relaxed = _least(case, caps, goal.of, deadline)
        least = float(relaxed.goal(goal.of).value)
        if goal is not order[-1]:
            caps[goal.of] = least + goal.slack_frac * abs(least)
    weights = _weights(relaxed, order[-1].of)
    tables = {name: plant.table for name, plant in case.plants.items()}
    weighed = replace(inputs, weights=weights, goal_caps=caps, tables=tables)
    return weighed, _note(order, weights, inputs.site.currency)


def _least(case: SiteCase, caps: dict[str, float], goal: str, deadline: Deadline) -> SitePlan:
    """Return the relaxation solved for one goal, those before it held to their caps."""
    capped = replace(case, it=replace(case.it, inputs=replace(case.it.inputs, goal_caps=caps)))
    relaxed = SitePlan(capped, Form())
    try:
        relaxed.problem.solve(SOLVERS, deadline.solver_s(), objective=relaxed.goal(goal))
    except ProvenInfeasibleError:
        raise NoPlanFoundError(
            f"no plan found: making {goal} least within the slack of {', '.join(caps)} failed"
        ) from None
    return relaxed


def _weights(relaxed: SitePlan, last: str) -> Weights:
    """Return what a unit of each goal is worth in money where the last goal was made least."""
    caps = relaxed.case.it.inputs.goal_caps
    prices = {limit.name.removeprefix("goal "): limit for limit in relaxed.problem.limits if limit.equipment == "site"}
    worth = {goal: float(prices[goal].price[0]) for goal in caps} | {last: 1.0}
    money = abs(float(relaxed.goal(goals.COST).value))
    found: dict[str, float] = {}
    for goal in goals.WEIGHED:
        if worth.get(goal, 0.0) > 0.0:
            most = _MOST_RATIO * money / max(abs(float(relaxed.goal(goal).value)), 1e-6)
            found[goal] = worth[goal] / max(worth[goals.COST], worth[goal] / most)
    return Weights(
        carbon_per_kg=found.get(goals.CARBON, 0.0),
        water_per_m3=found.get(goals.WATER, 0.0),
        energy_per_kwh=found.get(goals.ENERGY, 0.0),
        peak_per_kw=found.get(goals.PEAK, 0.0),
    )


def _note(order: list[Goal], weights: Weights, currency: str) -> str:
    steps = [f"{goal.of} (within {100.0 * goal.slack_frac:g} %)" for goal in order[:-1]] + [order[-1].of]
    worth = [
        f"{goals.weight_of(weights, name):.3g} {currency} a {goals.UNITS[name]} of {name}"
        for name in goals.WEIGHED
        if goals.weight_of(weights, name) > 0.0
    ]
    return f"goals in order: {', then '.join(steps)}; this weighs {' and '.join(worth) or 'nothing beside prices'}"
