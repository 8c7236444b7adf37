"""The course of an event on the meter: what would have been drawn, how far the site is to go, and what was drawn until now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from facility.history.grid_event_book import GridEventBook
from facility.ports import Telemetry
from facility.prepare.grid_commitments import left_of, meter_kw
from facility.prepare.settle_event import asked_kw, generation_kw
from facility.promises import CommitmentKind
from facility.records import FloatArray
from facility.respond.asked import Ask, asks, payment_per_kwh, penalty_per_kwh
from facility.respond.event_state import GridEventError, KeptEvent
from facility.respond.frozen_baseline import FROZEN, STEP, event_slots
from facility.site_file import LoadedSite
from models.demand_response.settlement import settle

LEAD = timedelta(hours=1)  # shown of the time before an event


@dataclass(frozen=True, slots=True, eq=False)
class EventCourse:
    """Steps of five minutes, from an hour before an event until its end.

    Attributes
    ----------
    baseline_kw, target_kw, meter_kw, delivered_kw, committed_kw
        One value a step, NaN where there is none. The target of a reduction is its baseline less the promise, of a cap the cap.
    penalty_at_most
        What the whole event can cost still, if nothing more is delivered; None of a cap.
    note
        What is missing, and why; empty where nothing is.
    """

    times: tuple[datetime, ...]
    baseline_kw: FloatArray
    target_kw: FloatArray
    meter_kw: FloatArray
    delivered_kw: FloatArray
    committed_kw: FloatArray
    penalty_at_most: float | None
    note: str


def event_course(
    loaded: LoadedSite, telemetry: Telemetry, book: GridEventBook, kept: KeptEvent, now: datetime
) -> EventCourse:
    """Return the course of an event by the baseline that is frozen; none is frozen here.

    Raises
    ------
    facility.respond.event_state.GridEventError
        If the event asks for nothing that the meter shows, or its program is no longer in the settings.
    """
    event, program = kept.event, book.settings.program(kept.event.program)
    if program is None:
        raise GridEventError(f"program {event.program} of event {kept.number} is no longer in the settings")
    left = left_of(book, kept)
    if left is None:
        raise GridEventError(f"in all hours of event {kept.number} a more urgent one of its source holds")
    asked = list(asks(left, program))
    if not asked:
        raise GridEventError(f"event {kept.number} asks for nothing that the meter could show")
    slots = event_slots(event.start - LEAD, event.end)
    committed, hours = asked_kw(left, program, slots, event.end, CommitmentKind.REDUCTION)
    reduces = bool(committed.any())
    generates = reduces and program.baseline.method == "metered_generation"
    baseline, note = _baseline(book, kept, slots) if reduces and not generates else (_unknown(slots), "")
    metered = _metered(loaded, telemetry, slots, now)
    delivered = generation_kw(telemetry, program, slots) if generates else baseline - metered
    ahead = np.asarray(slots + STEP > pd.Timestamp(now))
    worst = settle(
        np.where(ahead, 0.0, delivered), committed, hours,
        payment_per_kwh=payment_per_kwh(event, program), penalty_per_kwh=penalty_per_kwh(event, program),
    )  # fmt: skip
    return EventCourse(
        times=tuple(slot.to_pydatetime() for slot in slots),
        baseline_kw=baseline,
        target_kw=_target(asked, slots, baseline - committed),
        meter_kw=metered,
        delivered_kw=delivered,
        committed_kw=committed,
        penalty_at_most=worst.penalty if reduces else None,
        note=note,
    )


def _baseline(book: GridEventBook, kept: KeptEvent, slots: pd.DatetimeIndex) -> tuple[FloatArray, str]:
    frozen = book.baseline(kept.number)
    if frozen is None:
        return _unknown(slots), "no baseline is frozen yet: the planner does it when it first plans for the event"
    return FROZEN.validate_json(frozen).course.reindex(slots).to_numpy(dtype=float), ""


def _metered(loaded: LoadedSite, telemetry: Telemetry, slots: pd.DatetimeIndex, now: datetime) -> FloatArray:
    begins, ends = slots[0].to_pydatetime(), min((slots[-1] + STEP).to_pydatetime(), now)
    if ends <= begins:
        return _unknown(slots)
    return meter_kw(loaded, telemetry, begins, ends).reindex(slots).to_numpy(dtype=float)


def _target(asked: list[Ask], slots: pd.DatetimeIndex, reduced: FloatArray) -> FloatArray:
    """Return what is to be drawn at most in each step that something is asked in."""
    found = _unknown(slots)
    for one in asked:
        held = np.asarray((slots < pd.Timestamp(one.end)) & (slots + STEP > pd.Timestamp(one.start)))
        found[held] = reduced[held] if one.kind is CommitmentKind.REDUCTION else one.amount_kw
    return found


def _unknown(slots: pd.DatetimeIndex) -> FloatArray:
    return np.full(len(slots), np.nan)
