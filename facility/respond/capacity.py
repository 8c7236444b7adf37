"""What a site is authorised to draw: the capacity that it has subscribed to, and what is granted beside it. Pure.

OpenADR 3: `IMPORT_CAPACITY_SUBSCRIPTION` is what the customer has subscribed to and is authorised to use,
`IMPORT_CAPACITY_RESERVATION` what was granted in addition. A grant alone says nothing of how much that is in all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from facility.grid_event import GridEvent, GridEventKind
from facility.respond.overlap import Held, held


def authorised(events: Sequence[GridEvent]) -> Iterator[Held]:
    """Yield what may be drawn when, of events of one source and program; nothing where no subscription was told."""
    granted = held([one for one in events if one.kind is GridEventKind.IMPORT_RESERVED])
    for base in held([one for one in events if one.kind is GridEventKind.IMPORT_SUBSCRIBED]):
        inside = {edge for one in granted for edge in (one.start, one.end) if base.start < edge < base.end}
        for start, end in pairwise(sorted({base.start, base.end, *inside})):
            extra = sum(one.value for one in granted if one.start <= start and end <= one.end)
            yield replace(base, start=start, end=end, value=base.value + extra)
