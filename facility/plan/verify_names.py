"""Checks the named servers of a plan: as many as the schedule says, no name before its time, groups kept apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from facility.plan.named_servers import NamedPool, Names
from facility.plan.servers import PoolCase
from facility.records import FloatArray
from facility.workload import ServerMoves

Excess = tuple[str, FloatArray, str]


def name_excesses(
    case: PoolCase, names: NamedPool, moves: Sequence[ServerMoves], awake: FloatArray
) -> Iterator[Excess]:
    """Yield limits of the named servers of a pool: name, excess in each step, unit."""
    pool = case.pool
    sets, wrong = _replayed(case, names, moves)
    yield f"{pool.id} named servers", np.abs([len(one) for one in sets] - awake) + wrong, "servers"
    yield f"{pool.id} named servers' times", _too_soon(case, names, sets), "servers"
    asleep = np.array([len(names.kept_awake - one) for one in sets], dtype=float)
    yield f"{pool.id} servers kept awake", asleep, "servers"
    for group in pool.keep_apart:
        first = names.racks_awake(group, sets[0])  # woken now, at the latest
        short = np.array([group.at_least - names.racks_awake(group, one) for one in sets], dtype=float)
        yield f"{pool.id} {group.id} on racks apart", np.maximum(short, group.at_least - first), "servers"


def _replayed(case: PoolCase, names: NamedPool, moves: Sequence[ServerMoves]) -> tuple[list[Names], FloatArray]:
    """Return the servers awake in each step, and how many names a step moves that are not there to be moved."""
    every = frozenset(name for entry in case.pool.members for name in entry.servers)
    at = {move.at: move for move in moves if move.pool == case.pool.id}
    now, sets, wrong = every - names.asleep_now, [], np.zeros(case.steps)
    for step, time in enumerate(case.times):
        if time in at:
            wake, sleep = frozenset(at[time].wake), frozenset(at[time].sleep)
            wrong[step] = len(wake - (every - now)) + len(sleep - now)
            now = (now | (wake & every)) - sleep
        sets.append(now)
    return sets, wrong


def _too_soon(case: PoolCase, names: NamedPool, sets: Sequence[Names]) -> FloatArray:
    every = frozenset(name for entry in case.pool.members for name in entry.servers)
    short, before = np.zeros(case.steps), every - names.asleep_now
    changed: dict[str, int] = {}
    for step, now in enumerate(sets):
        for name in now ^ before:
            least = case.asleep_steps if name in now else case.awake_steps
            short[step] += name in changed and step - changed[name] < least
            changed[name] = step
        before = now
    return short
