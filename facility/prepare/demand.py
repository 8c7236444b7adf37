"""The demand that a tariff charges for: the month's peak so far, and the peak that its rest brings anyway."""

from __future__ import annotations

import calendar
from datetime import datetime, timedelta

import pandas as pd

from facility.ports import Telemetry
from facility.site_file import LoadedSite

DAILY_PEAKS = timedelta(days=28)


def month_peak_kw(loaded: LoadedSite, telemetry: Telemetry, at: datetime) -> float | None:
    """Return the highest demand of this calendar month so far, in site time; None without a meter or a reading."""
    first = at.astimezone(loaded.site.zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    demand = _demand(loaded, telemetry, first, at)
    return None if demand.empty else float(demand.max())


def expected_peak_kw(loaded: LoadedSite, telemetry: Telemetry, at: datetime) -> float:
    """Return the peak that the rest of the month brings anyway: the median of the last weeks' daily peaks.

    0 when the plan's horizon reaches the end of the month, or without readings of the meter.
    """
    local = at.astimezone(loaded.site.zone)
    days_left = calendar.monthrange(local.year, local.month)[1] - local.day
    if days_left < loaded.site.planning.horizon_h / 24:
        return 0.0
    demand = _demand(loaded, telemetry, at - DAILY_PEAKS, at)
    if demand.empty:
        return 0.0
    return float(demand.tz_convert(loaded.site.zone).resample("D").max().median())


def _demand(loaded: LoadedSite, telemetry: Telemetry, start: datetime, end: datetime) -> pd.Series:
    site = loaded.site
    meters = [point.id for point in loaded.points.of(site.electrical.main_meter, "power_kw")]
    if not meters:
        return pd.Series(dtype=float)
    window = timedelta(minutes=site.tariff.demand_window_min)
    return telemetry.read(meters, start, end, window).dropna().sum(axis=1)
