"""The settlement of a reduction or a cap as a document and as rows, one a step of five minutes."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from facility.history.grid_event_book import GridEventBook
from facility.ports import Telemetry
from facility.prepare.settle_cap import CapSettlement, settle_cap
from facility.prepare.settle_event import EventSettlement, settle_event
from facility.records import FloatArray
from facility.respond.asked import caps
from facility.respond.event_state import KeptEvent
from facility.site import Site
from facility.site_file import LoadedSite

Row = dict[str, Any]


def settlement_of(
    loaded: LoadedSite, telemetry: Telemetry, book: GridEventBook, kept: KeptEvent, now: datetime
) -> tuple[Row, list[Row]]:
    """Return what an event comes to, and its steps; raises as `settle_event` and `settle_cap`."""
    program = book.settings.program(kept.event.program)
    if program is not None and caps(kept.event, program):
        cap = settle_cap(loaded, telemetry, book, kept, now)
        return cap_document(cap, loaded.site), cap_rows(cap)
    found = settle_event(loaded, telemetry, book, kept, now)
    return settlement_document(found, loaded.site), settlement_rows(found)


def _head(kept: KeptEvent, site: Site, *, final: bool) -> Row:
    event = kept.event
    return {
        "site": site.id, "event": kept.number, "source": event.source, "id": event.id, "program": event.program,
        "state": kept.state.value, "start": event.start, "end": event.end, "noticed": kept.noticed, "final": final,
    }  # fmt: skip


def cap_document(found: CapSettlement, site: Site) -> Row:
    """Return how a cap was kept."""
    course = found.course
    return _head(found.kept, site, final=found.final) | {
        "above_min": 60.0 * course.above_h,
        "above_kwh": course.above_kwh,
        "most_above_kw": course.most_above_kw,
        "kept_frac": course.kept,
        "not_measured_h": course.missing_h,
        "penalty": found.penalty,
        "currency": site.currency,
    }


def cap_rows(found: CapSettlement) -> list[Row]:
    """Return each step: the cap, what was drawn, and how much that was above it."""
    return _rows(found.times, cap_kw=found.cap_kw, meter_kw=found.meter_kw, above_kw=found.course.above_kw)


def settlement_document(found: EventSettlement, site: Site) -> Row:
    """Return the sums of a settlement, and how its baseline was found."""
    sums, baseline = found.settlement, found.baseline
    document = _head(found.kept, site, final=found.final) | {
        "committed_kwh": sums.committed_kwh,
        "credited_kwh": sums.credited_kwh,
        "short_kwh": sums.short_kwh,
        "over_kwh": sums.over_kwh,
        "mean_delivered_kw": _mean_delivered_kw(found),
        "performance": sums.performance,
        "not_measured_h": sums.missing_h,
        "payment": sums.payment,
        "penalty": sums.penalty,
        "currency": site.currency,
        "baseline_method": "metered_generation" if baseline is None else baseline.method,
    }
    if baseline is not None:
        document |= {
            "baseline_known_at": baseline.known_at,
            "baseline_days": [day.isoformat() for day in baseline.days],
            "baseline_left_out": [f"{day}: {why}" for day, why in (baseline.left_out or {}).items()],
            "baseline_factor": baseline.factor,
            "baseline_factor_uncapped": baseline.uncapped,
            "baseline_notes": list(baseline.notes),
        }
    return document


def settlement_rows(found: EventSettlement) -> list[Row]:
    """Return each step: what would have been drawn, what was, what was delivered and what was promised."""
    return _rows(
        found.times, baseline_kw=found.baseline_kw, meter_kw=found.meter_kw,
        delivered_kw=found.settlement.delivered_kw, committed_kw=found.committed_kw,
    )  # fmt: skip


def _rows(times: tuple[datetime, ...], **columns: FloatArray) -> list[Row]:
    return [
        {"time": time.isoformat(), **{name: _known(column[at]) for name, column in columns.items()}}
        for at, time in enumerate(times)
    ]


def _mean_delivered_kw(found: EventSettlement) -> float | None:
    known = [value for value in found.settlement.delivered_kw if not math.isnan(value)]
    return sum(known) / len(known) if known else None


def _known(value: float) -> float | None:
    return None if math.isnan(value) else round(float(value), 3)
