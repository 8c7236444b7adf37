"""A forecast that was kept, asked again: for other steps, as far as it reaches."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from facility.ports import ForecastArchive
from facility.records import Forecast

OLDEST = timedelta(hours=7)  # in the archive's thinned parts there is one every six hours
_DAY = pd.Timedelta(days=1)


def kept_forecast(archive: ForecastArchive, quantity: str, at: datetime, times: pd.DatetimeIndex) -> Forecast | None:
    """Return what was expected at a time for the steps at some times; None where nothing younger than `OLDEST` is kept.

    Steps beyond its end, as many as it is old, take the value of a day before.

    Raises
    ------
    facility.errors.SignalError
        If the time has no zone.
    """
    kept = archive.as_of(quantity, at)
    if kept is None or at - kept.issued > OLDEST:
        return None
    begins = pd.DatetimeIndex(list(kept.times))
    position = begins.searchsorted(times, side="right") - 1
    beyond = times >= begins[-1] + _length(begins)
    position[beyond] = begins.searchsorted(times[beyond] - _DAY, side="right") - 1
    if (position < 0).any() or (times - begins[position] > _DAY + _length(begins)).any():
        return None
    quantiles = {quantile: bound[position] for quantile, bound in kept.quantiles.items()}
    values = np.asarray(kept.values[position])
    return Forecast(quantity, kept.issued, list(times.to_pydatetime()), values, kept.source, quantiles)


def _length(begins: pd.DatetimeIndex) -> pd.Timedelta:
    return begins[1] - begins[0] if len(begins) > 1 else pd.Timedelta(0)
