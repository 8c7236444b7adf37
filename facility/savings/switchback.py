"""What a switchback says: the mean of what was drawn without the change less what was drawn with it, and how sure chance is.

Both sides are left out while the plant still answers the block before, so that heat which halls and tanks take up or give back
after a switch is on neither: what is compared is the plant settled with the change, and settled without.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np
import pandas as pd

from facility.errors import NotEnoughDataError
from facility.history.switchback_records import Switchback
from facility.ports import ForecastArchive, Telemetry
from facility.records import Interval, Recommendation
from facility.savings.hours import HOUR, MOVES_WORK, load_kw
from facility.savings.left_out import BoolArray, faulty_steps
from facility.savings.measured import MeasuredSaving
from facility.savings.rows import WEATHER, read_savings_rows
from facility.signals.past import past_carbon, past_prices
from facility.site_file import LoadedSite
from models.savings.baseline import FloatArray
from models.savings.switchback import switchback_saving
from models.whole.site_rows import FACILITY

BY_HAND = "switched by hand: that the timetable was kept is taken for granted"


def measure_switchback(
    loaded: LoadedSite,
    telemetry: Telemetry,
    one: Switchback,
    tried: Recommendation,
    now: datetime,
    *,
    archive: ForecastArchive | None = None,
) -> MeasuredSaving:
    """Return what a change saved while it was in force, by its blocks that are over.

    Raises
    ------
    facility.errors.NotEnoughDataError
        If too few pairs of blocks are over and measured.
    facility.errors.SignalError
        If prices or carbon of its hours are not known.
    """
    until, over = min(now, one.ends), one.over(now)
    if not over:
        raise NotEnoughDataError(
            [f"a block that is over; the first is at {one.span(one.blocks[0])[1]:%Y-%m-%d %H:%M} UTC"]
        )
    read = read_savings_rows(loaded, telemetry, one.begins, until)
    usable, notes = _usable(loaded, telemetry, one, read.table, over)
    rows = read.table[usable & read.table.notna().all(axis=1).to_numpy(bool)]
    moves_work = tried.quantity in MOVES_WORK
    conditions = np.column_stack([load_kw(rows, moves_work=moves_work), *(rows[name] for name in WEATHER)])
    try:
        found = switchback_saving(
            one.blocks, _hours_in(rows, one), conditions, rows[FACILITY].to_numpy(float), one.wash_out_h
        )
    except ValueError as error:
        raise NotEnoughDataError([str(error), *notes]) from error
    interval = Interval(found.saved_kw, found.low_kw, found.high_kw)
    on = _on(read.table, one, over)
    step_h = loaded.site.step.total_seconds() / 3600.0
    worth = past_prices(loaded, archive, on) * step_h, past_carbon(loaded, archive, on) / 1000.0 * step_h
    told = _told(one, tried, interval, len(on) * step_h, worth)
    return replace(told, notes=(*read.notes, *notes))


def _usable(
    loaded: LoadedSite, telemetry: Telemetry, one: Switchback, table: pd.DataFrame, over: list[int]
) -> tuple[BoolArray, tuple[str, ...]]:
    """Return which steps count: in blocks that were carried out, settled since, and no machine reported a fault."""
    hours, usable = _hours_in(table, one), np.zeros(len(table), dtype=bool)
    lost = [] if one.by_hand else [number for number in over if number not in one.reached]
    for number in set(over) - set(lost):
        block = one.blocks[number]
        late_h = 0.0 if one.by_hand else (one.reached[number] - one.begins).total_seconds() / 3600.0 - block.begin_h
        settled = block.begin_h + max(late_h, 0.0) + one.wash_out_h
        usable |= (hours >= settled) & (hours < block.end_h)
    notes: tuple[str, ...] = (BY_HAND,) if one.by_hand else ()
    notes += (f"{len(lost)} blocks were not carried out; they and their partners are left out",) if lost else ()
    notes += (f"{len(over) // 2} of {one.pairs} pairs are over",) if len(over) < 2 * one.pairs else ()
    faulty = faulty_steps(loaded, telemetry, table, one.begins)
    notes += (f"{faulty.sum()} steps left out: a machine reported a fault",) if faulty.any() else ()
    return usable & ~faulty, notes


def _on(table: pd.DataFrame, one: Switchback, over: list[int]) -> pd.DatetimeIndex:
    """Return the steps at which the change was in force, also those in which the plant had not settled."""
    hours, on = _hours_in(table, one), np.zeros(len(table), dtype=bool)
    for number in over:
        block = one.blocks[number]
        if block.on and (one.by_hand or number in one.reached):
            on |= (hours >= block.begin_h) & (hours < block.end_h)
    return pd.DatetimeIndex(table.index)[on]


def _hours_in(table: pd.DataFrame, one: Switchback) -> FloatArray:
    return np.asarray((pd.DatetimeIndex(table.index) - pd.Timestamp(one.begins)) / HOUR, dtype=float)


def _told(
    one: Switchback, tried: Recommendation, saved_kw: Interval, hours: float, worth: tuple[FloatArray, FloatArray]
) -> MeasuredSaving:
    cost, kgco2 = (float(of_a_kw.sum()) for of_a_kw in worth)
    return MeasuredSaving(
        name=f"{tried.id} ({one.id})",
        begins=one.begins,
        ends=one.ends,
        hours=round(hours),
        promised_kw=tried.saving_kw,
        saved_kw=saved_kw,
        saved_kwh=_times(saved_kw, hours),
        saved_cost=_times(saved_kw, cost),
        saved_kgco2=_times(saved_kw, kgco2),
        deferred_kwh=0.0,
        against=(
            f"what the meter showed in blocks of {one.block_h:g} hours without it, by coins (seed {one.seed}), the first "
            f"{one.wash_out_h:g} hours of each left out, less what load and weather explain (switchback)"
        ),
        option="switchback",
        notes=(),
    )


def _times(interval: Interval, factor: float) -> Interval:
    return Interval(*(factor * value for value in (interval.value, interval.low, interval.high)))
