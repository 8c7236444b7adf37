"""What the grid asks of a site: one event, whoever sent it and in whatever words."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


class GridEventKind(enum.StrEnum):
    """What the values of an event's intervals mean."""

    LEVEL = "level"  # 0 normal, 1 moderate, 2 high, 3 special: what a level means is agreed in the program
    PRICE = "price"  # of energy, in the site's currency per kWh
    CARBON = "carbon"  # of energy, in g CO2 per kWh
    REDUCTION = "reduction"  # kW less than the baseline
    IMPORT_CAP = "import_cap"  # kW drawn from the grid at most
    EXPORT_CAP = "export_cap"  # kW given to the grid at most
    SETPOINT = "setpoint"  # kW to draw, neither more nor less
    IMPORT_SUBSCRIBED = "import_subscribed"  # kW that the site has subscribed to, and is authorised to draw
    IMPORT_RESERVED = "import_reserved"  # kW that were granted to it beside these


class GridEventStanding(enum.StrEnum):
    """Whether the sender still means it."""

    STANDING = "standing"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class GridEventInterval:
    """One value, held from `start` until `end`, both aware."""

    start: datetime
    end: datetime
    value: float


@dataclass(frozen=True, slots=True)
class GridEvent:
    """An event as its sender last told it.

    Attributes
    ----------
    source
        Who sent it: `hook:<name>` or `openadr:<name>`, as the site calls them.
    id
        What the source calls it; with `source` it is one event for good.
    revision
        Counts up with each change; a lower one that arrives later is out of date.
    program
        Under which agreement.
    priority
        0 is the most urgent; None comes after all that have one. Where events overlap, the more urgent holds.
    sent
        When the source made or changed it.
    intervals
        In the order of time, none overlapping another, at least one.
    answer_by
        Until when the site may opt in or out; None: it need not answer.
    payment_per_kwh, penalty_per_kwh
        For what is delivered, and for what is not; None: settled by the agreement, not by this event.
    test
        The source only tries whether the way works: it is answered, shown, and changes no plan.
    """

    source: str
    id: str
    revision: int
    program: str
    kind: GridEventKind
    intervals: Sequence[GridEventInterval]
    sent: datetime
    standing: GridEventStanding = GridEventStanding.STANDING
    priority: int | None = None
    answer_by: datetime | None = None
    payment_per_kwh: float | None = None
    penalty_per_kwh: float | None = None
    reason: str = ""
    test: bool = False

    @property
    def start(self) -> datetime:
        """Return when its first interval begins."""
        return self.intervals[0].start

    @property
    def end(self) -> datetime:
        """Return when its last interval ends."""
        return self.intervals[-1].end
