"""When deferrable work came in, as far as its backlog and its power tell: what waits is due by when it came."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from facility.ports import Telemetry
from facility.records import FloatArray
from facility.site import DeferrableWork
from facility.site_file import LoadedSite

LEAST_KNOWN_FRAC = 0.8  # of the steps looked at; with less, the arrival window of the site file counts


def arrived_kwh(loaded: LoadedSite, telemetry: Telemetry, start: datetime, at: datetime) -> dict[str, FloatArray]:
    """Return, by class of work, what came in during each step before `start`, the last step last; known `at` a time.

    It reaches back as far as work may wait. A class whose backlog or power is not measured, or too little of it, is left out.
    """
    site = loaded.site
    found = {work.id: _arrived(loaded, telemetry, work, start, at) for work in site.deferrable_work}
    return {name: values for name, values in found.items() if values is not None}


def _arrived(
    loaded: LoadedSite, telemetry: Telemetry, work: DeferrableWork, start: datetime, at: datetime
) -> FloatArray | None:
    step = loaded.site.step
    backlog, power = (loaded.points.one(work.id, name) for name in ("deferrable_backlog_kwh", "deferrable_power_kw"))
    if backlog is None or power is None:
        return None
    steps = int(np.ceil(timedelta(hours=work.due_within_h) / step)) + 1
    frame = telemetry.read([backlog.id, power.id], start - (steps + 1) * step, at, step)
    known = frame.dropna()
    if len(known) < max(LEAST_KNOWN_FRAC * steps, 2):
        return None
    middles_h = (pd.DatetimeIndex(known.index) - pd.Timestamp(start)) / pd.Timedelta(hours=1) + 0.5 * (
        step / timedelta(hours=1)
    )
    done_kwh = _done_kwh(np.asarray(middles_h, float), known[power.id].to_numpy(float))
    total_kwh = np.maximum.accumulate(known[backlog.id].to_numpy(float) + done_kwh)  # work does not leave undone
    bounds_h = np.arange(-steps, 1) * (step / timedelta(hours=1))
    return np.asarray(np.diff(np.interp(bounds_h, middles_h, total_kwh)))


def _done_kwh(hours: FloatArray, power_kw: FloatArray) -> FloatArray:
    """Return work done between the first of some moments and each of them."""
    means_kw = 0.5 * (power_kw[1:] + power_kw[:-1])
    return np.concatenate([[0.0], np.cumsum(means_kw * np.diff(hours))])
