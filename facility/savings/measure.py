"""Measures a change, or a month of changes, against the hours without one: IPMVP options B and C."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import numpy as np
import pandas as pd

from facility.errors import NotEnoughDataError
from facility.ports import ForecastArchive, Telemetry
from facility.records import Interval
from facility.savings.boundary import Boundary, Option, boundary_of
from facility.savings.changes import Change
from facility.savings.hours import HOUR, baseline_rows, whole_hours
from facility.savings.left_out import BoolArray, faulty_hours, gap_note, unseen_load
from facility.savings.measured import MeasuredSaving
from facility.savings.rows import COOLING, WORK, read_savings_rows
from facility.savings.stores import Owed, owed_between
from facility.signals.past import means_of_hours, past_carbon, past_prices
from facility.site_file import LoadedSite
from models.savings.baseline import LEAST_ROWS, FloatArray, Rows, savings
from models.whole.site_rows import FACILITY, IT

PAST, LONGEST = timedelta(days=28), timedelta(days=14)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to be measured: hours from `begins` to `ends` with a change, against hours without since `since`."""

    name: str
    changes: Sequence[Change]
    begins: datetime
    ends: datetime
    since: datetime
    option: Option | None  # None: what fits the change


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """Rows without and with the change, what is still owed, and what there is to say."""

    before: Rows
    during: Rows
    owed: Owed
    boundary: Boundary
    notes: tuple[str, ...]

    def totals(self, worths: Sequence[FloatArray], deferred_kwh: float) -> list[Interval]:
        """Return what is saved where a kWh of each hour is worth so much, by worth; what is owed is worth the mean.

        The hours of a window err together: each sum has its own interval, not the sum of theirs.
        """
        owed = [deferred_kwh * float(worth.mean()) for worth in worths]
        return [
            Interval(one.saved_kw - less, one.low_kw - less, one.high_kw - less)
            for one, less in zip(savings(self.before, self.during, np.stack(worths)), owed, strict=True)
        ]


def measure_change(
    loaded: LoadedSite,
    telemetry: Telemetry,
    changes: Sequence[Change],
    which: Change,
    now: datetime,
    *,
    option: Option | None = None,
    archive: ForecastArchive | None = None,
) -> MeasuredSaving:
    """Return what one of the changes saved, from when it was applied until all is as before, another comes, or now.

    Raises
    ------
    facility.errors.NotEnoughDataError
        If too little was measured before or during it.
    facility.errors.SignalError
        If prices or carbon of its hours are not known.
    """
    before = [change for change in changes if change.begins < which.begins]
    later = [change.begins for change in changes if change.begins > which.begins]
    ends = min(at for at in (which.settled(), now, which.begins + LONGEST, *later) if at is not None)
    since = which.begins - PAST
    freed = max((change.settled() or change.begins for change in before), default=since)
    alone = which.begins - max(freed, since) >= (LEAST_ROWS + 1) * HOUR.to_pytimedelta()
    name = ", ".join(one.id for one in which.recommendations)
    asked = _Asked(name, [which], which.begins, ends, max(freed, since) if alone else since, option)
    others = (
        [] if alone else [f"{len(before)} earlier changes came and went in the hours before: they widen the interval"]
    )
    return _measured(loaded, telemetry, asked, [], others, archive=archive)


def measure_month(
    loaded: LoadedSite,
    telemetry: Telemetry,
    changes: Sequence[Change],
    month: str,
    now: datetime,
    *,
    option: Option | None = None,
    archive: ForecastArchive | None = None,
) -> MeasuredSaving:
    """Return what all changes of a calendar month (`2026-07`, in the site's zone) saved together, while one was in force.

    Raises
    ------
    facility.errors.NotEnoughDataError
        If nothing was in force, or too few hours without a change are there to compare with.
    facility.errors.SignalError
        If prices or carbon of its hours are not known.
    """
    first = pd.Timestamp(f"{month}-01", tz=loaded.site.zone)
    begins, ends = first.to_pydatetime(), min((first + pd.DateOffset(months=1)).to_pydatetime(), now)
    inside = [one for one in changes if one.begins < ends and (one.settled() or now) > begins]
    if not inside:
        raise NotEnoughDataError([f"an applied recommendation in {month}"])
    asked = _Asked(month, inside, begins, ends, begins - PAST, option or Option.C)
    return _measured(loaded, telemetry, asked, changes, [], archive=archive)


def _measured(
    loaded: LoadedSite,
    telemetry: Telemetry,
    asked: _Asked,
    elsewhere: Sequence[Change],
    notes: Sequence[str],
    *,
    archive: ForecastArchive | None,
) -> MeasuredSaving:
    """Split the hours into those with and those without a change, and compare."""
    read = read_savings_rows(loaded, telemetry, asked.since, asked.ends)
    hours = whole_hours(read.table, asked.begins)
    faulty, faults = faulty_hours(loaded, telemetry, hours, asked.since, asked.ends)
    on = _touched(hours, asked.changes, asked.ends) & (hours.index >= asked.begins)
    off = ~_touched(hours, [*elsewhere, *asked.changes], asked.ends)
    boundary = boundary_of(
        [one for change in asked.changes for one in change.recommendations], list(hours.columns), asked.option
    )
    moves_work = any(change.moves_work for change in asked.changes)
    without, during = hours[off & ~faulty], hours[on & ~faulty]
    _check_enough(without, during, asked)
    unseen, loads = unseen_load(without, during, moves_work=moves_work)
    during = during[~unseen]
    _check_enough(without, during, asked)
    before, then = (
        baseline_rows(each, loaded.site.zone, moves_work=moves_work, of=boundary.column) for each in (without, during)
    )
    owed = owed_between(loaded, telemetry, asked.begins, asked.ends)
    gaps = gap_note(hours[hours.index >= asked.begins], asked.begins, asked.ends)
    told = (*read.notes, *notes, *gaps, *faults, *loads, *owed.notes, *filter(None, [boundary.note]))
    index = pd.DatetimeIndex(during.index)
    worth = (
        means_of_hours(partial(past_prices, loaded, archive), index),
        means_of_hours(partial(past_carbon, loaded, archive), index) / 1000.0,
    )
    return _told(asked, without, during, _Found(before, then, owed, boundary, told), worth)


def _touched(hours: pd.DataFrame, changes: Sequence[Change], ends: datetime) -> BoolArray:
    """Return which hours any of the changes touches, or what it deferred."""
    index, touched = pd.DatetimeIndex(hours.index), np.zeros(len(hours), dtype=bool)
    for change in changes:
        until = pd.Timestamp(change.settled() or ends)
        touched |= np.asarray((index + HOUR > pd.Timestamp(change.begins)) & (index < until))
    return touched


def _check_enough(without: pd.DataFrame, during: pd.DataFrame, asked: _Asked) -> None:
    missing = []
    if len(without) < LEAST_ROWS:
        missing.append(
            f"{LEAST_ROWS} whole hours without a change since {asked.since:%Y-%m-%d}, there are {len(without)}; "
            "a switchback makes some"
        )
    if during.empty:
        missing.append(f"a whole measured hour from {asked.begins:%Y-%m-%d %H:%M} to {asked.ends:%Y-%m-%d %H:%M} UTC")
    if missing:
        raise NotEnoughDataError(missing)


def _told(
    asked: _Asked,
    without: pd.DataFrame,
    during: pd.DataFrame,
    found: _Found,
    worth: tuple[FloatArray, FloatArray],
) -> MeasuredSaving:
    deferred_kwh, unpriced = _electric_kwh(found.owed, found.boundary, during)
    index, (price, kgco2) = pd.DatetimeIndex(during.index), worth
    hours = np.ones(len(during))
    saved_kw, saved_kwh, saved_cost, saved_kgco2 = found.totals(
        [hours / len(during), hours, price, kgco2], deferred_kwh
    )
    return MeasuredSaving(
        name=asked.name,
        begins=asked.begins,
        ends=asked.ends,
        hours=len(during),
        promised_kw=_promised(asked.changes, index),
        saved_kw=saved_kw,
        saved_kwh=saved_kwh,
        saved_cost=saved_cost,
        saved_kgco2=saved_kgco2,
        deferred_kwh=deferred_kwh,
        against=_against(without, found.boundary),
        option=found.boundary.option,
        notes=(*found.notes, *unpriced),
    )


def _electric_kwh(owed: Owed, boundary: Boundary, during: pd.DataFrame) -> tuple[float, tuple[str, ...]]:
    """Return what is owed as electricity: heat by what cooling took per IT energy, work by what the site took per IT energy."""
    whole = boundary.option is Option.C  # work that waits is outside the meters of a plant
    work_kwh = owed.work_kwh * float(during[FACILITY].sum() / during[IT].sum()) if whole else 0.0
    if COOLING in during:
        return work_kwh + owed.heat_kwh * float(during[COOLING].sum() / during[IT].sum()), ()
    return work_kwh, ("cooling is not metered: heat that halls and tanks still owe is not counted",)


def _promised(changes: Sequence[Change], hours: pd.DatetimeIndex) -> Interval:
    """Return the mean over the hours of what the changes in force promised."""
    total = np.zeros(3)
    for change in changes:
        until = hours[-1] + HOUR if change.ends is None else pd.Timestamp(change.ends)
        share = float(np.mean((hours >= pd.Timestamp(change.begins)) & (hours < until)))
        promise = change.promised_kw
        total += share * np.array([promise.value, promise.low, promise.high])
    return Interval(*map(float, total))


def _against(without: pd.DataFrame, boundary: Boundary) -> str:
    """Say what the baseline is."""
    index = pd.DatetimeIndex(without.index)
    meter = "the site's meter" if boundary.option is Option.C else "the cooling plant's meters"
    load = "work of the servers" if WORK in without else "IT power"
    return (
        f"what {meter} would have shown without it, by {load}, weather and hour of the day, learned from {len(without)} hours "
        f"from {index[0]:%Y-%m-%d %H:%M} to {index[-1] + HOUR:%Y-%m-%d %H:%M} UTC (IPMVP option {boundary.option}: {boundary.why})"
    )
