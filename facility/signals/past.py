"""Prices and carbon intensities of hours that are over, whichever way the site gets them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from facility.errors import SignalError
from facility.ports import ForecastArchive
from facility.records import FloatArray
from facility.signals.carbon import carbon_intensities
from facility.signals.outlook import CARBON, PRICE
from facility.signals.published import turned_out
from facility.signals.tariff import energy_prices, paid_prices
from facility.site_file import LoadedSite


def past_prices(loaded: LoadedSite, archive: ForecastArchive | None, times: pd.DatetimeIndex) -> FloatArray:
    """Return what a kWh cost at each time.

    Raises
    ------
    SignalError
        If that is not known of every time; nothing stands in for a price that was paid.
    """
    fetched = past_of(PRICE, loaded, archive, times)
    site = loaded.site
    return energy_prices(site.tariff, site.zone, times, loaded.path.parent) if fetched is None else fetched


def past_carbon(loaded: LoadedSite, archive: ForecastArchive | None, times: pd.DatetimeIndex) -> FloatArray:
    """Return gCO2 per kWh at each time.

    Raises
    ------
    SignalError
        If that is not known of every time.
    """
    fetched = past_of(CARBON, loaded, archive, times)
    return carbon_intensities(loaded.site.carbon, times, loaded.path.parent) if fetched is None else fetched


def known_carbon(loaded: LoadedSite, archive: ForecastArchive | None, times: pd.DatetimeIndex) -> FloatArray:
    """Return gCO2 per kWh at each time; NaN where a provider is asked for it and nothing was kept of that time."""
    source = loaded.site.carbon.intensity_source
    if source is None or archive is None:
        return past_carbon(loaded, archive, times)
    return turned_out(archive, CARBON, source.label, times)


def means_of_hours(of: Callable[[pd.DatetimeIndex], FloatArray], hours: pd.DatetimeIndex) -> FloatArray:
    """Return the mean of a course over each hour that begins at a time, which need be no whole one: markets price by quarters."""
    minutes = np.tile(np.arange(0, 60, 5), len(hours))
    times = hours.repeat(len(minutes) // len(hours)) + pd.to_timedelta(minutes, unit="min")
    return np.asarray(of(times).reshape(len(hours), -1).mean(axis=1))


def past_of(
    quantity: str, loaded: LoadedSite, archive: ForecastArchive | None, times: pd.DatetimeIndex
) -> FloatArray | None:
    """Return what a provider published of a price or carbon intensity; None where the site names no provider for it.

    Raises
    ------
    SignalError
        If it is not known of every time.
    """
    site = loaded.site
    source = {PRICE: site.tariff.price_source, CARBON: site.carbon.intensity_source}.get(quantity)
    if source is None:
        return None
    if archive is None:
        raise SignalError(f"{source.label}: what was fetched of {quantity} is not at hand here")
    values = turned_out(archive, quantity, source.label, times)
    if not np.isfinite(values).all():
        first = times[~np.isfinite(values)][0]
        raise SignalError(f"{source.label}: nothing kept of {quantity} at {first:%Y-%m-%d %H:%M} UTC")
    return paid_prices(site.tariff.price_source, values) if quantity == PRICE and site.tariff.price_source else values
