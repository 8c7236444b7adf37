"""What batteries can do about demand that is charged: the peak that they can hold, and what it takes at which hour.

Learnt from the last weeks at the meter, with what batteries did taken out. What they gave or took counts as it was at their
terminals; the transformer's share of it is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from facility.ports import Telemetry
from facility.records import FloatArray
from facility.site import Battery
from facility.site_file import LoadedSite
from models.peak_shaving import Shaver, held_levels_kw, highest_of, needed_kwh

PAST_DAYS = timedelta(days=28)
LEAST_MEASURED_FRAC = 0.9  # of a day: with less of it the day is left out
USED_FRAC = (
    0.25  # of the charge on a kW: what it may cost at most to use what was kept, being short until it is filled again
)


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """Energy that batteries together should hold, reserve included (one a step), and the price of a kWh less through an hour."""

    kwh: float | FloatArray = 0.0
    price_per_kwh_h: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class PastDays:
    """Whole days at the meter as they would have been without batteries, (days, steps of a day) [kW], and the batteries as one."""

    load_kw: FloatArray
    shaver: Shaver
    reserve_kwh: float
    step_h: float

    @property
    def peaks_kw(self) -> FloatArray:
        """The peaks of the days, (days,)."""
        return np.asarray(self.load_kw.max(axis=1))

    @property
    def held_kw(self) -> FloatArray:
        """What each could have been held to, (days,)."""
        return held_levels_kw(self.load_kw, self.shaver, self.step_h)

    def expected_peak_kw(self, days: int) -> float:
        """Return the peak that so many more days bring: the highest of what can be held, and no more than is usual.

        How far other flexibility gets nobody works out here. So where batteries alone do not bring the highest of them below a
        usual day's peak, the usual peak stands: too low a floor costs wear, too high a one the charge.
        """
        return min(highest_of(self.held_kw, days), float(np.median(self.peaks_kw)))

    def ready(self, floor_kw: float, charge_per_kw: float, times: pd.DatetimeIndex) -> Ready:
        """Return what to hold at times of the site's clock, where demand above a floor is charged.

        At each time of day as much as any of the days would have needed. Its price: without it the month's peak would rise by
        what a day's lies above the floor. The mean of that is at stake each day, shared by the energy and the hours. But what is
        kept for a peak must pay when it comes: lowering one by a kW costs no more than a part of the charge on a kW.
        """
        held_kw, most_kwh = self.held_kw, self.shaver.energy_kwh
        level_kw = max(floor_kw, highest_of(held_kw, len(held_kw)))
        profile_kwh = needed_kwh(self.load_kw, level_kw, self.shaver, self.step_h).max(axis=0)
        hours = float((profile_kwh > 0.0).sum()) * self.step_h
        at_stake_kw = float(np.maximum(self.peaks_kw - np.maximum(level_kw, held_kw), 0.0).mean())
        if hours == 0.0 or at_stake_kw == 0.0:
            return Ready()
        minutes = np.asarray(times.hour * 60 + times.minute)
        of_step = profile_kwh[(minutes // round(60.0 * self.step_h)) % len(profile_kwh)]
        above_h = float((self.load_kw > level_kw).sum(axis=1).max()) * self.step_h  # what lowers a peak by a kW, in kWh
        kw_per_kwh = min(at_stake_kw / most_kwh, USED_FRAC / above_h)
        return Ready(self.reserve_kwh + of_step, charge_per_kw * kw_per_kwh / hours)


def past_days(loaded: LoadedSite, telemetry: Telemetry, at: datetime) -> PastDays | None:
    """Return the last whole days; None without a demand charge, a battery that a plan moves, its meter, or a day measured."""
    site, points = loaded.site, loaded.points
    meters = [point.id for point in points.of(site.electrical.main_meter, "power_kw")]
    batteries = [
        one for one in site.batteries if one.dispatchable and one.charges_from == "any" and site.in_service(one.id, at)
    ]
    if site.tariff.demand_charge_per_kw_month == 0.0 or not batteries or not meters:
        return None
    charging = [point.id for one in batteries for point in points.of(one.id, "charge_power_kw")]
    window = timedelta(minutes=site.tariff.demand_window_min)
    midnight = pd.Timestamp(at).tz_convert(site.zone).normalize()
    frame = telemetry.read(
        [*meters, *charging], (midnight - PAST_DAYS).to_pydatetime(), midnight.to_pydatetime(), window
    )
    drawn_kw = frame[meters].sum(axis=1, skipna=False) - frame[charging].fillna(0.0).sum(axis=1)
    load_kw = _by_day(drawn_kw.tz_convert(site.zone), window)
    if not len(load_kw):
        return None
    reserves_kwh = sum(_reserve_kwh(one, float(load_kw.max())) for one in batteries)
    energy_kwh = sum(one.energy_kwh for one in batteries) - reserves_kwh
    if energy_kwh <= 0.0:
        return None
    return PastDays(load_kw, _together(batteries, energy_kwh), reserves_kwh, window / timedelta(hours=1))


def _by_day(drawn_kw: pd.Series, window: timedelta) -> FloatArray:
    """Return the days that were measured, one a row; what is missing of them lies between its neighbours."""
    local = pd.DatetimeIndex(drawn_kw.index)
    slot = (local.hour * 60 + local.minute) // round(window / timedelta(minutes=1))
    count = timedelta(days=1) // window
    table = drawn_kw.groupby([local.date, slot]).max().unstack().reindex(columns=range(count))
    table = table[table.notna().sum(axis=1) >= LEAST_MEASURED_FRAC * count]
    return np.asarray(table.interpolate(axis=1, limit_direction="both"), dtype=float)


def _reserve_kwh(battery: Battery, critical_kw: float) -> float:
    return critical_kw * battery.reserve_min / 60.0 / battery.discharge_efficiency_frac


def _together(batteries: list[Battery], energy_kwh: float) -> Shaver:
    shares = np.array([one.energy_kwh for one in batteries])
    charge, discharge = (
        float(np.average([getattr(one, name) for one in batteries], weights=shares))
        for name in ("charge_efficiency_frac", "discharge_efficiency_frac")
    )
    return Shaver(energy_kwh, sum(one.power_kw for one in batteries), charge, discharge)
