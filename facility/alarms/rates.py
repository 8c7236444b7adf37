"""How well the alarm system serves people: the figures of ISA-18.2, clause 16, from what was annunciated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from facility.alarms.alarm import ANNUNCIATED, Alarm, Priority

TEN_MINUTES = timedelta(minutes=10)
FLOOD_ABOVE, FLOOD_OVER_BELOW = 10, 5  # in ten minutes: a flood begins and ends
CHATTERS, CHATTERS_WITHIN = 3, timedelta(minutes=1)  # so many times: chattering
STALE_AFTER = timedelta(hours=24)
TOP = 10
TARGET_SHARE = {Priority.HIGH: 0.05, Priority.MEDIUM: 0.15, Priority.LOW: 0.80}


@dataclass(frozen=True, slots=True)
class Annunciation:
    """An alarm was put before people."""

    at: datetime
    alarm: str
    priority: Priority


@dataclass(frozen=True, slots=True)
class Flood:
    """More than a person can respond to: from its first alarm until ten minutes bring fewer than five."""

    start: datetime
    end: datetime
    alarms: int


@dataclass(frozen=True, slots=True)
class Rates:
    """The figures of a span of time, which ends now."""

    since: datetime
    until: datetime
    number: int
    last_ten_minutes: int
    most_in_ten_minutes: int
    mean_per_ten_minutes: float
    mean_per_day: float
    floods: tuple[Flood, ...]
    in_flood_frac: float
    share: Mapping[Priority, float]  # empty without alarms
    chattering: tuple[str, ...]
    stale: tuple[str, ...]
    top: tuple[tuple[str, int], ...]
    top_frac: float  # of all annunciations


def rates(annunciated: Sequence[Annunciation], alarms: Sequence[Alarm], since: datetime, until: datetime) -> Rates:
    """Return the figures of a span.

    Parameters
    ----------
    annunciated
        In the span, oldest first.
    alarms
        As they are at its end.
    since, until
        The span.
    """
    times = [one.at for one in annunciated]
    behind = _behind(times)
    found = floods(times, until)
    span = until - since
    top = tuple(Counter(one.alarm for one in annunciated).most_common(TOP))
    flooded = sum((flood.end - flood.start for flood in found), timedelta())
    return Rates(
        since=since,
        until=until,
        number=len(times),
        last_ten_minutes=sum(at > until - TEN_MINUTES for at in times),
        most_in_ten_minutes=max(behind, default=0),
        mean_per_ten_minutes=len(times) / (span / TEN_MINUTES),
        mean_per_day=len(times) / (span / timedelta(days=1)),
        floods=found,
        in_flood_frac=flooded / span,
        share=_share(annunciated),
        chattering=_chattering(annunciated),
        stale=tuple(alarm.id for alarm in alarms if is_stale(alarm, until)),
        top=top,
        top_frac=sum(number for _, number in top) / len(times) if times else 0.0,
    )


def is_stale(alarm: Alarm, now: datetime) -> bool:
    """Tell whether an alarm has stood before people for more than a day without a break."""
    return alarm.state in ANNUNCIATED and alarm.since is not None and now - alarm.since > STALE_AFTER


def floods(times: Sequence[datetime], until: datetime) -> tuple[Flood, ...]:
    """Return the floods among times of annunciation, oldest first; one that goes on ends at `until`."""
    found: list[Flood] = []
    first: int | None = None
    counts = _behind(times)
    for index, (at, count) in enumerate(zip(times, counts, strict=True)):
        if first is None and count > FLOOD_ABOVE:
            first = index - count + 1
        if first is None:
            continue
        end = _ends(times, index)
        following = times[index + 1] if index + 1 < len(times) else until
        if end <= following:
            found.append(Flood(times[first], end, index - first + 1))
            first = None
        elif index + 1 == len(times):
            found.append(Flood(times[first], max(until, at), index - first + 1))
    return tuple(found)


def _ends(times: Sequence[datetime], index: int) -> datetime:
    """Return when the ten minutes behind have fewer than five alarms, if none follows the one at `index`."""
    fifth_last = index - FLOOD_OVER_BELOW + 1
    return times[fifth_last] + TEN_MINUTES


def _behind(times: Sequence[datetime]) -> list[int]:
    """Return of each time how many lie in the ten minutes that end with it."""
    counts, first = [], 0
    for index, at in enumerate(times):
        while times[first] <= at - TEN_MINUTES:
            first += 1
        counts.append(index - first + 1)
    return counts


def _share(annunciated: Sequence[Annunciation]) -> dict[Priority, float]:
    counts = Counter(one.priority for one in annunciated)
    return {priority: counts[priority] / len(annunciated) for priority in Priority} if annunciated else {}


def _chattering(annunciated: Sequence[Annunciation]) -> tuple[str, ...]:
    times: dict[str, list[datetime]] = {}
    for one in annunciated:
        times.setdefault(one.alarm, []).append(one.at)
    return tuple(name for name, own in times.items() if _chatters(own))


def _chatters(times: Sequence[datetime]) -> bool:
    return any(last - first <= CHATTERS_WITHIN for first, last in zip(times, times[CHATTERS - 1 :], strict=False))
