"""What things cost in the lower bound, as the judge has it."""

from __future__ import annotations

import calendar
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np

from facility.records import FloatArray
from tools.closed_loop import money
from tools.closed_loop.case import Case
from tools.closed_loop.happened import MINUTES, STEP
from tools.closed_loop.plant import Truth


@dataclass(frozen=True, slots=True, eq=False)
class Costs:
    """Prices in the site's currency.

    Attributes
    ----------
    bought
        (steps,) Of a kWh bought, with its carbon: the least in the step.
    sold
        What a kWh sold earns.
    typical
        Of a kWh at the end.
    paid_kw, per_peak_kw
        Demand that is paid for already, and the price of a kW above it.
    windows
        Steps of each demand window.
    per_server_h, per_late_kwh, per_heat_kwh
        Of work not served, work done late, heat not delivered.
    """

    bought: FloatArray
    sold: float
    typical: float
    paid_kw: float
    per_peak_kw: float
    windows: list[list[int]]
    per_server_h: float
    per_late_kwh: float
    per_heat_kwh: float


def costs_of(case: Case, month_peak_kw: float) -> Costs:
    """Return the prices of a case; `month_peak_kw` as for the judge."""
    site, market = case.loaded.site, case.market
    steps = (case.end - case.start) // STEP
    minutes = [case.start + minute * timedelta(minutes=1) for minute in range(steps * MINUTES)]
    index = [market.index(minute) for minute in minutes]
    per_kwh = market.price_per_kwh[index] + market.gco2_per_kwh[index] * site.carbon.price_per_tonne * 1e-6
    local = case.start.astimezone(site.zone)
    share = case.days / calendar.monthrange(local.year, local.month)[1]
    nothing = _nothing(case)
    return Costs(
        bought=per_kwh.reshape(steps, MINUTES).min(axis=1),
        sold=site.tariff.export_price_per_kwh or 0.0,
        typical=float(per_kwh.mean()),
        paid_kw=month_peak_kw,
        per_peak_kw=site.tariff.demand_charge_per_kw_month * share,
        windows=_windows(case, steps),
        per_server_h=money.sla_cost(site, nothing, replace(nothing, work_asked_server_h=1.0)),
        per_late_kwh=money.sla_cost(site, nothing, replace(nothing, deadline_misses_kwh=1.0)),
        per_heat_kwh=money.heat_price_per_kwh(site),
    )


def _windows(case: Case, steps: int) -> list[list[int]]:
    """Return the steps of each whole demand window; windows begin at whole multiples of their length.

    Where a run begins between quarters of an hour no step is within one window, and demand is left out.
    """
    if case.start.timestamp() % STEP.total_seconds():
        return []
    length = round(timedelta(minutes=case.loaded.site.tariff.demand_window_min) / STEP)
    first = round(case.start.timestamp() / STEP.total_seconds())
    found: dict[int, list[int]] = {}
    for step in range(steps):
        found.setdefault((first + step) // length, []).append(step)
    return [window for window in found.values() if len(window) == length]


def _nothing(case: Case) -> Truth:
    none = np.zeros(0)
    return Truth(case.start, 0.0, 0.0, 0.0, none, none, none, none, none, none)
