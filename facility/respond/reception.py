"""What is made of an event that arrives: a clear answer in every case."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from facility.grid_event import GridEvent, GridEventInterval, GridEventKind, GridEventStanding
from facility.respond.event_state import OVER, TELLING, KeptEvent
from facility.respond.soundness import malformed

# More of these is asked by a larger value, of those by a smaller one.
_MORE_IS_MORE = frozenset({GridEventKind.LEVEL, GridEventKind.REDUCTION})
_LESS_IS_MORE = frozenset({GridEventKind.IMPORT_CAP, GridEventKind.EXPORT_CAP})


class Outcome(enum.StrEnum):
    """What became of an event that arrived."""

    NEW = "new"
    REVISED = "revised"
    CANCELLED = "cancelled"
    REPEATED = "repeated"  # told before, word for word
    OUT_OF_DATE = "out_of_date"
    CONTRADICTORY = "contradictory"
    MALFORMED = "malformed"
    NOT_PERMITTED = "not_permitted"
    PAST = "past"
    LATE = "late"
    TOO_FAR_AHEAD = "too_far_ahead"


TAKEN = frozenset({Outcome.NEW, Outcome.REVISED, Outcome.CANCELLED})
REFUSED = frozenset(Outcome) - TAKEN - {Outcome.REPEATED}


@dataclass(frozen=True, slots=True)
class Reception:
    """What became of one event, when and why; `number` is what the site calls it, where it keeps it."""

    outcome: Outcome
    at: datetime
    why: str = ""
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Bounds:
    """What an agreement allows: the least notice, and how far ahead an event may be told."""

    notice: timedelta
    furthest: timedelta


def received(known: KeptEvent | None, event: GridEvent, bounds: Bounds | None, now: datetime) -> Reception:
    """Return what is to be made of an event; without bounds its sender may not ask this under its program."""
    number = None if known is None else known.number
    if (wrong := malformed(event)) is not None:
        return Reception(Outcome.MALFORMED, now, wrong, number)
    if bounds is None:
        return Reception(Outcome.NOT_PERMITTED, now, f"program {event.program!r} is not open to this sender", number)
    outcome, why = _against(known, event) or _in_time(known, event, bounds, now) or _taken(known, event)
    return Reception(outcome, now, why, number)


def _against(known: KeptEvent | None, event: GridEvent) -> tuple[Outcome, str] | None:
    """Return what speaks against an event in what its sender told before."""
    if known is None or event.revision > known.event.revision:
        return None
    if event.revision < known.event.revision:
        return Outcome.OUT_OF_DATE, f"revision {known.event.revision} is known"
    if replace(event, sent=known.event.sent) == known.event:
        return Outcome.REPEATED, ""
    return Outcome.CONTRADICTORY, f"revision {event.revision} was told before, with other content"


def _in_time(known: KeptEvent | None, event: GridEvent, bounds: Bounds, now: datetime) -> tuple[Outcome, str] | None:
    """Return why an event comes too late or too early, if it does. To cancel it is never too late while it is not over."""
    if (event.end <= now and not _ends_early(known, event, now)) or (known is not None and known.state in OVER):
        return Outcome.PAST, "it is over"
    if event.start - now > bounds.furthest:
        return Outcome.TOO_FAR_AHEAD, f"it begins more than {bounds.furthest.days} days from now"
    asks_more = event.kind not in TELLING and (known is None or not asks_no_more(known.event, event))
    if asks_more and event.standing is GridEventStanding.STANDING and event.start - now < bounds.notice:
        return Outcome.LATE, f"{bounds.notice / timedelta(minutes=1):g} minutes of notice are agreed"
    return None


def _ends_early(known: KeptEvent | None, event: GridEvent, now: datetime) -> bool:
    """Tell whether a revision ends what has begun, as of now or some moments ago."""
    begun = known is not None and known.state not in OVER and known.event.start <= now
    return known is not None and begun and asks_no_more(known.event, event)


def _taken(known: KeptEvent | None, event: GridEvent) -> tuple[Outcome, str]:
    if event.standing is GridEventStanding.CANCELLED:
        return Outcome.CANCELLED, ""
    return (Outcome.NEW if known is None else Outcome.REVISED), ""


def asks_no_more(before: GridEvent, after: GridEvent) -> bool:
    """Tell whether a revision asks nothing that was not asked before: then the answer to that holds for it too."""
    same = (before.kind, before.program, before.test) == (after.kind, after.program, after.test)
    paid = (after.payment_per_kwh or 0.0) >= (before.payment_per_kwh or 0.0)
    punished = (after.penalty_per_kwh or 0.0) <= (before.penalty_per_kwh or 0.0)
    return same and paid and punished and all(_within(before, one) for one in after.intervals)


def _within(before: GridEvent, interval: GridEventInterval) -> bool:
    """Tell whether what is asked in an interval was asked in all of it before."""
    reached = interval.start
    for one in before.intervals:
        if one.start <= reached < one.end and _no_more(before.kind, one.value, interval.value):
            reached = one.end
    return reached >= interval.end


def _no_more(kind: GridEventKind, before: float, after: float) -> bool:
    if kind in _MORE_IS_MORE:
        return after <= before
    return after >= before if kind in _LESS_IS_MORE else after == before
