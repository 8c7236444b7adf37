"""The grid connection: energy and carbon, export as far as it is allowed, demand charge, import limit, carbon budget."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any

import cvxpy as cp
import numpy as np

from facility.plan import goals
from facility.plan.inputs import DAY_H, PlanInputs
from facility.plan.problem import Problem
from facility.records import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class DemandMonth:
    """Demand windows of one calendar month in the horizon (rows, steps in columns), what is paid for, and the price of more."""

    windows: FloatArray
    floor_kw: float
    price_per_kw: float


def demand_months(inputs: PlanInputs) -> list[DemandMonth]:
    """Return all windows by month, then those in the hours of other charges that have some.

    The present month's floor holds its peak so far, any other the expected peak alone. Windows start at whole multiples of their
    length by the clock; one that began before the plan counts what is left of it. One is in the hours of its first step.
    """
    site = inputs.site
    windows = _windows(inputs.start, site.step, inputs.steps, site.tariff.demand_window_min, site.zone)
    charge, so_far_kw, to_come_kw = (
        site.tariff.demand_charge_per_kw_month,
        inputs.month_peak_kw,
        inputs.expected_peak_kw,
    )
    months = list(_months(windows, charge, so_far_kw, to_come_kw))
    for one in inputs.peak_charges.values():
        held = [rows[one.holds[(rows > 0.0).argmax(axis=1)]] for rows in windows]
        months += [
            month for month in _months(held, one.price_per_kw, one.so_far_kw, one.to_come_kw) if len(month.windows)
        ]
    return months


def _months(
    windows: Sequence[FloatArray], price_per_kw: float, so_far_kw: float, to_come_kw: float
) -> Iterator[DemandMonth]:
    floors_kw = [max(so_far_kw, to_come_kw), *itertools.repeat(to_come_kw, len(windows) - 1)]
    for rows, floor_kw in zip(windows, floors_kw, strict=True):
        yield DemandMonth(rows, floor_kw, price_per_kw)


@lru_cache(maxsize=4)  # every simulated schedule of a plan asks for the same
def _windows(start: datetime, step: timedelta, steps: int, length_min: int, zone: tzinfo) -> tuple[FloatArray, ...]:
    """Return, for each local month in turn, its windows in rows."""
    by_month: dict[str, dict[int, list[int]]] = {}
    for number in range(steps):
        time = start + number * step
        window = int(time.timestamp()) // (60 * length_min)
        by_month.setdefault(f"{time.astimezone(zone):%Y-%m}", {}).setdefault(window, []).append(number)
    return tuple(_means(list(windows.values()), steps) for windows in by_month.values())


def _means(windows: Sequence[Sequence[int]], steps: int) -> FloatArray:
    """Return what takes the mean over each window's steps, (windows, steps)."""
    rows = np.zeros((len(windows), steps))
    for row, window in zip(rows, windows, strict=True):
        row[window] = 1.0 / len(window)
    rows.flags.writeable = False
    return rows


def demand_windows(inputs: PlanInputs) -> FloatArray:
    """Return the demand windows of all months."""
    site = inputs.site
    return np.vstack(_windows(inputs.start, site.step, inputs.steps, site.tariff.demand_window_min, site.zone))


def demand_cost(inputs: PlanInputs, site_kw: FloatArray) -> float:
    """Return the charge for demand above the peaks already paid for."""
    return sum(
        month.price_per_kw * max(float((month.windows @ site_kw).max()) - month.floor_kw, 0.0)
        for month in demand_months(inputs)
    )


def energy_cost(inputs: PlanInputs, site_kw: FloatArray) -> float:
    """Return what energy costs, less what export earns."""
    imported, exported = np.maximum(site_kw, 0.0) * inputs.step_h, np.maximum(-site_kw, 0.0) * inputs.step_h
    earned = inputs.export_price_per_kwh
    return float(imported @ inputs.price_per_kwh) - (0.0 if earned is None else float(exported @ earned))


def carbon_kg(inputs: PlanInputs, site_kw: FloatArray) -> float:
    """Return the carbon behind what is imported; export takes nothing off."""
    return float(np.maximum(site_kw, 0.0) @ carbon_kg_per_kw(inputs))


def carbon_kg_per_kw(inputs: PlanInputs) -> FloatArray:
    """Return the carbon of one kW imported through each step."""
    return np.asarray(inputs.carbon_gco2_per_kwh * (inputs.step_h * 1e-3))


def carbon_budget_kg(inputs: PlanInputs) -> float | None:
    """Return the most that the plan may emit over its horizon."""
    per_day = inputs.site.carbon.budget_kg_per_day
    return None if per_day is None else per_day * inputs.steps * inputs.step_h / DAY_H


class GridPlan:
    """The connection in the problem; `margin_kw` keeps limits although the pieces of the losses read low.

    `given_back_kw`, in each step, is what flows out beyond the export limit here and is held back afterwards.
    """

    def __init__(
        self, problem: Problem, inputs: PlanInputs, site_kw: Any, margin_kw: float, given_back_kw: FloatArray
    ) -> None:
        self._problem, self._inputs, self._margin_kw, self._given_back_kw = problem, inputs, margin_kw, given_back_kw
        self.site_kw = cp.Variable(inputs.steps)
        problem.law(self.site_kw == site_kw)
        self._exports = inputs.export_limit_kw > 0.0
        self._imported_kw = cp.Variable(inputs.steps, nonneg=True) if self._exports else self.site_kw
        if self._exports:
            problem.law(self._imported_kw >= self.site_kw)
        self._limits()
        self._energy()
        self._demand()

    @property
    def carbon_kg(self) -> Any:
        """The carbon behind what is imported."""
        return carbon_kg_per_kw(self._inputs) @ self._imported_kw

    @property
    def energy_kwh(self) -> Any:
        """What the meter counts, export taken off."""
        return self._inputs.step_h * cp.sum(self.site_kw)

    def peak_kw(self) -> Any:
        """Return a variable not below the demand in any window."""
        peak = cp.Variable()
        self._problem.law(peak >= demand_windows(self._inputs) @ self.site_kw)
        return peak

    def goal_margin(self, goal: str) -> float:
        """Return by how much a goal may read low."""
        inputs = self._inputs
        per_kw = {
            goals.COST: inputs.step_h * np.abs(inputs.paid_price_per_kwh).sum(),
            goals.CARBON: carbon_kg_per_kw(inputs).sum(),
            goals.ENERGY: inputs.step_h * inputs.steps,
            goals.PEAK: 1.0,
        }
        return float(self._margin_kw * per_kw.get(goal, 0.0))

    def _limits(self) -> None:
        inputs, meter, limit = self._inputs, self._inputs.site.electrical.main_meter, self._problem.limit
        import_kw, budget_kg = inputs.site.electrical.import_limit_kw, carbon_budget_kg(inputs)
        if import_kw is not None:
            limit("import limit", meter, self.site_kw + self._margin_kw - import_kw, "kW")
        if not self._exports:
            limit("no export", meter, -self.site_kw - self._given_back_kw, "kW")
        elif np.isfinite(inputs.export_limit_kw):
            limit("export limit", meter, -self.site_kw - inputs.export_limit_kw - self._given_back_kw, "kW")
        if budget_kg is not None:
            limit("carbon budget", meter, self.carbon_kg + self.goal_margin(goals.CARBON) - budget_kg, "kg")

    def _energy(self) -> None:
        inputs, bought, sold = self._inputs, self._inputs.full_price_per_kwh, self._inputs.export_price_per_kwh
        if sold is None or not self._exports:
            self._problem.cost("energy", inputs.step_h * (bought @ self.site_kw))
        else:
            spared = sold + inputs.weighed.energy_per_kwh
            paid = spared @ self.site_kw + (bought - spared) @ self._imported_kw
            self._problem.cost("energy", inputs.step_h * paid)

    def _demand(self) -> None:
        for month in demand_months(self._inputs):
            if month.price_per_kw == 0.0:
                continue
            peak = cp.Variable()
            self._problem.law(peak >= month.floor_kw, peak >= month.windows @ self.site_kw)
            self._problem.cost("demand", month.price_per_kw * (peak - month.floor_kw))
