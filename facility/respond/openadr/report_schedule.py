"""When an event's report is due, and which intervals it is on. Pure.

The guide's examples read `startInterval` in two ways: as the interval at whose end a report looks back, and as the first of those
that it is on. It looks back, unless there are not so many intervals before it: then it is the first. All the examples hold so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count

from facility.respond.openadr.entities import ReportDescriptor
from facility.respond.openadr.layout import Laid


@dataclass(frozen=True, slots=True)
class Due:
    """One report: when it can be made, and what it is on."""

    at: datetime
    laid: Sequence[Laid]


def schedule(
    laid: Sequence[Laid], wanted: ReportDescriptor, in_round: int, since: datetime, until: datetime
) -> Iterator[Due]:
    """Yield the reports that become due in [since, until], in the order of time.

    None where the VEN may choose when (`frequency` 0). `in_round` is how many intervals the event has before they repeat.
    """
    length = min(wanted.num_intervals if wanted.num_intervals > 0 else in_round, len(laid))
    every = length if wanted.frequency < 0 else wanted.frequency
    if not length or not every:
        return
    by_place = {each.place: each for each in laid}
    first, last = _first(wanted, in_round, length), max(by_place)
    begun = max(0, -((first - laid[0].place) // every))  # what is before the first that is laid out is long past
    for number in count(begun):
        start = first + number * every
        if start > last or 0 <= wanted.repeat <= number:
            return
        on = [by_place[place] for place in range(start, start + length) if place in by_place]
        if not on:
            continue
        if on[0].start > until:
            return
        at = on[-1].end if wanted.historical else on[0].start
        if since <= at <= until:
            yield Due(at, on)


def _first(wanted: ReportDescriptor, in_round: int, length: int) -> int:
    """Return the place of the first interval that the first report is on."""
    if not wanted.historical:
        return max(0, wanted.start_interval)
    last = wanted.start_interval if wanted.start_interval >= 0 else in_round - 1
    back = last - length + 1
    return back if back >= 0 else max(0, wanted.start_interval)
