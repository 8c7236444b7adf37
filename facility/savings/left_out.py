"""Hours left out and named: gaps, machines that reported a fault, and load that the baseline has not seen."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import numpy.typing as npt
import pandas as pd

from facility.ports import Telemetry
from facility.savings.hours import HOUR, load_kw
from facility.site_file import LoadedSite

BEYOND_FRAC = 0.25  # of the range of load before: further than this a baseline would be carried on, not used

BoolArray = npt.NDArray[np.bool_]


def gap_note(hours: pd.DataFrame, start: datetime, end: datetime) -> tuple[str, ...]:
    """Say how many hours of a window are not whole."""
    lost = int((pd.Timestamp(end) - pd.Timestamp(start)) // HOUR) - len(hours)
    return (f"{lost} hours left out: not everything was measured",) if lost > 0 else ()


def faulty_hours(
    loaded: LoadedSite, telemetry: Telemetry, hours: pd.DataFrame, start: datetime, end: datetime
) -> tuple[BoolArray, tuple[str, ...]]:
    """Return which hours had a machine that reported a fault, and who did."""
    points = [point for point in loaded.points if point.quantity == "fault_status"]
    if not points or hours.empty:
        return np.zeros(len(hours), dtype=bool), ()
    raw = telemetry.read([point.id for point in points], start, end, loaded.site.step).gt(0)
    first = pd.DatetimeIndex(hours.index)[0]
    hour = first + np.floor((pd.DatetimeIndex(raw.index) - first) / HOUR) * HOUR
    any_in = raw.groupby(hour).any().reindex(hours.index, fill_value=False)
    machines = [point.equipment for point in points if any_in[point.id].any()]
    bad = any_in.any(axis=1).to_numpy(bool)
    note = f"{bad.sum()} hours left out: {', '.join(sorted(set(machines)))} reported a fault"
    return bad, (note,) if bad.any() else ()


def faulty_steps(loaded: LoadedSite, telemetry: Telemetry, table: pd.DataFrame, start: datetime) -> BoolArray:
    """Return at which steps a machine reported a fault."""
    points = [point.id for point in loaded.points if point.quantity == "fault_status"]
    if not points or table.empty:
        return np.zeros(len(table), dtype=bool)
    end = (pd.DatetimeIndex(table.index)[-1] + loaded.site.step).to_pydatetime()
    raw = telemetry.read(points, start, end, loaded.site.step).gt(0).any(axis=1)
    return raw.reindex(table.index, fill_value=False).to_numpy(bool)


def unseen_load(off: pd.DataFrame, on: pd.DataFrame, *, moves_work: bool) -> tuple[BoolArray, tuple[str, ...]]:
    """Return which hours of the change had load far beyond what the baseline has seen."""
    before, during = (load_kw(hours, moves_work=moves_work) for hours in (off, on))
    margin = BEYOND_FRAC * float(before.max() - before.min())
    beyond = ((during < before.min() - margin) | (during > before.max() + margin)).to_numpy(bool)
    note = f"{beyond.sum()} hours left out: load outside {before.min():.0f} to {before.max():.0f} kW of the baseline"
    return beyond, (note,) if beyond.any() else ()
