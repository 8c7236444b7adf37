"""The order of the steps: each time what teaches most per degree of risk, one setpoint at a time, and back.

A campaign is one round: no step stands on another. How far the next round goes is for history to say, once it shows what was
reached.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from models.commissioning.lever import Lever
from models.commissioning.room import Room

LEAST_HOLD = timedelta(hours=2)  # so that it is a spell of history, not an outlier
SETTLINGS = 3
LEAST_NATS = 0.2  # a step that teaches less is not worth its risk
LEAST_RISK_K = 0.25  # nothing is free; a hall that becomes no warmer than this bears the loss of CRAHs as before
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
    worst_lost_degc
        The same if the room's spare CRAHs stop meanwhile; None where it has none.
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
    worst_lost_degc: float | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A setpoint that is not tried at a value, and why."""

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

    Each setpoint is tried at most once: where plans would like to go, or the other way where a limit forbids that, for this shows
    its effect as well. None goes further beyond what history has held than the lever's step. None is taken whose hottest inlet,
    doubt and margin included, would reach its limit, or would pass it if the CRAHs that a hall must be able to lose stopped
    meanwhile.

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
    steps: list[Step] = []
    values = [(lever, value) for lever in levers if (value := _furthest(lever, rooms)) is not None]
    for lever, value in sorted(values, key=lambda one: -_worth(one[0], one[1], rooms)):
        step = _step(lever, value, rooms, steps[-1].ends if steps else begins)
        if step.nats >= LEAST_NATS and step.ends - begins <= most:
            steps.append(step)
    return Campaign(tuple(steps), tuple(refusal for lever in levers for refusal in _refusals(lever, rooms)))


def _furthest(lever: Lever, rooms: Sequence[Room]) -> float | None:
    """Return the furthest try that keeps every limit, if there is one."""
    values = (*lever.tries(lever.cheaper), *lever.tries(-lever.cheaper))
    return next((value for value in values if _refusal(lever, value, rooms) is None), None)


def _worth(lever: Lever, value: float, rooms: Sequence[Room]) -> float:
    """Return what a try teaches per degree of risk."""
    return lever.teaches(value) / max(_risk_k(lever, value, rooms), LEAST_RISK_K)


def _risk_k(lever: Lever, value: float, rooms: Sequence[Room]) -> float:
    touched = (room for room in rooms if lever.touches(room))
    return max((lever.worst_degc(value, room) - lever.worst_degc(lever.now, room) for room in touched), default=0.0)


def _step(lever: Lever, value: float, rooms: Sequence[Room], at: datetime) -> Step:
    move = timedelta(hours=abs(value - lever.now) / lever.moves_per_h)
    settle = timedelta(seconds=lever.settling_s)
    held_from = at + move
    back_at = held_from + settle + max(LEAST_HOLD, SETTLINGS * settle)
    touched = [room for room in rooms if lever.touches(room)]
    worst = {room.id: lever.worst_degc(value, room) for room in touched}
    nearest = min(touched, key=lambda room: room.inlet_max_degc - worst[room.id], default=None)
    return Step(
        lever=lever,
        value=value,
        begins=at,
        held_from=held_from,
        back_at=back_at,
        ends=back_at + move + settle,
        nats=lever.teaches(value),
        risk_k=_risk_k(lever, value, rooms),
        room=nearest,
        worst_degc=worst[nearest.id] if nearest else None,
        worst_lost_degc=lever.worst_degc(value, nearest, lost=True) if nearest and nearest.spare else None,
    )


def _refusals(lever: Lever, rooms: Sequence[Room]) -> Iterator[Refusal]:
    """Yield the tries where plans would like to go that are left, or cut short, for the sake of a limit."""
    for value in lever.tries(lever.cheaper)[:1]:
        if (reason := _refusal(lever, value, rooms)) is not None:
            yield Refusal(lever, value, reason)


def _refusal(lever: Lever, value: float, rooms: Sequence[Room]) -> str | None:
    """Return what forbids a try, in words, or None."""
    if not lever.followed:
        return f"the plant does not follow it, not even at {lever.now:.4g}"
    reasons = (_limit(lever, value, room) for room in rooms if lever.touches(room))
    return next((reason for reason in reasons if reason is not None), None)


def _limit(lever: Lever, value: float, room: Room) -> str | None:
    """Return the limit of a room that a try could break, in words, or None."""
    worst, now = lever.worst_degc(value, room), lever.worst_degc(lever.now, room)
    if worst > now and worst > room.inlet_max_degc - SPARE_FRAC * max(room.inlet_max_degc - now, 0.0):
        return f"{room.id}: an inlet could reach {worst:.1f} of {room.inlet_max_degc:g} °C"
    if room.spare and (reason := _limit_when_lost(lever, value, room)) is not None:
        return reason
    colder_k = lever.warming.get(room.id, 0.0) * (value - lever.now)
    if colder_k < 0 and room.coldest_degc + colder_k < room.inlet_min_degc:
        return f"{room.id}: an inlet could fall below {room.inlet_min_degc:g} °C"
    return None


def _limit_when_lost(lever: Lever, value: float, room: Room) -> str | None:
    """Return the limit that a room could break if its spare CRAHs stopped during a try, and would not without it, or None."""
    lost, untried = (lever.worst_degc(one, room, lost=True) for one in (value, lever.now))
    if lost <= room.inlet_max_degc or lost <= untried + LEAST_RISK_K:
        return None
    return f"{room.id}: an inlet could reach {lost:.1f} of {room.inlet_max_degc:g} °C if {room.spare_crahs} stopped"
