"""Energy prices: a flat price, time-of-use windows in site time, a file of prices, or those of a provider."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from facility.errors import SignalError
from facility.records import FloatArray
from facility.signals.series_file import held_values, read_series_file
from facility.signals.tariff_calendar import holds
from facility.site import PriceSource, Tariff


def energy_prices(tariff: Tariff, zone: ZoneInfo, times: pd.DatetimeIndex, folder: Path) -> FloatArray:
    """Return the price per kWh in force at each time.

    Raises
    ------
    facility.errors.SignalError
        If a price file is missing, wrong, or ends before the last time; if prices come from a provider: what it published
        stands in the archive (`facility.signals.outlook`, `facility.signals.past`).
    """
    if tariff.price_source is not None:
        raise SignalError(
            f"prices are those of {tariff.price_source.label}; they stand in the archive of what was fetched"
        )
    if tariff.price_file is not None:
        path = folder / tariff.price_file
        return held_values(read_series_file(path, ["price_per_kwh"]), "price_per_kwh", times, str(path))
    return contract_prices(tariff, zone, times)


def contract_prices(tariff: Tariff, zone: ZoneInfo, times: pd.DatetimeIndex) -> FloatArray:
    """Return the flat price and its windows at each time: what stands in the contract, without files and providers."""
    local = times.tz_convert(zone)
    prices = np.full(len(times), tariff.energy_price_per_kwh)
    for window in tariff.windows:
        prices[holds(window, tariff.holidays, local)] = window.price_per_kwh
    return prices


def paid_prices(source: PriceSource, market_per_kwh: FloatArray) -> FloatArray:
    """Return what the site pays at prices of the market: with taxes as a factor and grid fees as an adder."""
    return source.factor * market_per_kwh + source.adder_per_kwh
