"""Time of use and demand charges: what the product's plans save of what a clairvoyant linear program could.

The same flexibility on both sides: the demo site's battery (limits, losses, wear, reserve) and its work that may wait (arrivals,
due times, power), cooling held at a share of the IT power. The plans know what a site knows: day-ahead prices from 13:00 of the
day before, the load from its own forecast, the peak so far.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from facility.site_file import LoadedSite
from facility.site_journal import open_forecast_archive
from facility.state import StateFolder
from tools.bench.rows import Row, compared
from tools.bench.shifting_bound import STEP_H, Days, Operation, clairvoyant, cost
from tools.bench.shifting_days import ZONES, base_load_kw, market_prices, ruled_prices
from tools.bench.shifting_market import DayAhead
from tools.bench.shifting_roll import TICK, Roll
from tools.bench.shifting_site import shifting_site

TOU_SHARE, DEMAND_SHARE = 0.9, 0.7
FORTNIGHTS, QUICK_FORTNIGHTS = ("2023-01-16", "2023-07-10"), ("2023-07-10",)
MONTHS = ("2026-01-01", "2026-02-01")
HISTORY = timedelta(days=28)  # of load and meter, when the days begin


@dataclass(frozen=True, slots=True)
class Shifted:
    """What shifting saved in a span of days, and what the clairvoyant program could have."""

    name: str
    saved: float
    possible: float
    shifted_kwh: float

    @property
    def share(self) -> float:
        """The share of the bound that was saved."""
        return self.saved / self.possible


def time_of_use_rows(quick: bool) -> list[Row]:
    """Live through a fortnight of winter and one of summer in three real markets; `quick` a day of summer in one of them."""
    zones, firsts = (list(ZONES)[:1], QUICK_FORTNIGHTS) if quick else (list(ZONES), FORTNIGHTS)
    return rows_of("tou", [in_market(zone, first, 1 if quick else 14) for zone in zones for first in firsts], TOU_SHARE)


def demand_rows() -> list[Row]:
    """Live through whole months at an even price, with a demand charge."""
    return rows_of("demand_charge", [in_month(first, seed) for seed, first in enumerate(MONTHS, 1)], DEMAND_SHARE)


def rows_of(kind: str, spans: Sequence[Shifted], asked: float) -> list[Row]:
    """Return the share over all spans, in money, that of each, and what was saved."""
    saved, possible = (sum(getattr(one, name) for one in spans) for name in ("saved", "possible"))
    return [
        compared(f"{kind}_share_of_bound", saved / possible, "-", asked),
        *(compared(f"{kind}_share_of_bound: {one.name}", one.share, "-", asked) for one in spans),
        *(compared(f"{kind}_saved: {one.name}", one.saved, "currency", one.possible) for one in spans),
    ]


def in_market(zone: str, first: str, length: int) -> Shifted:
    """Return what plans made every hour saved in some days of a day-ahead market, without a demand charge.

    Where the data set is absent the prices are generated, and the name says so.
    """
    source = {"provider": "caiso", "node": zone}
    loaded = shifting_site(ZONES[zone], "USD", demand_charge_per_kw_month=0.0, price_source=source)
    start = local(first, ZONES[zone])
    prices, name = market_prices(zone, start.year), f"{zone} {first}"
    if prices is None:
        prices, name = ruled_prices(start - timedelta(days=2), 24 * (length + 4), 1), f"generated {first}, {zone} time"
    hours = pd.date_range(start, periods=length * 24, freq="h")
    hourly = np.asarray(prices.reindex(hours), dtype=float)
    with (
        tempfile.TemporaryDirectory() as place,
        closing(open_forecast_archive(loaded, StateFolder(Path(place)))) as kept,
    ):
        market = DayAhead(loaded.site, prices, kept)
        return lived(name, loaded, start, np.repeat(hourly, round(1 / STEP_H)), 1, market=market)


def in_month(first: str, seed: int) -> Shifted:
    """Return what plans made every hour, and followed every five minutes, saved of a month's bill at an even price."""
    loaded = shifting_site(windows=[])
    zone = loaded.site.time_zone
    start = local(first, zone)
    end = (pd.Timestamp(start).tz_convert(zone) + pd.DateOffset(months=1)).to_pydatetime()
    price = np.full((end - start) // timedelta(hours=STEP_H), loaded.site.tariff.energy_price_per_kwh)
    return lived(first[:7], loaded, start, price, seed, follow=True)


def lived(name: str, loaded: LoadedSite, start: datetime, price: np.ndarray, seed: int, **how: Any) -> Shifted:
    """Return what plans saved in days that begin with a start, at prices by the quarter of an hour."""
    ticks = HISTORY // TICK + len(price) * round(STEP_H * 12)
    it_kw = base_load_kw(pd.date_range(start - HISTORY, periods=ticks, freq=TICK), loaded.site.time_zone, seed)
    quarters_kw = it_kw[HISTORY // TICK :].reshape(len(price), -1).mean(axis=1)
    days = Days(loaded.site, start, quarters_kw, price)
    done = Roll(loaded, days, it_kw, HISTORY, **how).run()
    as_it_comes, ours, least = (cost(days, one) for one in (Operation.unshifted(days), done, clairvoyant(days)))
    return Shifted(name, as_it_comes - ours, as_it_comes - least, done.shifted_kwh(days))


def local(day: str, zone: str) -> datetime:
    """Return when a day begins in a zone, UTC."""
    begins: datetime = pd.Timestamp(day, tz=zone).tz_convert("UTC").to_pydatetime()
    return begins
