"""A battery that may work with the grid: reserve for the critical load, wear, and a named value of what is left in it."""

from __future__ import annotations

from typing import Any

import cvxpy as cp
import numpy as np

from facility.plan.inputs import PlanInputs
from facility.plan.problem import Problem, rise
from facility.plan.vertices import IntArray
from facility.records import FloatArray, LimitShortfall
from facility.site import Battery
from models.cooling import BoolArray

# Wear of a change of power, in hours of it going through. Our judgement: just enough that equal prices do not make it pulse.
SWING_H = 0.02
RECOVERY_FRAC = 0.5  # of rated power, at least, while the state of charge is brought back inside its limits


class BatteryCase:
    """What is known of a battery before solving."""

    def __init__(self, inputs: PlanInputs, battery: Battery) -> None:
        self.battery, self.step_h, self.steps = battery, inputs.step_h, inputs.steps
        self.stored_kwh = inputs.state_of_charge_frac[battery.id] * battery.energy_kwh
        self.value_per_kwh = inputs.following_day_price_per_kwh * battery.discharge_efficiency_frac

    @property
    def from_sun_only(self) -> bool:
        """Whether it charges from photovoltaics alone."""
        return self.battery.charges_from == "photovoltaics"

    @property
    def most_kwh(self) -> FloatArray:
        """Upper limit of stored energy: full, or on the way down from a measurement above it."""
        way = self.stored_kwh - self._recovered_kwh / self.battery.discharge_efficiency_frac
        return np.asarray(np.maximum(self.battery.energy_kwh, way))

    def reserve_kwh(self, critical_kw: Any) -> Any:
        """Return the energy that carries the critical load for the reserve's minutes."""
        return critical_kw * (self.battery.reserve_min / 60.0 / self.battery.discharge_efficiency_frac)

    def least_kwh(self, reserve_kwh: FloatArray) -> FloatArray:
        """Lower limit of stored energy: the reserve, or on the way up from a measurement below it."""
        return np.asarray(np.minimum(reserve_kwh, self.way_up_kwh))

    @property
    def way_up_kwh(self) -> FloatArray:
        """Stored energy on the way up from a measurement below the reserve."""
        return np.asarray(self.stored_kwh + self._recovered_kwh * self.battery.charge_efficiency_frac)

    def upkeep_kw(self, critical_high_kw: FloatArray) -> FloatArray:
        """Return what charges it as the reserve asks, one a step: on the way up to it, and where it grows beyond what is held."""
        least_kwh = self.least_kwh(np.asarray(self.reserve_kwh(critical_high_kw)))
        held_kwh = np.maximum.accumulate(np.concatenate([[self.stored_kwh], least_kwh]))
        gained_kw = np.diff(held_kwh) / (self.battery.charge_efficiency_frac * self.step_h)
        return np.asarray(np.minimum(gained_kw, self.battery.power_kw))

    @property
    def _recovered_kwh(self) -> FloatArray:
        return np.asarray(np.arange(1, self.steps + 1) * RECOVERY_FRAC * self.battery.power_kw * self.step_h)

    def shortfalls(self, critical_kw: FloatArray) -> list[LimitShortfall]:
        """Name a measured state of charge outside its limits."""
        below = float(self.reserve_kwh(critical_kw)[0]) - self.stored_kwh
        above = self.stored_kwh - self.battery.energy_kwh
        worst = max(below, above)
        name = f"{self.battery.id} {'reserve' if below >= above else 'capacity'}"
        return [LimitShortfall(name, worst, "kWh")] if worst > 1e-6 else []

    def course_kwh(self, charge_kw: FloatArray) -> FloatArray:
        """Return stored energy after each step, for charging power (negative: discharging)."""
        kept = np.where(
            charge_kw > 0,
            charge_kw * self.battery.charge_efficiency_frac,
            charge_kw / self.battery.discharge_efficiency_frac,
        )
        return np.asarray(self.stored_kwh + np.cumsum(kept) * self.step_h)

    def wear_cost(self, charge_kw: FloatArray) -> float:
        """Return the wear of the energy that goes through it, and of its swings."""
        through_kwh = np.abs(charge_kw).sum() * self.step_h + SWING_H * np.abs(np.diff(charge_kw)).sum()
        return float(self.battery.wear_cost_per_kwh * through_kwh)


class BatteryPlan:
    """The battery in the problem.

    `one_way` marks steps where a binary forbids charging and discharging at once; `charging` holds the binaries decided.
    With positive prices losses cost money and both at once never pays; with negative ones it would burn energy for a fee.
    """

    def __init__(
        self, problem: Problem, case: BatteryCase, one_way: BoolArray | None = None, charging: FloatArray | None = None
    ) -> None:
        battery = case.battery
        self.case = case
        self.charge_kw = cp.Variable(case.steps, nonneg=True)
        self.discharge_kw = cp.Variable(case.steps, nonneg=True)
        gained = battery.charge_efficiency_frac * self.charge_kw - self.discharge_kw / battery.discharge_efficiency_frac
        self.stored_kwh = cp.Variable(case.steps)
        through, before = self.charge_kw + self.discharge_kw, np.eye(1, case.steps)[0] * case.stored_kwh
        problem.law(through <= battery.power_kw, rise(case.steps) @ self.stored_kwh == before + case.step_h * gained)
        problem.limit("capacity", battery.id, self.stored_kwh - case.most_kwh, "kWh")
        swings = SWING_H * cp.sum(cp.abs(cp.diff(self.net_kw))) if case.steps > 1 else 0.0
        problem.cost("wear", battery.wear_cost_per_kwh * (case.step_h * cp.sum(through) + swings))
        problem.cost("terminal", case.value_per_kwh * (case.stored_kwh - self.stored_kwh[-1]))
        self.charging: Any = None
        if one_way is not None and one_way.any():
            self._one_way(problem, np.flatnonzero(one_way), charging)

    @property
    def net_kw(self) -> Any:
        """Charging power, negative when discharging."""
        return self.charge_kw - self.discharge_kw

    def keep_reserve(self, problem: Problem, critical_kw: Any, critical_high_kw: FloatArray) -> None:
        """Hold the reserve of the critical load; from a measurement below it, come back at half power or better."""
        way = self.case.way_up_kwh
        recovering = way < self.case.reserve_kwh(critical_high_kw)
        reserve = cp.multiply(~recovering, self.case.reserve_kwh(critical_kw)) + np.where(recovering, way, 0.0)
        problem.limit("reserve", self.case.battery.id, reserve - self.stored_kwh, "kWh")

    def _one_way(self, problem: Problem, steps: IntArray, charging: FloatArray | None) -> None:
        self.charging = cp.Variable(len(steps), boolean=True) if charging is None else cp.Constant(charging)
        power = self.case.battery.power_kw
        problem.law(
            self.charge_kw[steps] <= power * self.charging, self.discharge_kw[steps] <= power * (1 - self.charging)
        )
