"""Whole servers from the problem's fractions: the least that keep minimum times and the limit of boots."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint, milp

from facility.plan.calm import SAID_H
from facility.plan.named_servers import NamedPool
from facility.plan.server_plan import Servers, trailing
from facility.plan.servers import WHOLE, PoolCase
from facility.records import FloatArray

FEW_FRAC = 0.02  # of the servers awake: where one is no more, noise in the forecast of load moves more than one


def whole_servers(case: PoolCase, planned: Servers) -> tuple[Servers, Servers]:
    """Round awake servers up, and slowed ones down, so that what must be ready stays so: calmly (`calm_awake`), and to the fewest.

    Where servers have names, more stay awake if those that may not sleep yet and those that never may are more.
    """
    fewest, slowed = whole_awake(case, planned.awake), np.floor(planned.slowed + WHOLE)
    calm, least = (
        Servers(awake if case.names is None else _named_counts(case, case.names, awake), slowed)
        for awake in (calm_awake(case, fewest), fewest)
    )
    return calm, least


def _named_counts(case: PoolCase, names: NamedPool, awake: FloatArray) -> FloatArray:
    """Return how many named servers are awake; where too few may wake again in time, none goes to sleep just before."""
    for _ in range(case.steps):
        counts = np.array([len(one) for one in names.awake_sets(awake)], dtype=float)
        short = np.flatnonzero(counts < np.minimum(awake, case.pool.servers))
        if not short.size:
            break
        before = slice(max(int(short[0]) - case.asleep_steps + 1, 0), int(short[0]))
        held = np.maximum(awake[before], counts[max(before.start - 1, 0)])
        if (held == awake[before]).all():
            break  # nothing to hold: for verification to judge
        awake = np.concatenate([awake[: before.start], held, awake[before.stop :]])
    return counts


def whole_awake(case: PoolCase, awake: FloatArray) -> FloatArray:
    """Return the least whole servers at or above those of the problem that keep the pool's times.

    A network program: whole at its corners, so that branch and bound has nothing to branch on. Where there is none, as when a
    measured state leaves no way, the servers rounded up are for verification to judge.
    """
    steps, unit, none = case.steps, sp.eye_array(case.steps), sp.csr_array((case.steps, case.steps))
    least = np.clip(np.ceil(awake - WHOLE), 0, case.pool.servers)
    if _keeps_times(case, least):
        return least
    change = (unit - sp.eye_array(steps, k=-1)).tocsr()
    first = np.zeros(steps)
    first[0] = case.awake_now
    rows = [
        LinearConstraint(sp.hstack([change, -unit, unit]), first, first),
        LinearConstraint(sp.hstack([-unit, trailing(steps, case.awake_steps), none]), -np.inf, 0.0),
        LinearConstraint(sp.hstack([unit, none, trailing(steps, case.asleep_steps)]), -np.inf, case.pool.servers),
    ]
    bounds = Bounds(
        np.concatenate([least, np.zeros(2 * steps)]),
        np.repeat([case.pool.servers, case.most_wakes, case.pool.servers], steps),
    )
    cost = np.concatenate([np.ones(steps), np.full(2 * steps, WHOLE)])
    found = milp(cost, integrality=np.ones(3 * steps, dtype=np.int64), bounds=bounds, constraints=rows)
    return np.round(found.x[:steps]) if found.success else least


def calm_awake(case: PoolCase, awake: FloatArray) -> FloatArray:
    """Let no single server of many sleep in the coming hours: noise in the forecast would wake it. Several at once may."""
    held, before = awake.copy(), case.awake_now
    for step in range(min(round(SAID_H / case.step_h), case.steps)):
        alone = held[step] == before - 1.0 and FEW_FRAC * before >= 1.0
        held[step] = before if alone else held[step]
        before = held[step]
    return held if _keeps_times(case, held) else awake


def _keeps_times(case: PoolCase, awake: FloatArray) -> bool:
    """Tell whether servers keep the pool's minimum times and its limit of boots."""
    change, steps = np.diff(awake, prepend=case.awake_now), case.steps
    woken, slept = np.maximum(change, 0.0), np.maximum(-change, 0.0)
    times = (trailing(steps, case.awake_steps) @ woken <= awake + WHOLE).all()
    rests = (trailing(steps, case.asleep_steps) @ slept <= case.pool.servers - awake + WHOLE).all()
    return bool(times and rests and woken.max(initial=0.0) <= case.most_wakes + WHOLE)
