"""The demand that a tariff charges for: the month's peak so far, those of months before, and what its rest brings anyway."""

from __future__ import annotations

import calendar
import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from facility.plan.peak_charges import PeakCharge
from facility.ports import Telemetry
from facility.prepare.shaving import PAST_DAYS, PastDays, Ready, past_days
from facility.signals.bill import ratchet_kw
from facility.signals.tariff_calendar import holds
from facility.site import DemandCharge
from facility.site_file import LoadedSite


def month_peak_kw(loaded: LoadedSite, telemetry: Telemetry, at: datetime) -> float | None:
    """Return the highest demand of this calendar month so far, in site time; None without a meter or a reading."""
    first = month_start(at, loaded.site.zone)
    demand = _demand(loaded, telemetry, first, at)
    return None if demand.empty else float(demand.max())


def expected_peak_kw(loaded: LoadedSite, telemetry: Telemetry, at: datetime) -> float:
    """Return the demand that is charged anyway: what the rest of the month brings, or the ratchet where that is more.

    The rest of the month is taken to bring the median of the last weeks' daily peaks, or the highest of what batteries can hold its
    days to, where that is less; nothing when the plan's horizon reaches the end of the month, or without readings of the meter.
    """
    return _expected_peak_kw(loaded, telemetry, at, past_days(loaded, telemetry, at))


def demand_ahead(
    loaded: LoadedSite, telemetry: Telemetry, at: datetime, so_far_kw: float, steps: int
) -> tuple[float, Ready]:
    """Return the same, and what batteries should hold at the end of each coming step, the month's peak so far being paid for."""
    site, days = loaded.site, past_days(loaded, telemetry, at)
    to_come_kw = _expected_peak_kw(loaded, telemetry, at, days)
    if days is None:
        return to_come_kw, Ready()
    first = pd.Timestamp(at).floor(site.step) + site.step
    ends = pd.date_range(first, periods=steps, freq=site.step).tz_convert(site.zone)
    floor_kw = max(so_far_kw, to_come_kw)
    return to_come_kw, days.ready(floor_kw, site.tariff.demand_charge_per_kw_month, ends)


def peak_charges(loaded: LoadedSite, telemetry: Telemetry, at: datetime, steps: int) -> dict[str, PeakCharge]:
    """Return the tariff's charges on demand in some hours, over the steps of a plan from the present one on.

    What their hours bring anyway is the median of the last weeks' daily peaks at that time of day, in season or not. Charges at the
    grid's own peaks are left out: nobody knows beforehand when these are.
    """
    site = loaded.site
    charges = [one for one in site.tariff.demand_charges if one.at == "own_peak" and one.price_per_kw > 0.0]
    if not charges:
        return {}
    coming = pd.date_range(pd.Timestamp(at).floor(site.step), periods=steps, freq=site.step).tz_convert(site.zone)
    so_far = _demand(loaded, telemetry, month_start(at, site.zone), at)
    lately = so_far if _month_ends(loaded, at) else _demand(loaded, telemetry, at - PAST_DAYS, at)
    return {
        one.id: PeakCharge(
            one.price_per_kw,
            holds(one, site.tariff.holidays, coming),
            _most_kw(_in_hours(loaded, one, so_far)),
            0.0 if _month_ends(loaded, at) else _usual_peak_kw(_in_hours(loaded, _of_any_season(one), lately)),
        )
        for one in charges
    }


def _in_hours(loaded: LoadedSite, hours: DemandCharge, demand_kw: pd.Series) -> pd.Series:
    """Return the demand in some hours, by the site's clock."""
    if demand_kw.empty:
        return demand_kw
    local = demand_kw.tz_convert(loaded.site.zone)
    return local[holds(hours, loaded.site.tariff.holidays, pd.DatetimeIndex(local.index))]


def _of_any_season(charge: DemandCharge) -> DemandCharge:
    return charge.model_copy(update={"first_day": "01-01", "last_day": "12-31"})


def _most_kw(demand_kw: pd.Series) -> float:
    return 0.0 if demand_kw.empty else float(demand_kw.max())


def _usual_peak_kw(demand_kw: pd.Series) -> float:
    return 0.0 if demand_kw.empty else float(demand_kw.resample("D").max().median())


def _month_ends(loaded: LoadedSite, at: datetime) -> bool:
    """Tell whether a plan reaches the end of the month."""
    return _days_left(loaded, at) < loaded.site.planning.horizon_h / 24


def _days_left(loaded: LoadedSite, at: datetime) -> int:
    local = at.astimezone(loaded.site.zone)
    return calendar.monthrange(local.year, local.month)[1] - local.day


def _expected_peak_kw(loaded: LoadedSite, telemetry: Telemetry, at: datetime, days: PastDays | None) -> float:
    tariff = loaded.site.tariff
    floor_kw = 0.0
    if tariff.demand_ratchet_frac > 0.0:
        floor_kw = ratchet_kw(tariff, earlier_peaks_kw(loaded, telemetry, at, tariff.demand_ratchet_months))
    if _month_ends(loaded, at):
        return floor_kw
    if days is not None:
        return max(floor_kw, days.expected_peak_kw(1 + _days_left(loaded, at)))
    demand = _demand(loaded, telemetry, at - PAST_DAYS, at)
    return floor_kw if demand.empty else max(floor_kw, _usual_peak_kw(demand.tz_convert(loaded.site.zone)))


def earlier_peaks_kw(loaded: LoadedSite, telemetry: Telemetry, at: datetime, months: int) -> list[float]:
    """Return the peaks of the calendar months before, newest last: measured, or of the site file; NaN where neither is known."""
    zone, known = loaded.site.zone, loaded.site.tariff.earlier_peaks_kw
    begin, peaks = month_start(at, zone), list[float]()
    for _ in range(months):
        end, begin = begin, month_start(begin - timedelta(days=1), zone)
        demand = _demand(loaded, telemetry, begin, end)
        measured = math.nan if demand.empty else float(demand.max())
        peaks.insert(0, float(np.fmax(measured, known.get(f"{begin.astimezone(zone):%Y-%m}", math.nan))))
    return peaks


def month_start(at: datetime, zone: ZoneInfo) -> datetime:
    """Return when the calendar month of a time began, by the site's clock, in UTC."""
    local = at.astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return local.astimezone(UTC)


def _demand(loaded: LoadedSite, telemetry: Telemetry, start: datetime, end: datetime) -> pd.Series:
    site = loaded.site
    meters = [point.id for point in loaded.points.of(site.electrical.main_meter, "power_kw")]
    if not meters:
        return pd.Series(dtype=float)
    window = timedelta(minutes=site.tariff.demand_window_min)
    return telemetry.read(meters, start, end, window).dropna().sum(axis=1)
