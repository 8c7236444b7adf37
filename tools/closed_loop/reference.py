"""The reference: the best trajectory found with the future known, re-simulated on the plant.

A search by simulation. One run of the plant tries a change of one lever in every window of two hours at once, and each window
keeps it where the window became cheaper: windows hardly know each other, because halls and loops forget within the hour.
Steps grow where they helped; where they did not they turn round and shrink. From time to time what was kept is run as a whole,
and where that is no better than the best run, the search goes on from the best run. Servers, jobs and batteries, which do
remember, come from a linear program on the true prices and the true work. What is returned has been run as a whole, and is
never worse than the best of the schedules that the search began with.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from facility.site import Site
from tools.closed_loop.appraisal import WINDOW, Appraisal, Stage
from tools.closed_loop.drive import CONTROL_EVERY
from tools.closed_loop.foresight import with_foresight
from tools.closed_loop.levers import Lever, cooling_levers, frozen_keys
from tools.closed_loop.plant import Key
from tools.closed_loop.schedule import Schedule
from tools.closed_loop.search import Move, Search

FORESIGHT_AGAIN = (0.0, 0.4, 0.8)  # of the budget: when servers, jobs and batteries are scheduled anew
AIR, FANS = "supply_air_temperature_setpoint_degc", "fan_speed_setpoint_frac"
WATER = "leaving_chilled_water_temperature_setpoint_degc"
NEAR_PEAK = 0.97  # a window pays for demand from here on


@dataclass(frozen=True, slots=True)
class Budget:
    """How long to search: CPU seconds of this process, and runs of the plant; the starting schedules are run in any case."""

    cpu_seconds: float = 240.0
    runs: int = 1000


def find_reference(
    stage: Stage, starts: Sequence[Schedule], *, cooling_only: bool = False, budget: Budget | None = None
) -> Appraisal:
    """Return the best run found.

    Parameters
    ----------
    stage
        The plant at the beginning of the case, its judge, and how much of each limit may be broken.
    starts
        Setpoints to begin from, at least one: what the arms wrote, the last reference. Cooling only: what
        the first of them does with servers, jobs and storage is what all do.
    cooling_only
        Whether servers, jobs and storage stay as they are.
    budget
        How long to search.

    Returns
    -------
    Appraisal
        The schedule, its judged `result` and the truth at each minute.
    """
    clock = _Clock(stage, budget or Budget())
    site = stage.case.loaded.site
    schedules = _alike(stage, starts)
    if cooling_only:
        frozen = schedules[0].rows(sorted(frozen_keys(site)))
        schedules = [one.with_rows(frozen, schedules[0].values) for one in schedules]
    runs = sorted((stage.appraise(one) for one in schedules), key=lambda one: one.score)
    peak_kw = max(truth.facility_kw for truth in runs[0].truths)
    stage.window_peak_kw = max(stage.month_peak_kw, NEAR_PEAK * peak_kw)
    search = Search(stage, runs[0], list(_moves(site, runs[0].schedule)))
    due = [] if cooling_only else list(FORESIGHT_AGAIN)
    cooling = runs[0].schedule.rows([key for lever in cooling_levers(site) for key in lever.keys])
    others = [run.schedule.values for run in runs[1:]]
    while clock.spent() < 1.0:
        if due and clock.spent() >= due[0]:
            due.pop(0)
            search.consider(stage.appraise(with_foresight(stage.case, search.best, stage.month_peak_kw)))
        elif others:  # what another start does with the plant, wherever it does better
            search.try_values(runs[0].schedule.with_rows(cooling, others.pop(0)).values)
        else:
            search.try_next()
    return search.best


class _Clock:
    def __init__(self, stage: Stage, budget: Budget) -> None:
        self._stage, self._budget = stage, budget
        self._began_s, self._first_run = time.process_time(), stage.runs

    def spent(self) -> float:
        """Return how much of the budget is spent."""
        seconds = (time.process_time() - self._began_s) / self._budget.cpu_seconds
        return max(seconds, (self._stage.runs - self._first_run) / self._budget.runs)


def _alike(stage: Stage, starts: Sequence[Schedule]) -> list[Schedule]:
    """Return the starts with one set of setpoints: what one never wrote is as the plant says it is, where it may be written."""
    measured = stage.measured_at_start()
    writable = {point.point for point in stage.case.loaded.site.writable}
    missing: dict[Key, float] = {
        key: value for key, value in measured.items() if ".".join(key) in writable and np.isfinite(value)
    }
    for start in starts:
        first = {key: row[~np.isnan(row)] for key, row in zip(start.keys, start.values, strict=True)}
        missing |= {key: float(row[0]) for key, row in first.items() if key not in missing and len(row)}
    return [start.extended(missing).ordered(sorted(missing)) for start in starts]


def _moves(site: Site, schedule: Schedule) -> Iterator[Move]:
    """Yield what is tried: all levers of a kind together, air and water together, then each lever by itself."""
    known = [
        lever for lever in cooling_levers(site) if set(lever.keys) <= set(schedule.keys) and lever.high > lever.low
    ]
    windows = -(-schedule.values.shape[1] // round(WINDOW / CONTROL_EVERY))

    def move(parts: Sequence[tuple[Lever, float]], sign: float = 1.0) -> Move:
        return Move(tuple(parts), np.full(windows, sign))

    kinds = [list(group) for _, group in groupby(sorted(known, key=_kind), key=_kind)]
    yield from (move([(lever, 1.0) for lever in group]) for group in kinds if len(group) > 1)
    by_kind = {_kind(group[0]): group for group in kinds}
    air, fans = by_kind.get(AIR, []), by_kind.get(FANS, [])
    water = by_kind.get(WATER, [])
    if air and water:
        yield move([(lever, 1.0) for lever in (*air, *water)])
    if air and fans:
        yield move([(lever, 1.0) for lever in air] + [(lever, -1.0) for lever in fans], -1.0)
    yield from (move([(lever, 1.0)]) for lever in known)


def _kind(lever: Lever) -> str:
    return lever.keys[0][1]
