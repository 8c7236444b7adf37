"""When each interval of an event begins and ends: defaults, followers, "now", random starts, repetition. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

from facility.respond.openadr.duration import ENDLESS, NONE, Duration
from facility.respond.openadr.entities import MOST_INTERVALS, NOW, Event, Interval, Period, Values

REPEATED_AHEAD = timedelta(days=8)  # of an event that repeats; laid out anew each day


class UnreadableEventError(ValueError):
    """An event, or a part of one, that cannot be acted on; the message says why."""


@dataclass(frozen=True, slots=True)
class Laid:
    """An interval with its times; its place counts from the event's first on, through all repetitions."""

    place: int
    id: int
    start: datetime
    end: datetime
    payloads: tuple[Values, ...]


def lay_out(event: Event, now: datetime, *, who: str, zero_is_endless: bool) -> Sequence[Laid]:
    """Return the intervals of an event with their times, in the order told; those of no length are left out.

    Parameters
    ----------
    who
        Our name: a random start is drawn from it and the event, so that it is the same whenever the event is read.
    zero_is_endless
        In 3.0.1 a value without a duration holds until it is cancelled.

    Raises
    ------
    UnreadableEventError
        If no start is given, or there are too many intervals.
    """
    once = _once(event, who, zero_is_endless)
    laid = _repeated(event, once, now)
    if len(laid) > MOST_INTERVALS:
        raise UnreadableEventError(f"more than {MOST_INTERVALS} intervals")
    return laid


def implied(event: Event, now: datetime, ahead: int) -> Sequence[Laid]:
    """Return the intervals that an event without any implies by its period, up to `ahead` beyond the present one."""
    period = event.interval_period
    if event.intervals or period is None or period.start is None or period.duration is None:
        return ()
    start = _now_of(event) if period.start == NOW else period.start
    length = period.duration.after(start) - start
    if not length:
        return ()
    present, ahead = max(0, (now - start) // length), min(ahead, MOST_INTERVALS)
    first = max(0, present - ahead)
    numbers = range(first, present + ahead + 1)
    return [Laid(number, number, start + number * length, start + (number + 1) * length, ()) for number in numbers]


def _once(event: Event, who: str, zero_is_endless: bool) -> list[Laid]:
    default = event.interval_period or Period()
    shift = _shift(default.randomize_start, who, event.id, None)
    found: list[Laid] = []
    cursor: datetime | None = None
    for place, interval in enumerate(event.intervals or ()):
        own = interval.interval_period or Period()
        if own.randomize_start is not None:
            shift = _shift(own.randomize_start, who, event.id, interval)
        start = _start(event, default, own, cursor, shift)
        length = own.duration or default.duration or NONE
        end = (ENDLESS if length.is_zero and zero_is_endless else length).after(start)
        cursor = end
        if end > start:
            found.append(Laid(place, interval.id, start, end, interval.payloads))
    return found


def _start(event: Event, default: Period, own: Period, cursor: datetime | None, shift: timedelta) -> datetime:
    if own.start is not None and own.start != NOW:
        return own.start + shift
    if cursor is not None:
        return cursor  # follows at once, and so is shifted with what it follows
    start = default.start or own.start
    if start is None:
        raise UnreadableEventError("no start is given, of the event or its first interval")
    return (_now_of(event) if start == NOW else start) + shift


def _now_of(event: Event) -> datetime:
    """Return "now" as the same time whenever the event is read."""
    if event.sent is None:
        raise UnreadableEventError("begins now, but does not say when it was made")
    return event.sent


def _shift(most: Duration | None, who: str, event_id: str, interval: Interval | None) -> timedelta:
    if most is None or most.is_zero:
        return timedelta(0)
    seed = f"{who}\n{event_id}\n{'' if interval is None else interval.id}".encode()
    share = int.from_bytes(hashlib.sha256(seed).digest()[:8]) / 2**64
    reach = most.after(datetime(2001, 1, 1, tzinfo=UTC)) - datetime(2001, 1, 1, tzinfo=UTC)
    return timedelta(seconds=round((2 * share - 1) * reach.total_seconds()))


def _repeated(event: Event, once: list[Laid], now: datetime) -> list[Laid]:
    """Cut or repeat the intervals to the event's own duration."""
    if event.duration is None or event.duration.is_zero or not once:
        return once
    start, round_end = min(laid.start for laid in once), max(laid.end for laid in once)
    end, length = event.duration.after(start), round_end - start
    if end <= round_end:
        return [replace(laid, end=min(laid.end, end)) for laid in once if laid.start < end]
    today = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    first = max(0, (today - start) // length)
    until = min(end, max(today, start) + REPEATED_AHEAD)
    rounds = max(1, -((start + first * length - until) // length))
    if rounds * len(once) > 2 * MOST_INTERVALS:
        raise UnreadableEventError(f"more than {MOST_INTERVALS} intervals")
    in_round = len(event.intervals or ())
    return [
        replace(
            laid,
            place=laid.place + number * in_round,
            start=laid.start + number * length,
            end=min(laid.end + number * length, until),
        )
        for number in range(first, first + rounds)
        for laid in once
        if laid.start + number * length < until
    ]
