"""The lower bound of a case: a linear program in which everything is for the best, and no arm can cost less.

It relaxes whatever an arm is bound by. The plant draws its least power (`plant.LeastPower`), heat waits in its masses at no loss,
servers wake and sleep in no time and are awake as the work needs them, the future is known, moves and starts cost nothing. What
remains is what is true of every arm: work that is asked for is done or paid for, deferrable work is done after it came, energy
that is stored is stored within limits, and all of it is bought at the true prices. Steps are quarters of an hour, over which
everything is a mean; what is convex is no less at the mean.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from facility.records import FloatArray
from facility.site import ServerPool
from tools.closed_loop.bound_market import costs_of
from tools.closed_loop.bound_program import Given, least_cost
from tools.closed_loop.case import Case
from tools.closed_loop.happened import MINUTES, STEP, Happened, left_alone
from tools.closed_loop.plant import Plant, Tabulates

ROUNDING_FRAC = 1e-6  # of the solver
DEARER = 3.0  # electricity with its cooling, losses and demand charge, over the IT power's own


def lower_bound_cost(case: Case, plant: Plant, month_peak_kw: float, happened: Happened | None = None) -> float | None:
    """Return a cost that no run of a case can be under, as the judge counts it.

    Parameters
    ----------
    case
        The comparison.
    plant
        A plant of the case at its start.
    month_peak_kw
        As for the judge.
    happened
        What any run of the case met; None: the plant is driven through the case to see.

    Returns
    -------
    None for a plant that does not tabulate its least power, or that alone knows what work is asked of a pool.
    """
    if not isinstance(plant, Tabulates):
        return None
    asked = asked_servers(case)
    if asked is None:
        return None
    dry_bulb_degc, dew_point_degc = _air(case)
    least = plant.tabulate(dry_bulb_degc, dew_point_degc, *it_range_kw(case, asked))
    met = left_alone(case, plant) if happened is None else happened
    cost = least_cost(Given(case, least, met, asked, month_peak_kw))
    return cost - ROUNDING_FRAC * abs(cost)


def asked_servers(case: Case) -> FloatArray | None:
    """Return the mean number of servers that each pool's work asks for in each step (steps, pools); None where nobody knows.

    Means are over the ends of minutes, which is when the judge looks.
    """
    ends = [case.start + (minute + 1) * timedelta(minutes=1) for minute in range(_steps(case) * MINUTES)]
    columns = []
    for pool in case.loaded.site.server_pools:
        course = [case.conditions.demand(pool.id, end) for end in ends]
        if None in course:
            return None
        columns.append(np.array(course, dtype=float).reshape(-1, MINUTES).mean(axis=1) * pool.servers)
    return np.array(columns).T.reshape(_steps(case), len(columns))


def it_range_kw(case: Case, asked: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the least and the most power of each pool in each step (steps, pools).

    The least is that of the work which is asked for, unless paying for work not served is cheaper than its electricity.
    """
    site, pools = case.loaded.site, case.loaded.site.server_pools
    jobs_kw = [sum(work.max_power_kw for work in site.deferrable_work if work.pool == pool.id) for pool in pools]
    least, most = np.zeros(asked.shape), np.zeros(asked.shape)
    for column, pool in enumerate(pools):
        busy = asked[:, column]
        awake = busy if may_sleep(case, pool) else np.full(len(busy), float(pool.servers))
        least[:, column] = _power_kw(pool, awake, busy)
        most[:, column] = _power_kw(pool, np.full(len(busy), float(pool.servers)), busy) + jobs_kw[column]
    costs = costs_of(case, 0.0)
    per_server_kw = float((least / np.maximum(asked, 1e-9)).max(initial=0.0))
    if costs.per_server_h < DEARER * per_server_kw * float(costs.bought.max()):
        least[:] = 0.0
    return least, most


def may_sleep(case: Case, pool: ServerPool) -> bool:
    """Tell whether anybody may send servers of a pool to sleep."""
    return any(point.point == f"{pool.id}.awake_servers_command" for point in case.loaded.site.writable)


def _power_kw(pool: ServerPool, awake: FloatArray, busy: FloatArray) -> FloatArray:
    asleep = pool.servers - awake
    return np.asarray((pool.idle_w * awake + (pool.peak_w - pool.idle_w) * busy + pool.sleep_w * asleep) / 1000.0)


def _air(case: Case) -> tuple[FloatArray, FloatArray]:
    """Return outdoor air at the minutes of each step and at both its ends."""
    moments = [
        case.conditions.air(case.start + step * STEP + minute * timedelta(minutes=1))
        for step in range(_steps(case))
        for minute in range(MINUTES + 1)
    ]
    dry = np.array([air.dry_bulb_degc for air in moments]).reshape(-1, MINUTES + 1)
    return dry, np.array([air.dew_point_degc for air in moments]).reshape(-1, MINUTES + 1)


def _steps(case: Case) -> int:
    return (case.end - case.start) // STEP
