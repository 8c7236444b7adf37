"""A calendar month at the main meter with its prices: what a bill is made of."""

from __future__ import annotations

from datetime import datetime, timedelta

import pandas as pd

from facility.errors import NotEnoughDataError
from facility.ports import ForecastArchive, Telemetry
from facility.prepare.demand import earlier_peaks_kw, month_start
from facility.signals.bill import STEP, MeteredMonth
from facility.signals.past import past_prices
from facility.site_file import LoadedSite


def metered_month(
    loaded: LoadedSite, telemetry: Telemetry, archive: ForecastArchive, inside: datetime, now: datetime
) -> MeteredMonth:
    """Return the month that a time lies in, in site time, as far as it is over.

    Raises
    ------
    NotEnoughDataError
        If the site has no main meter in its history, or the month has not begun.
    facility.errors.SignalError
        If a price is not known.
    """
    site = loaded.site
    begin = month_start(inside, site.zone)
    end = min(month_start(begin + timedelta(days=32), site.zone), now)
    times = pd.date_range(pd.Timestamp(begin).ceil(STEP), end, freq=STEP, inclusive="left")
    meters = [point.id for point in loaded.points.of(site.electrical.main_meter, "power_kw")]
    if not meters or times.empty:
        missing = f"power_kw of {site.electrical.main_meter}" if not meters else "a month that has begun"
        raise NotEnoughDataError([missing])
    drawn_kw = telemetry.read(meters, times[0].to_pydatetime(), end, STEP.to_pytimedelta()).dropna().sum(axis=1)
    months = site.tariff.demand_ratchet_months if site.tariff.demand_ratchet_frac > 0.0 else 0
    earlier_kw = earlier_peaks_kw(loaded, telemetry, begin, months)
    return MeteredMonth(drawn_kw.reindex(times), past_prices(loaded, archive, times), earlier_kw)
