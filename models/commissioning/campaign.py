"""The order of the steps: each time what teaches most per degree of risk, one setpoint at a time, and back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from models.commissioning.lever import Lever
from models.commissioning.room import Room

LEAST_HOLD = timedelta(hours=2)  # so that it is a spell of history, not an outlier
SETTLINGS = 3
MOST_TRIES = 3  # of a setpoint: then train, and look again
LEAST_NATS = 0.3  # a step that teaches less is not worth its risk
LEAST_RISK_K = 0.25  # nothing is free
SPARE_FRAC = 0.1  # of what is left to the limit stays free


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One try: a setpoint goes to a value, is held, and goes back.

    Attributes
    ----------
    lever
        As it stands before the step.
    value
        Where it goes.
    begins, held_from, back_at, ends
        When it starts to move, has arrived, starts back, and is back and settled.
    nats
        What it teaches.
    risk_k
        How much nearer to its limit an inlet could come [K].
    room, worst_degc
        The room nearest to its limit meanwhile, and the hottest inlet to be feared there; None for what warms no room.
    """

    lever: Lever
    value: float
    begins: datetime
    held_from: datetime
    back_at: datetime
    ends: datetime
    nats: float
    risk_k: float
    room: Room | None
    worst_degc: float | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A setpoint that is not tried in a direction, and why."""

    lever: Lever
    value: float
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Campaign:
    """Steps in order, and what is not tried."""

    steps: tuple[Step, ...]
    refused: tuple[Refusal, ...]


def plan_campaign(
    levers: Sequence[Lever], rooms: Sequence[Room], begins: datetime, most: timedelta = timedelta(hours=72)
) -> Campaign:
    """Return the campaign.

    Each setpoint is tried once before any is tried again. Small steps come first: none goes further beyond what history and the
    steps before it have held than the lever's step. None is taken whose hottest inlet, doubt and margin included, would reach its
    limit.

    Parameters
    ----------
    levers
        Setpoints that history has not moved enough.
    rooms
        Halls that must stay within their limits.
    begins
        When the first step may begin.
    most
        How long all of it may take.
    """
    standing, tries = list(levers), [0] * len(levers)
    steps: list[Step] = []
    at = begins
    while worth := [
        (tries[index], -step.nats / max(step.risk_k, LEAST_RISK_K), index, step)
        for index, lever in enumerate(standing)
        if tries[index] < MOST_TRIES
        for step in _steps(lever, rooms, at)
        if step.nats >= LEAST_NATS and step.ends - begins <= most
    ]:
        *_, index, best = min(worth, key=lambda one: one[:3])
        steps.append(best)
        standing[index], at = standing[index].after(best.value), best.ends
        tries[index] += 1
    refused = tuple(refusal for lever in standing for refusal in _refusals(lever, rooms))
    return Campaign(tuple(steps), refused)


def _steps(lever: Lever, rooms: Sequence[Room], at: datetime) -> Iterator[Step]:
    """Yield the tries of a lever that keep every limit."""
    for value in lever.tries():
        if _refusal(lever, value, rooms) is None:
            yield _step(lever, value, rooms, at)


def _step(lever: Lever, value: float, rooms: Sequence[Room], at: datetime) -> Step:
    move = timedelta(hours=abs(value - lever.now) / lever.moves_per_h)
    settle = timedelta(seconds=lever.settling_s)
    held_from = at + move
    back_at = held_from + settle + max(LEAST_HOLD, SETTLINGS * settle)
    worst = {room.id: lever.worst_degc(value, room) for room in rooms if lever.touches(room)}
    nearest = min(
        (room for room in rooms if room.id in worst), key=lambda r: r.inlet_max_degc - worst[r.id], default=None
    )
    return Step(
        lever=lever,
        value=value,
        begins=at,
        held_from=held_from,
        back_at=back_at,
        ends=back_at + move + settle,
        nats=lever.teaches(value),
        risk_k=max(
            (worst[room.id] - lever.worst_degc(lever.now, room) for room in rooms if room.id in worst), default=0.0
        ),
        room=nearest,
        worst_degc=worst[nearest.id] if nearest else None,
    )


def _refusals(lever: Lever, rooms: Sequence[Room]) -> Iterator[Refusal]:
    """Yield the tries that are left for the sake of a limit."""
    for value in lever.tries():
        if (reason := _refusal(lever, value, rooms)) is not None:
            yield Refusal(lever, value, reason)


def _refusal(lever: Lever, value: float, rooms: Sequence[Room]) -> str | None:
    """Return the limit that a try could break, in words, or None."""
    for room in rooms:
        if not lever.touches(room):
            continue
        worst, now = lever.worst_degc(value, room), lever.worst_degc(lever.now, room)
        allowed = room.inlet_max_degc - SPARE_FRAC * max(room.inlet_max_degc - now, 0.0)
        if worst > allowed and worst > now:
            return f"{room.id}: an inlet could reach {worst:.1f} of {room.inlet_max_degc:g} °C"
        colder_k = lever.warming.get(room.id, 0.0) * (value - lever.now)
        if colder_k < 0 and room.supply_degc + colder_k < room.inlet_min_degc:
            return f"{room.id}: supply air below {room.inlet_min_degc:g} °C"
    return None
