"""Energy prices: a flat price, time-of-use windows in site time, or a file of prices."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from facility.records import FloatArray
from facility.signals.series_file import held_values, read_series_file
from facility.site import PriceWindow, Tariff


def energy_prices(tariff: Tariff, zone: ZoneInfo, times: pd.DatetimeIndex, folder: Path) -> FloatArray:
    """Return the price per kWh in force at each time.

    Raises
    ------
    facility.errors.SignalError
        If a price file is missing, wrong, or ends before the last time.
    """
    if tariff.price_file is not None:
        path = folder / tariff.price_file
        return held_values(read_series_file(path, ["price_per_kwh"]), "price_per_kwh", times, str(path))
    local = times.tz_convert(zone)
    prices = np.full(len(times), tariff.energy_price_per_kwh)
    for window in tariff.windows:
        prices[_inside(window, local)] = window.price_per_kwh
    return prices


def _inside(window: PriceWindow, local: pd.DatetimeIndex) -> npt.NDArray[np.bool_]:
    minute = local.hour.to_numpy() * 60 + local.minute.to_numpy()
    start, end = _minute(window.start), _minute(window.end) or 24 * 60
    within: npt.NDArray[np.bool_] = (
        (minute >= start) & (minute < end) if start < end else (minute >= start) | (minute < end)
    )
    weekend: npt.NDArray[np.bool_] = local.day_of_week.to_numpy() >= 5
    if window.days == "weekdays":
        return within & ~weekend
    if window.days == "weekend":
        return within & weekend
    return within


def _minute(moment: time) -> int:
    return moment.hour * 60 + moment.minute
