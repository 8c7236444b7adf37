"""The restricted problem: chosen states fixed, small and convex; and branch and bound near them when that fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import cvxpy as cp
import numpy as np

from facility.errors import NoPlanFoundError
from facility.plan.assembly import Form, SitePlan
from facility.plan.case import SiteCase
from facility.plan.cooling_plant import RelaxedPlant, StatePath, narrowed_case
from facility.plan.problem import Limit, ProvenInfeasibleError
from facility.plan.shortfall import shortfall_of
from facility.plan.vertices import power_at
from facility.records import FloatArray, LimitShortfall
from models.cooling import BoolArray

SOLVERS = (cp.HIGHS, cp.CLARABEL)
NEIGHBOURS = 4  # cheapest states a step that branch and bound may use beside those seen so far
WHOLE_GAP, WHOLE_S = 2e-4, 3.0
_SEEN = 1e-3


class BlockedError(Exception):
    """Internal to the plan: no solution with these states; `steps` is where they fail, `shortfalls` of which limits."""

    def __init__(self, steps: BoolArray, shortfalls: list[LimitShortfall]) -> None:
        self.steps, self.shortfalls = steps, shortfalls
        super().__init__("chosen states leave no solution")


def restrict(case: SiteCase, form: Form, time_limit_s: float, whole_s: float = WHOLE_S) -> SitePlan:
    """Solve with the states fixed; whole jobs and pumps in `whole_s`, if an answer is found in it.

    Raises
    ------
    BlockedError
        If there is no solution; with the steps in which limits are short.
    """
    plan = SitePlan(case, form)
    try:
        _solve(plan, time_limit_s, whole_s)
    except ProvenInfeasibleError as error:
        if form.near_jobs is not None:  # only those choices were allowed: nothing is said of the states
            return restrict(case, replace(form, near_jobs=None), time_limit_s, whole_s)
        raise _blocked(case, error.short or list(plan.problem.slackened(SOLVERS, time_limit_s))) from None
    return plan


def _solve(plan: SitePlan, time_limit_s: float, whole_s: float) -> None:
    """Solve; whole jobs and heat pumps to a gap, in little time, and without a first answer in what time there is."""
    if not (plan.form.whole_jobs or plan.form.whole_pumps):
        plan.problem.solve(SOLVERS, time_limit_s)
        return
    try:
        plan.problem.solve(SOLVERS, min(time_limit_s, whole_s), WHOLE_GAP)
    except NoPlanFoundError:
        plan.problem.solve(SOLVERS, time_limit_s, WHOLE_GAP)


def _blocked(case: SiteCase, short: Sequence[tuple[Limit, FloatArray]]) -> BlockedError:
    """Tell in which steps what is short is so."""
    steps = np.zeros(case.it.inputs.steps, dtype=bool)
    for limit, amount in short:
        if limit.excess.ndim:  # a limit on the whole horizon tells nothing of a step
            steps[limit.steps_of(amount)] |= amount > amount.max() * _SEEN
    return BlockedError(steps, [shortfall_of(limit, amount, case.it.inputs.times) for limit, amount in short])


def branch_and_bound(
    case: SiteCase, only: Mapping[str, BoolArray] | None, time_limit_s: float, mip_gap: float = 1e-4
) -> tuple[SitePlan, dict[str, StatePath]]:
    """Solve the form with one binary a step and state, over all states or some; return the plan and its states.

    Raises
    ------
    ProvenInfeasibleError
        If there is no plan among these states.
    """
    plan = SitePlan(case, Form(integer=True, only=only))
    plan.problem.solve((cp.HIGHS,), time_limit_s, mip_gap)
    paths = {
        name: plant.state_weights().argmax(axis=1)
        for name, plant in plan.plants.items()
        if isinstance(plant, RelaxedPlant)
    }
    return plan, paths


def neighbourhood(
    case: SiteCase, relaxed: SitePlan, seen: Mapping[str, list[StatePath]], forbidden: Mapping[str, BoolArray]
) -> dict[str, BoolArray]:
    """Return the states near those that the relaxation or a choice has used, without the forbidden ones."""
    return {name: _near(relaxed, name, seen[name]) & ~forbidden[name] for name in case.plants}


def _near(relaxed: SitePlan, name: str, paths: list[StatePath]) -> BoolArray:
    plant, case = relaxed.plants[name], relaxed.case.plants[name]
    assert isinstance(plant, RelaxedPlant)
    near = plant.state_weights() > _SEEN
    for path in paths:
        near[:, np.unique(path)] = True
    _, _, left = narrowed_case(case)
    heat: FloatArray = np.broadcast_to(relaxed.heat_kw(name)[:, None], left.shape)
    power = np.where(left, power_at(case.table, heat), np.inf)
    if case.table.ends is not None:
        power = power + case.table.ends.power_kw(relaxed.it_heat_kw(name))
    rank = power.argsort(axis=1).argsort(axis=1)
    return np.asarray(near | (rank < NEIGHBOURS))
