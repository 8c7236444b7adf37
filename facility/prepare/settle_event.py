"""What a site delivered in an event, by its meter and the baseline that was frozen, and what that is worth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from facility.grid_event import GridEvent
from facility.history.grid_event_book import GridEventBook
from facility.ports import Telemetry
from facility.prepare.grid_commitments import baseline_of, left_of, meter_kw
from facility.promises import CommitmentKind
from facility.records import FloatArray
from facility.respond.asked import asks, payment_per_kwh, penalty_per_kwh
from facility.respond.event_state import GridEventError, KeptEvent
from facility.respond.frozen_baseline import STEP, FrozenBaseline, event_slots
from facility.respond.settings import Program
from facility.site_file import LoadedSite
from models.demand_response.settlement import Settlement, settle

_HOUR_S = 3600.0


@dataclass(frozen=True, slots=True, eq=False)
class EventSettlement:
    """The settlement of an event, step by step of five minutes.

    Attributes
    ----------
    baseline
        None where generation is metered.
    times, baseline_kw, meter_kw, committed_kw
        Beginnings of the steps, and what held in them; NaN where nothing was measured, or the event asks nothing.
    final
        Whether the event is over: before that it is only how it stands.
    """

    kept: KeptEvent
    baseline: FrozenBaseline | None
    times: tuple[datetime, ...]
    baseline_kw: FloatArray
    meter_kw: FloatArray
    committed_kw: FloatArray
    settlement: Settlement
    final: bool


def settle_event(
    loaded: LoadedSite, telemetry: Telemetry, book: GridEventBook, kept: KeptEvent, now: datetime
) -> EventSettlement:
    """Return what was delivered, and what it is worth.

    Raises
    ------
    facility.respond.event_state.GridEventError
        If the event asks for no reduction, or has not begun.
    facility.respond.frozen_baseline.NoBaselineError
        If its baseline cannot be told.
    """
    part = settled_part(book, kept, now)
    event, program, slots = kept.event, part.program, part.slots
    committed, hours = asked_kw(part.left, program, slots, part.until, CommitmentKind.REDUCTION)
    if not committed.any():
        raise GridEventError(f"event {kept.number} asks for no reduction; there is nothing to settle")
    baseline, baseline_kw, measured = None, np.zeros(len(slots)), None
    if program.baseline.method == "metered_generation":
        measured = generation_kw(telemetry, program, slots)
        delivered = measured
    else:
        baseline = baseline_of(loaded, telemetry, book, kept)
        baseline_kw = baseline.course.reindex(slots).to_numpy(dtype=float)
        measured = meter_kw(loaded, telemetry, event.start, part.until).reindex(slots).to_numpy(dtype=float)
        delivered = baseline_kw - measured
    pays, costs = payment_per_kwh(event, program), penalty_per_kwh(event, program)
    return EventSettlement(
        kept=kept,
        baseline=baseline,
        times=tuple(slot.to_pydatetime() for slot in slots),
        baseline_kw=baseline_kw,
        meter_kw=measured,
        committed_kw=committed,
        settlement=settle(delivered, committed, hours, payment_per_kwh=pays, penalty_per_kwh=costs),
        final=now >= event.end,
    )


@dataclass(frozen=True, slots=True, eq=False)
class SettledPart:
    """What of an event can be settled: its program, what more urgent ones leave of it, and its steps until a time."""

    program: Program
    left: GridEvent
    slots: pd.DatetimeIndex
    until: datetime


def settled_part(book: GridEventBook, kept: KeptEvent, now: datetime) -> SettledPart:
    """Return what of an event can be settled now.

    Raises
    ------
    facility.respond.event_state.GridEventError
        If it has not begun, its program has left the settings, or a more urgent event held in all of it.
    """
    event, program = kept.event, book.settings.program(kept.event.program)
    if program is None:
        raise GridEventError(f"program {event.program} of event {kept.number} is no longer in the settings")
    until = min(event.end, now)
    slots = event_slots(event.start, until)
    if len(slots) == 0 or now <= event.start:
        raise GridEventError(f"event {kept.number} has not begun")
    left = left_of(book, kept)
    if left is None:
        raise GridEventError(f"in all hours of event {kept.number} a more urgent one of its source held")
    return SettledPart(program, left, slots, until)


def asked_kw(
    event: GridEvent, program: Program, slots: pd.DatetimeIndex, until: datetime, kind: CommitmentKind
) -> tuple[FloatArray, FloatArray]:
    """Return the mean reduction or cap asked in each step, and for how many hours of it something is asked."""
    begins = np.array([slot.timestamp() for slot in slots])
    ends = np.minimum(begins + STEP.total_seconds(), until.timestamp())
    energy, hours = np.zeros(len(slots)), np.zeros(len(slots))
    for ask in asks(event, program):
        if ask.kind is not kind:
            continue
        held_s = np.minimum(ends, ask.end.timestamp()) - np.maximum(begins, ask.start.timestamp())
        part = np.maximum(held_s, 0.0) / _HOUR_S
        energy, hours = energy + ask.amount_kw * part, hours + part
    return np.divide(energy, hours, out=np.zeros(len(slots)), where=hours > 0.0), hours


def generation_kw(telemetry: Telemetry, program: Program, slots: pd.DatetimeIndex) -> FloatArray:
    """Return what the points that count as generation delivered in each step; NaN where one was silent."""
    points = list(program.baseline.generation_points)
    read = telemetry.read(points, slots[0].to_pydatetime(), (slots[-1] + STEP).to_pydatetime(), STEP)
    return read.sum(axis=1, skipna=False).reindex(slots).to_numpy(dtype=float)
