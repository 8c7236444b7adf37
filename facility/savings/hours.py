"""Steps become hours counted from the moment of a change, and hours become what a baseline is fitted to."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from facility.savings.rows import DEFERRABLE, WEATHER, WORK
from models.savings.baseline import FloatArray, Rows
from models.whole.site_rows import FACILITY, IT

HOUR = pd.Timedelta(hours=1)
MOVES_WORK = frozenset({"deferrable_power_command_kw"})  # levers that decide when work is done: it is then no condition


def whole_hours(table: pd.DataFrame, at: datetime) -> pd.DataFrame:
    """Return means of the hours of which every step is measured; they begin whole hours before or after a time."""
    index = pd.DatetimeIndex(table.index)
    hour = np.floor((index - pd.Timestamp(at)) / HOUR).astype(int)
    step = index[1] - index[0] if len(index) > 1 else HOUR
    grouped = table.dropna().groupby(hour[table.notna().all(axis=1).to_numpy(bool)])
    whole = grouped.mean()[grouped.size() >= round(HOUR / step)]
    return whole.set_axis(pd.Timestamp(at) + whole.index.to_numpy() * HOUR)


def load_kw(hours: pd.DataFrame, *, moves_work: bool) -> pd.Series:
    """Return what was asked of the servers, whatever setpoint was changed; IT power where they do not report it."""
    if WORK not in hours:
        return hours[IT]
    return hours[WORK] if moves_work else hours[WORK] + hours[DEFERRABLE]


def baseline_rows(hours: pd.DataFrame, zone: ZoneInfo, *, moves_work: bool, of: str = FACILITY) -> Rows:
    """Return hours as rows: load, weather, and the hour of the day as two harmonics."""
    index = pd.DatetimeIndex(hours.index)
    load = load_kw(hours, moves_work=moves_work).to_numpy(float)[:, None]
    weather = hours[list(WEATHER)].to_numpy(float)
    return Rows(_hours_since_1970(index), load, weather, _harmonics(index, zone), hours[of].to_numpy(float))


def _hours_since_1970(index: pd.DatetimeIndex) -> FloatArray:
    return np.asarray((index - pd.Timestamp("1970-01-01", tz="UTC")) / HOUR, dtype=float)


def _harmonics(index: pd.DatetimeIndex, zone: ZoneInfo) -> FloatArray:
    local = (index + HOUR / 2).tz_convert(zone)
    angle = (local.hour.to_numpy(float) + local.minute.to_numpy(float) / 60.0) * (2.0 * np.pi / 24.0)
    return np.column_stack([np.sin(angle), np.cos(angle), np.sin(2 * angle), np.cos(2 * angle)])
