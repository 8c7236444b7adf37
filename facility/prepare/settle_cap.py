"""How a site kept a cap that an event set on what it draws, by its meter, and what passing it costs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from facility.history.grid_event_book import GridEventBook
from facility.ports import Telemetry
from facility.prepare.grid_commitments import meter_kw
from facility.prepare.settle_event import asked_kw, settled_part
from facility.promises import CommitmentKind
from facility.records import FloatArray
from facility.respond.asked import penalty_per_kwh
from facility.respond.event_state import GridEventError, KeptEvent
from facility.site_file import LoadedSite
from models.demand_response.cap import CapKept, cap_kept


@dataclass(frozen=True, slots=True, eq=False)
class CapSettlement:
    """The settlement of a cap, step by step of five minutes; `final` once the event is over.

    What passing it costs is the penalty for each kWh above it: a cap is not paid by what is not drawn.
    """

    kept: KeptEvent
    times: tuple[datetime, ...]
    cap_kw: FloatArray
    meter_kw: FloatArray
    course: CapKept
    penalty: float
    final: bool


def settle_cap(
    loaded: LoadedSite, telemetry: Telemetry, book: GridEventBook, kept: KeptEvent, now: datetime
) -> CapSettlement:
    """Return how a cap was kept until now.

    Raises
    ------
    facility.respond.event_state.GridEventError
        If the event caps nothing, or has not begun.
    """
    part = settled_part(book, kept, now)
    cap_kw, hours = asked_kw(part.left, part.program, part.slots, part.until, CommitmentKind.IMPORT_CAP)
    if not hours.any():
        raise GridEventError(f"event {kept.number} caps nothing that is drawn; there is nothing to settle")
    drawn_kw = meter_kw(loaded, telemetry, kept.event.start, part.until).reindex(part.slots).to_numpy(dtype=float)
    course = cap_kept(drawn_kw, cap_kw, hours)
    return CapSettlement(
        kept=kept,
        times=tuple(slot.to_pydatetime() for slot in part.slots),
        cap_kw=cap_kw,
        meter_kw=drawn_kw,
        course=course,
        penalty=course.above_kwh * penalty_per_kwh(kept.event, part.program),
        final=now >= kept.event.end,
    )
