"""The grid connection: energy and carbon, export only where it is priced, demand charge, import limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cvxpy as cp
import numpy as np

from facility.plan.inputs import PlanInputs
from facility.plan.problem import Problem
from facility.records import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class DemandMonth:
    """The demand windows of one calendar month in the horizon (rows, steps in columns) and the peak already paid for."""

    windows: FloatArray
    floor_kw: float


def demand_months(inputs: PlanInputs) -> list[DemandMonth]:
    """Return windows by month; the present month's floor holds its peak so far, any other the expected peak alone.

    Windows start at whole multiples of their length by the clock; one that began before the plan counts what is left of it.
    """
    length = inputs.site.tariff.demand_window_min
    by_month: dict[str, dict[str, list[int]]] = {}
    for step, time in enumerate(inputs.times):
        local = time.astimezone(inputs.site.zone)
        window = int(time.timestamp()) // (60 * length)
        by_month.setdefault(f"{local:%Y-%m}", {}).setdefault(str(window), []).append(step)
    months = []
    for number, windows in enumerate(by_month.values()):
        rows = np.zeros((len(windows), inputs.steps))
        for row, steps in enumerate(windows.values()):
            rows[row, steps] = 1.0 / len(steps)
        so_far = inputs.month_peak_kw if number == 0 else 0.0
        months.append(DemandMonth(rows, max(so_far, inputs.expected_peak_kw)))
    return months


def demand_cost(inputs: PlanInputs, site_kw: FloatArray) -> float:
    """Return the charge for demand above the peaks already paid for."""
    above = [max(float((month.windows @ site_kw).max()) - month.floor_kw, 0.0) for month in demand_months(inputs)]
    return inputs.site.tariff.demand_charge_per_kw_month * sum(above)


def energy_and_carbon_cost(inputs: PlanInputs, site_kw: FloatArray) -> tuple[float, float]:
    """Return what energy costs (less what export earns) and what carbon costs."""
    imported = np.maximum(site_kw, 0.0) * inputs.step_h
    exported = np.maximum(-site_kw, 0.0) * inputs.step_h
    earned = inputs.export_price_per_kwh
    energy = float(imported @ inputs.price_per_kwh) - (0.0 if earned is None else float(exported @ earned))
    return energy, float(imported @ inputs.carbon_cost_per_kwh)


class GridPlan:
    """The connection in the problem; `margin_kw` keeps the import limit although the pieces of the losses read low."""

    def __init__(self, problem: Problem, inputs: PlanInputs, site_kw: Any, margin_kw: float) -> None:
        self.site_kw = cp.Variable(inputs.steps)
        problem.law(self.site_kw == site_kw)
        meter, limit_kw = inputs.site.electrical.main_meter, inputs.site.electrical.import_limit_kw
        if limit_kw is not None:
            problem.limit("import limit", meter, self.site_kw + margin_kw - limit_kw, "kW")
        self._energy(problem, inputs, meter)
        charge = inputs.site.tariff.demand_charge_per_kw_month
        if charge > 0.0:
            for month in demand_months(inputs):
                peak = cp.Variable()
                problem.law(peak >= month.floor_kw, peak >= month.windows @ self.site_kw)
                problem.cost("demand", charge * (peak - month.floor_kw))

    def _energy(self, problem: Problem, inputs: PlanInputs, meter: str) -> None:
        bought, sold = inputs.full_price_per_kwh, inputs.export_price_per_kwh
        if sold is None:
            problem.limit("no export", meter, -self.site_kw, "kW")
            problem.cost("energy", inputs.step_h * (bought @ self.site_kw))
        else:
            paid = cp.maximum(cp.multiply(bought, self.site_kw), cp.multiply(sold, self.site_kw))
            problem.cost("energy", inputs.step_h * cp.sum(paid))
