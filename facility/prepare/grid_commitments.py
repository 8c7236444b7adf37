"""From events that the site has accepted to the commitments of a plan: each with its baseline, frozen at notice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo

import numpy as np
import pandas as pd

from facility.grid_event import GridEvent
from facility.history.grid_event_book import GridEventBook
from facility.log import get_logger
from facility.ports import Telemetry
from facility.promises import Commitment, CommitmentKind
from facility.records import FloatArray, Plan
from facility.respond.asked import Ask, asks, penalty_per_kwh
from facility.respond.capacity import authorised
from facility.respond.event_state import PROMISED, GridEventState, KeptEvent
from facility.respond.frozen_baseline import (
    FROZEN,
    LONGEST_BACK,
    STEP,
    FrozenBaseline,
    History,
    NoBaselineError,
    event_slots,
    frozen_baseline,
)
from facility.respond.overlap import in_force
from facility.respond.settings import Program
from facility.site_file import LoadedSite

_HELD = PROMISED | {GridEventState.DONE}
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Outlook:
    """The steps of a plan that is made `at` a time, with the outdoor temperature that is expected in them; and earlier plans."""

    times: Sequence[datetime]
    step: timedelta
    outdoor_degc: FloatArray
    at: datetime
    plan_at: Callable[[datetime], Plan | None] = lambda _: None  # the newest one that was made by a time


def grid_commitments(
    loaded: LoadedSite, telemetry: Telemetry, book: GridEventBook, outlook: Outlook
) -> tuple[Commitment, ...]:
    """Return what the site has promised in the steps of a plan; the baseline of each event is frozen when it is first planned.

    Where events of a source overlap, the more urgent holds. One whose baseline cannot be told is left out: that is kept with the
    event, and goes to the log and the audit.
    """
    end = outlook.times[-1] + outlook.step
    promised = book.promised()
    found: list[Commitment] = list(_authorised(book, promised, outlook))
    for kept, left in _held(promised):
        if left.start >= end or left.end <= outlook.times[0]:
            continue
        why_not = None
        try:
            found.extend(_planned(loaded, telemetry, book, kept, left=left, outlook=outlook))
        except NoBaselineError as error:
            why_not = str(error)
            _log.error("an event is not planned for: no baseline", dr_event=kept.number, reason=why_not)
        if why_not != kept.not_planned:
            book.tell_planned(kept.number, why_not, outlook.at)
    return tuple(found)


def _held(promised: Sequence[KeptEvent]) -> Iterator[tuple[KeptEvent, GridEvent]]:
    """Yield what is promised, each with what is left of it beside more urgent ones."""
    left = {(one.source, one.id): one for one in in_force([kept.event for kept in promised])}
    for kept in promised:
        if (part := left.get((kept.event.source, kept.event.id))) is not None:
            yield kept, part


def _authorised(book: GridEventBook, promised: Sequence[KeptEvent], outlook: Outlook) -> Iterator[Commitment]:
    """Yield as caps what the site is authorised to draw: passed at the penalty of the program, or never where it is `hard`."""
    end = outlook.times[-1] + outlook.step
    numbers = {(kept.event.source, kept.event.id): kept.number for kept in promised}
    for source, name in dict.fromkeys((kept.event.source, kept.event.program) for kept in promised):
        own = [kept.event for kept in promised if (kept.event.source, kept.event.program) == (source, name)]
        if (program := book.settings.program(name)) is None:
            continue
        spans = [span for span in authorised(own) if span.start < end and span.end > outlook.times[0]]
        for count, span in enumerate(spans, start=1):
            penalty = None if program.hard else penalty_per_kwh(span.event, program)
            if penalty != 0.0:
                told = f"dr-{numbers[span.event.source, span.event.id]}.{count}"
                yield Commitment(told, CommitmentKind.IMPORT_CAP, span.start, span.end, span.value, None, penalty)


def left_of(book: GridEventBook, kept: KeptEvent) -> GridEvent | None:
    """Return what is left of an event beside more urgent ones that the site holds or has held; None: nothing."""
    others = [one for one in book.of_source(kept.event.source, kept.event.start) if one.state in _HELD]
    held = [*(one for one in others if one.number != kept.number), kept]
    return next((part for one, part in _held(held) if one.number == kept.number), None)


def _planned(
    loaded: LoadedSite, telemetry: Telemetry, book: GridEventBook, kept: KeptEvent, *, left: GridEvent, outlook: Outlook
) -> Iterator[Commitment]:
    program = book.settings.program(kept.event.program)
    if program is None:
        raise NoBaselineError(f"program {kept.event.program} is no longer in the settings")
    needs = any(one.kind is CommitmentKind.REDUCTION for one in asks(left, program))
    frozen = baseline_of(loaded, telemetry, book, kept, outlook) if needs else None
    yield from _commitments(replace(kept, event=left), program, frozen, outlook)


def baseline_of(
    loaded: LoadedSite, telemetry: Telemetry, book: GridEventBook, kept: KeptEvent, outlook: Outlook | None = None
) -> FrozenBaseline:
    """Return the baseline of an event: the one that is frozen, or one that is frozen now.

    Raises
    ------
    NoBaselineError
        If it cannot be told.
    """
    program = book.settings.program(kept.event.program)
    if program is None:
        raise NoBaselineError(f"program {kept.event.program} is no longer in the settings")
    if program.baseline.method == "metered_generation":
        raise NoBaselineError("metered generation has none: what is delivered is measured, and not planned for")
    known = book.baseline(kept.number)
    if known is None:
        made = frozen_baseline(kept, program.baseline, history_of(loaded, telemetry, book, kept, outlook))
        known = book.freeze(kept.number, FROZEN.dump_json(made).decode())
    return FROZEN.validate_json(known)


def meter_kw(
    loaded: LoadedSite, telemetry: Telemetry, start: datetime, end: datetime, meter: str | None = None
) -> pd.Series:
    """Return the site's meter, or another one, as means over steps of `STEP`, NaN where it was silent."""
    points = [point.id for point in loaded.points.of(meter or loaded.site.electrical.main_meter, "power_kw")]
    slots = event_slots(start, end)
    if not points:
        return pd.Series(np.nan, index=slots)
    read = telemetry.read(points, start, end, STEP)
    return read.sum(axis=1, skipna=False).reindex(slots) if len(read) else pd.Series(np.nan, index=slots)


def history_of(
    loaded: LoadedSite, telemetry: Telemetry, book: GridEventBook, kept: KeptEvent, outlook: Outlook | None
) -> History:
    """Return what a baseline of an event is made from: the meter until its notice, weather, days of events, the plan in force."""
    event, site = kept.event, loaded.site
    begins = event.start - LONGEST_BACK
    outdoor = pd.Series(dtype=float)
    station = site.weather.station
    points = [] if station is None else [one.id for one in loaded.points.of(station, "outdoor_temperature_degc")]
    if points:
        outdoor = telemetry.read(points, begins, kept.noticed, STEP).mean(axis=1)
    planned_kw = None
    if outlook is not None:
        planned_kw = _planned_kw(outlook.plan_at(kept.noticed))
        ahead = pd.Series(outlook.outdoor_degc, index=pd.DatetimeIndex(list(outlook.times))).resample(STEP).ffill()
        outdoor = pd.concat([outdoor[outdoor.index < ahead.index[0]], ahead])
    return History(
        meter_kw(loaded, telemetry, begins, kept.noticed),
        outdoor,
        _event_days(book, kept, site.zone),
        site.zone,
        planned_kw,
    )


def _planned_kw(plan: Plan | None) -> pd.Series | None:
    """Return what a plan has the site draw, by steps of `STEP`."""
    if plan is None:
        return None
    index = pd.date_range(pd.Timestamp(plan.start), pd.Timestamp(plan.end), freq=STEP, inclusive="left")
    at = ((index - pd.Timestamp(plan.start)) // plan.step).to_numpy()
    return pd.Series(np.array(plan.schedule["site.power_kw"])[at], index=index)


def _event_days(book: GridEventBook, but: KeptEvent, zone: tzinfo) -> frozenset[date]:
    """Return the days on which the site delivered, or has promised to: they are no days like others."""
    return frozenset(
        day
        for one in book.events(_HELD)
        if one.number != but.number and not one.event.test
        for day in _days(one.event.start.astimezone(zone), one.event.end.astimezone(zone))
    )


def _days(start: datetime, end: datetime) -> Iterator[date]:
    day = start.date()
    while day <= (end - timedelta(microseconds=1)).date():
        yield day
        day += timedelta(days=1)


def _commitments(
    kept: KeptEvent, program: Program, frozen: FrozenBaseline | None, outlook: Outlook
) -> Iterator[Commitment]:
    """Yield a commitment for each part of an event that touches the plan."""
    first, end = outlook.times[0], outlook.times[-1] + outlook.step
    parts = [one for one in asks(kept.event, program) if one.start < end and one.end > first]
    penalty = None if program.hard else penalty_per_kwh(kept.event, program)
    for number, ask in enumerate(parts):
        name = f"dr-{kept.number}" if len(parts) == 1 else f"dr-{kept.number}.{number + 1}"
        held = frozen is not None and ask.kind is CommitmentKind.REDUCTION
        baseline = _in_steps(frozen, ask, outlook) if held and frozen is not None else None
        yield Commitment(name, ask.kind, ask.start, ask.end, ask.amount_kw, baseline, penalty)


def _in_steps(frozen: FrozenBaseline, ask: Ask, outlook: Outlook) -> FloatArray:
    """Return the mean of a baseline in each step of the plan, over what the event holds of it; outside it is not used."""
    course = frozen.course
    found = np.zeros(len(outlook.times))
    for at, time in enumerate(outlook.times):
        held = course[
            (course.index >= pd.Timestamp(max(time, ask.start)).floor(STEP))
            & (course.index < min(time + outlook.step, ask.end))
        ]
        if len(held):
            found[at] = float(held.mean())
    return found
