"""A day-ahead market: what its prices turn out to be, and what of them has been published by a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from facility.ports import ForecastArchive
from facility.signals.outlook import PRICE
from facility.signals.provider import window_at
from facility.signals.published import as_kept
from facility.site import Site

ISSUED_HOUR = 13  # the next day's prices are known from then on, by the clock of the zone
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, eq=False)
class DayAhead:
    """Prices by the hour [per kWh], and the archive that keeps what the site fetched of them."""

    site: Site
    prices: pd.Series
    archive: ForecastArchive

    def fetched(self, at: datetime) -> None:
        """Keep what is published by a time, as the site's fetcher would."""
        source = self.site.tariff.price_source
        assert source is not None
        begin = window_at(at, _DAY).start
        known = self.prices[(self.prices.index >= begin) & (self.prices.index < self._known_until(at))]
        self.archive.keep([as_kept(PRICE, known, source.label, None, at)])

    def _known_until(self, at: datetime) -> pd.Timestamp:
        local = pd.Timestamp(at).tz_convert(self.site.time_zone)
        days = 1 if local.hour < ISSUED_HOUR else 2
        return local.normalize() + pd.DateOffset(days=days)
