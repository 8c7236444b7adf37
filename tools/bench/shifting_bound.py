"""What battery and work are worth over days known in advance: the cost of any operation, and the least by a linear program."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import cvxpy as cp
import numpy as np
import pandas as pd

from facility.plan.vertices import IntArray
from facility.records import FloatArray
from facility.site import Battery, DeferrableWork, Site
from tools.bench.shifting_site import COOLING_FRAC, TRANSFORMER_FRAC, UPS_FRAC

STEP_H = 0.25  # a step of the plan, and the demand window
FIRST_STORED_FRAC = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Days:
    """Days as they turn out, in quarters of an hour from `start` (UTC): IT power without work, and what a kWh costs."""

    site: Site
    start: datetime
    it_kw: FloatArray
    price_per_kwh: FloatArray

    @property
    def times(self) -> pd.DatetimeIndex:
        """Starts of the steps."""
        return pd.date_range(self.start, periods=len(self.it_kw), freq=timedelta(hours=STEP_H))

    @property
    def paid_per_kwh(self) -> FloatArray:
        """What a kWh costs with its carbon."""
        carbon = self.site.carbon
        return np.asarray(self.price_per_kwh + carbon.gco2_per_kwh * carbon.price_per_tonne * 1e-6)

    @property
    def battery(self) -> Battery:
        """The battery of the site."""
        return self.site.batteries[0]

    @property
    def work(self) -> DeferrableWork:
        """Its work that may wait."""
        return self.site.deferrable_work[0]

    @property
    def arriving_kwh(self) -> FloatArray:
        """Work that comes in during each step."""
        local = self.times.tz_convert(self.site.zone)
        hour = np.asarray(local.hour + local.minute / 60.0)
        begin, end = (at.hour + at.minute / 60.0 for at in (self.work.arrives_from, self.work.arrives_until))
        inside = (hour >= begin) & (hour < end)
        return np.asarray(inside * self.work.energy_kwh_per_day * STEP_H / (end - begin))

    def meter_kw(self, charge_kw: Any, work_kw: Any) -> Any:
        """Return what the meter shows for what battery (negative: discharging) and work take."""
        racks_kw = self.it_kw + work_kw
        return (1.0 + TRANSFORMER_FRAC) * ((1.0 + UPS_FRAC + COOLING_FRAC) * racks_kw + charge_kw)

    def months(self) -> Iterator[IntArray]:
        """Yield the steps of each calendar month, in site time."""
        local = self.times.tz_convert(self.site.zone)
        months = np.asarray(local.year * 12 + local.month)
        for month in np.unique(months):
            yield np.flatnonzero(months == month).astype(np.int64)

    @property
    def left_per_kwh(self) -> tuple[float, float]:
        """What a kWh in the battery and a kWh of work not done are worth at the end: the last day's mean price, losses counted."""
        price = float(self.paid_per_kwh[-round(24 / STEP_H) :].mean())
        per_rack_kwh = (1.0 + TRANSFORMER_FRAC) * (1.0 + UPS_FRAC + COOLING_FRAC)
        return price * self.battery.discharge_efficiency_frac, price * per_rack_kwh


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """Power into the battery and out of it, and power of work, a value a step [kW]."""

    charged_kw: FloatArray
    discharged_kw: FloatArray
    work_kw: FloatArray

    @classmethod
    def unshifted(cls, days: Days) -> Operation:
        """Return the battery idle, and work done as it comes."""
        nothing = np.zeros(len(days.it_kw))
        return cls(nothing, nothing, days.arriving_kwh / STEP_H)

    def meter_kw(self, days: Days) -> FloatArray:
        """Return what the meter shows."""
        return np.asarray(days.meter_kw(self.charged_kw - self.discharged_kw, self.work_kw))

    def shifted_kwh(self, days: Days) -> float:
        """Return the energy taken at other times than without shifting."""
        apart_kw = self.meter_kw(days) - Operation.unshifted(days).meter_kw(days)
        return float(np.abs(apart_kw).sum()) * STEP_H / 2.0


def cost(days: Days, done: Operation) -> float:
    """Return what an operation costs: energy, carbon, demand, wear, less what is left in the battery, and work left undone."""
    total = _cost(days, done.charged_kw, done.discharged_kw, done.work_kw)
    meter_kw = done.meter_kw(days)
    charge = days.site.tariff.demand_charge_per_kw_month
    return float(total) + charge * sum(float(meter_kw[month].max()) for month in days.months())


def clairvoyant(days: Days) -> Operation:
    """Return what costs least for who knows all days before: a bound, as a battery may charge and discharge at once here.

    The same battery with its limits, losses, wear and reserve, the same work with its arrivals and due times, no export.
    """
    steps, battery, work = len(days.it_kw), days.battery, days.work
    into, out = (cp.Variable(steps, nonneg=True) for _ in range(2))
    done, stored = cp.Variable(steps, nonneg=True), cp.Variable(steps)
    meter_kw = cp.Variable(steps, nonneg=True)
    begin = FIRST_STORED_FRAC * battery.energy_kwh
    before = cp.hstack([np.array([begin]), stored[:-1]])
    reserve_h = battery.reserve_min / 60.0 / battery.discharge_efficiency_frac
    came_kwh, done_kwh = np.cumsum(days.arriving_kwh), cp.Variable(steps)
    waits = round(work.due_within_h / STEP_H)
    due_kwh = np.concatenate([np.zeros(waits), came_kwh])[:steps]
    limits = [
        meter_kw == days.meter_kw(into - out, done),
        stored == before + STEP_H * (battery.charge_efficiency_frac * into - out / battery.discharge_efficiency_frac),
        into + out <= battery.power_kw,
        stored <= battery.energy_kwh,
        stored >= reserve_h * (days.it_kw + done),
        done <= work.max_power_kw,
        done_kwh == cp.hstack([np.zeros(1), done_kwh[:-1]]) + STEP_H * done,
        done_kwh <= came_kwh,
        done_kwh >= due_kwh,
    ]
    peaks = [cp.max(meter_kw[month]) for month in days.months()]
    charge = days.site.tariff.demand_charge_per_kw_month * sum(peaks)
    cp.Problem(cp.Minimize(_cost(days, into, out, done) + charge), limits).solve(solver=cp.HIGHS)
    return Operation(*(np.asarray(one.value, dtype=float) for one in (into, out, done)))


def _cost(days: Days, into: Any, out: Any, work: Any) -> Any:
    """Return the cost without demand; arrays or expressions."""
    battery, (per_stored_kwh, per_work_kwh) = days.battery, days.left_per_kwh
    gained = battery.charge_efficiency_frac * into - out / battery.discharge_efficiency_frac
    bought = STEP_H * (days.paid_per_kwh @ days.meter_kw(into - out, work))
    wear = battery.wear_cost_per_kwh * STEP_H * (into + out).sum()
    undone_kwh = days.arriving_kwh.sum() - STEP_H * work.sum()
    return bought + wear - per_stored_kwh * STEP_H * gained.sum() + per_work_kwh * undone_kwh
