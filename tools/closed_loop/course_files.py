"""Prices, carbon and load of the closed loop: from files where given, else from the site file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd

from facility.errors import SignalError
from facility.records import FloatArray
from facility.signals.carbon import PLAUSIBLE_GCO2_PER_KWH, carbon_intensities
from facility.signals.outlook import CARBON, PRICE
from facility.signals.tariff import energy_prices
from facility.site import Site
from facility.site_file import LoadedSite
from tools.closed_loop.case import Market
from tools.closed_loop.series import ISSUED, Series, check_range, columns_of, read_series

PRICE_COLUMN, CARBON_COLUMN = "price_per_mwh", "gco2_per_kwh"
MARKET_STEP = timedelta(minutes=15)
SMALLEST_HIGH_PER_MWH = 2.0  # no market's dearest hour is below it in any currency; a price per kWh is


@dataclass(frozen=True, slots=True, eq=False)
class MarketCourse:
    """A market and how much of it is known beforehand.

    Attributes
    ----------
    fixed
        Quantities (as in `facility.signals.outlook`) that a tariff or a constant fixes: no forecast errs on them.
    issued
        By quantity, series with issue times of their own, in the quantity's unit.
    """

    market: Market
    fixed: frozenset[str] = frozenset()
    issued: Mapping[str, Series] = field(default_factory=dict)


def read_market(
    loaded: LoadedSite, start: datetime, end: datetime, prices: Path | None = None, carbon: Path | None = None
) -> MarketCourse:
    """Return price and carbon from `start` to `end`, in steps of a quarter of an hour.

    Parameters
    ----------
    prices
        CSV with `time` and `price_per_mwh` in the site's currency; without it the site's tariff counts.
    carbon
        CSV with `time` and `gco2_per_kwh`; without it the site's carbon section counts.

    Raises
    ------
    SignalError
        If a file is wrong or does not cover the span.
    """
    site, folder = loaded.site, loaded.path.parent
    times = pd.date_range(pd.Timestamp(start).tz_convert("UTC"), pd.Timestamp(end), freq=MARKET_STEP, inclusive="left")
    fixed: set[str] = set()
    issued: dict[str, Series] = {}
    if prices is None:
        price_per_kwh = energy_prices(site.tariff, site.zone, times, folder)
        fixed |= {PRICE} if site.tariff.price_file is None else set()
    else:
        price_series = _per_kwh(_prices(prices))
        price_per_kwh = price_series.held(PRICE, times)
        issued |= {PRICE: price_series} if price_series.issues is not None else {}
    if carbon is None:
        gco2_per_kwh = carbon_intensities(site.carbon, times, folder)
        fixed |= {CARBON} if site.carbon.intensity_file is None else set()
    else:
        carbon_series = read_series(carbon, [CARBON_COLUMN])
        check_range(carbon_series, CARBON_COLUMN, *PLAUSIBLE_GCO2_PER_KWH, "is the unit g per kWh?")
        gco2_per_kwh = carbon_series.held(CARBON_COLUMN, times)
        issued |= {CARBON: carbon_series} if carbon_series.issues is not None else {}
    return MarketCourse(Market(start, MARKET_STEP, price_per_kwh, gco2_per_kwh), frozenset(fixed), issued)


def read_load(path: Path, site: Site, times: pd.DatetimeIndex) -> dict[str, FloatArray]:
    """Return each pool's demand at times, as a share of what all its servers can do.

    Parameters
    ----------
    path
        CSV with `time` and either one column for the whole site, of any name, or columns named by pool ids.
    site
        Whose pools they are; a pool without a column follows the plant's own course.
    times
        When to read them; in between rows in proportion.

    Raises
    ------
    SignalError
        If the file is wrong, a fraction is outside 0..1, a column is no pool, or the times are not covered.
    """
    pools = [pool.id for pool in site.server_pools]
    columns = [name for name in columns_of(path) if name not in ("time", ISSUED)]
    of_pools = [name for name in columns if name in pools]
    if (of_pools and of_pools != columns) or (not of_pools and len(columns) != 1):
        raise SignalError(
            f"{path}: columns {', '.join(columns) or 'none'}; expected one fraction for the site, or one each for some of the "
            f"pools {', '.join(pools)}"
        )
    series = read_series(path, columns)
    for name in columns:
        check_range(series, name, 0.0, 1.0, "it is a fraction of what all servers can do")
    if of_pools:
        return {name: series.linear(name, times) for name in columns}
    return {pool: series.linear(columns[0], times) for pool in pools}


def _prices(path: Path) -> Series:
    series = read_series(path, [PRICE_COLUMN])
    if series.truth[PRICE_COLUMN].abs().max() < SMALLEST_HIGH_PER_MWH:
        raise SignalError(
            f"{path}: {PRICE_COLUMN} is never above {SMALLEST_HIGH_PER_MWH:g}; is it per kWh? give it per MWh"
        )
    return series


def _per_kwh(series: Series) -> Series:
    def converted(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(**{PRICE: frame[PRICE_COLUMN] / 1000.0})

    return Series(series.source, converted(series.truth), None if series.issues is None else converted(series.issues))
