"""What the site reports on itself to an OpenADR server: its meters, the baselines frozen for its events, the plan in force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from facility.history.grid_event_book import GridEventBook
from facility.ports import Journal, Telemetry
from facility.prepare.grid_commitments import meter_kw
from facility.respond.frozen_baseline import FROZEN, LONGEST_BACK, STEP
from facility.respond.openadr.measures import Measures
from facility.respond.openadr.settings import VenSettings
from facility.site_file import LoadedSite

_SITE_KW = "site.power_kw"


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the values of reports come from."""

    loaded: LoadedSite
    telemetry: Telemetry
    journal: Journal
    book: GridEventBook


def ven_measures(ven: VenSettings, sources: Sources) -> dict[str, Measures]:
    """Return what is reported of each resource. Baselines and plans are of the main meter: of another one they are not known."""
    main = sources.loaded.site.electrical.main_meter
    return {name: _measures(ven, sources, meter or main, main) for name, meter in ven.resources.items()}


def _measures(ven: VenSettings, sources: Sources, meter: str, main: str) -> Measures:
    def power_kw(start: datetime, end: datetime) -> float | None:
        return mean_kw(meter_kw(sources.loaded, sources.telemetry, start, end, meter), STEP, start, end)

    def baseline_kw(start: datetime, end: datetime) -> float | None:
        return _baseline_kw(sources.book, ven.source, start, end)

    def expected_kw(start: datetime, end: datetime) -> float | None:
        return _expected_kw(sources.journal, start, end)

    if meter != main:
        return Measures(power_kw, _unknown, _unknown)
    return Measures(power_kw, baseline_kw, expected_kw)


def mean_kw(course: pd.Series, step: timedelta, start: datetime, end: datetime) -> float | None:
    """Return the mean of a course over [start, end), by how much of each step is in it; None where a part is not known."""
    length, whole = step.total_seconds(), (end - start).total_seconds()
    begins = np.array([(time - start).total_seconds() for time in course.index], dtype=float)
    held = np.clip(np.minimum(begins + length, whole) - np.maximum(begins, 0.0), 0.0, None)  # seconds of each step
    values = course.to_numpy(dtype=float)[held > 0.0]
    if held.sum() < whole - 1e-3 or np.isnan(values).any():
        return None
    return float(np.average(values, weights=held[held > 0.0]))


def _baseline_kw(book: GridEventBook, source: str, start: datetime, end: datetime) -> float | None:
    """Return what was frozen for an event of the source that holds the whole interval; of several the newest one's."""
    for kept in reversed(book.of_source(source, start - LONGEST_BACK)):
        if kept.event.start <= start and end <= kept.event.end and (frozen := book.baseline(kept.number)) is not None:
            return mean_kw(FROZEN.validate_json(frozen).course, STEP, start, end)
    return None


def _expected_kw(journal: Journal, start: datetime, end: datetime) -> float | None:
    plan = journal.latest_plan()
    if plan is None or _SITE_KW not in plan.schedule:
        return None
    series: Sequence[float] = plan.schedule[_SITE_KW]
    times = pd.date_range(pd.Timestamp(plan.start), periods=len(series), freq=plan.step)
    return mean_kw(pd.Series(series, index=times, dtype=float), plan.step, start, end)


def _unknown(_start: datetime, _end: datetime) -> float | None:
    return None
