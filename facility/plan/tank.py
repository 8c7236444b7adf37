"""A chilled-water tank: cold made when it is cheap; its ride-through stays in it, and what is left has a named value.

Cold counts in kWh against the water that comes back. While a tank charges, the plant removes that much more heat, which passes no
coil. What was charged is of use only while the plant's water need not be colder. So a plan has one temperature for a tank: it
charges while the plant's water is no warmer, and gives while it is no colder.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cvxpy as cp
import numpy as np

from facility.plan.inputs import DAY_H, PlanInputs
from facility.plan.problem import Problem
from facility.plan.spare import spare_units
from facility.records import FloatArray, LimitShortfall
from facility.site import ChilledWaterTank
from models.cooling import BoolArray, Load, PlantModel, answers_for
from models.heat_exchanger import WATER_KJ_PER_LK
from models.plant_model import CoolingPlant

USABLE_FRAC = 0.9  # of the volume; in the rest cold and warm water mix
STILL_COLD_K = (
    1.0  # what it serves may be so much colder than the warmest water that charged it; half of it on either side
)
_TEMPERED_FRAC = 0.05  # of the tank's power: less says nothing of the water that is wanted
RECOVERY_FRAC, RECOVERY_AFTER_H = 0.5, 1.0  # of its power, at least, and when, while the ride-through is made up
SAFE_FRAC = 0.85  # of rated cooling, that charging may bring chillers to: hot days, fans and pumps take the rest
SWING_H = 0.02  # wear of a change of power, in hours of it as electricity: equal prices do not make it pulse
_COP = 5.0  # by which cold is electricity there
_MARGIN_FRAC, _EVERY_H = 0.05, 2.0  # of the heat, by which the cost of one kW more is found, and how often


class TankCase:
    """What is known of a tank before solving; arrays have one value a step."""

    def __init__(self, inputs: PlanInputs, plant: PlantModel, tank: ChilledWaterTank, load: Load) -> None:
        now = inputs.tanks_now[tank.id]
        self.tank, self.plant_id, self.step_h, self.steps = tank, plant.plant_id, inputs.step_h, inputs.steps
        kw_per_k = tank.max_flow_lps * WATER_KJ_PER_LK
        self.power_kw = kw_per_k * tank.rated_range_k
        self.most_charge_kw = np.clip(_without_spare_kw(inputs, plant.plant_id) - load.heat_kw, 0.0, self.power_kw)
        self.capacity_kwh = USABLE_FRAC * tank.volume_m3 * 1000.0 * WATER_KJ_PER_LK / 3600.0 * tank.rated_range_k
        self.stored_kwh = now.cold_frac * self.capacity_kwh
        self.reserve_kwh = np.minimum(load.heat_kw * tank.reserve_min / 60.0, self.capacity_kwh)
        self.held_degc = now.cold_degc
        lost_kw = tank.loss_w_per_k / 1000.0 * np.maximum(inputs.outdoor_degc - now.cold_degc, 0.0)
        self.kept_frac = np.maximum(1.0 - lost_kw * self.step_h / self.capacity_kwh, 0.0)
        self.value_per_kwh = inputs.following_day_price_per_kwh * _marginal_power(plant, load, self.step_h)
        self.swing_cost_per_kw = SWING_H * inputs.price_scale_per_kwh / _COP
        self.least_kwh = self.reserve_kwh
        if self.stored_kwh < self.reserve_kwh[0]:
            self.least_kwh = np.minimum(self.reserve_kwh, self.course_kwh(self._recovery_kw(plant, load)))

    def best_degc(self, leaving_water_degc: FloatArray, cost: FloatArray) -> float:
        """Return the temperature for a plan: the leaving water that is cheapest to keep, no colder than what is in the tank.

        `cost` (T, S) is that of each of the plant's states; infinite where it is not possible.
        """
        levels = np.unique(leaving_water_degc)
        levels = levels[levels >= self.held_degc - 0.5 * STILL_COLD_K] if self.stored_kwh > 0.0 else levels
        if not levels.size:
            return self.held_degc
        by_level = np.stack([cost[:, leaving_water_degc == level].min(axis=1) for level in levels])
        by_level = by_level[:, np.isfinite(by_level).any(axis=0)]  # a step without any state says nothing
        dearest = np.where(np.isfinite(by_level), by_level, -np.inf).max(axis=0)
        sums = np.where(np.isfinite(by_level), by_level, 2.0 * np.abs(dearest) + dearest).sum(axis=1)
        return float(levels[np.argmin(sums)])

    def useless_kw(self, charge_kw: FloatArray, leaving_water_degc: FloatArray) -> FloatArray:
        """Return the discharge in steps whose water has to be colder than what the tank holds by then."""
        charged = np.where(charge_kw > _TEMPERED_FRAC * self.power_kw, leaving_water_degc, -np.inf)
        held_degc = self.held_degc if self.stored_kwh > 0.0 else -np.inf
        warmest = np.maximum(np.maximum.accumulate(charged), held_degc)
        return np.where(leaving_water_degc < warmest - STILL_COLD_K - 1e-9, -charge_kw, 0.0)

    def course_kwh(self, charge_kw: FloatArray) -> FloatArray:
        """Return the cold in it after each step, for charging power (negative: discharging)."""
        stored, course = self.stored_kwh, np.empty(self.steps)
        for step in range(self.steps):
            stored = course[step] = self.kept_frac[step] * stored + charge_kw[step] * self.step_h
        return course

    def left_cost(self, charge_kw: FloatArray) -> float:
        """Return what the cold taken out until the end is worth."""
        return float(self.value_per_kwh * (self.stored_kwh - self.course_kwh(charge_kw)[-1]))

    def wear_cost(self, charge_kw: FloatArray) -> float:
        """Return the wear of its swings."""
        return float(self.swing_cost_per_kw * np.abs(np.diff(charge_kw)).sum())

    def shortfalls(self) -> list[LimitShortfall]:
        """Name a measured state below the ride-through."""
        below = float(self.reserve_kwh[0]) - self.stored_kwh
        return [LimitShortfall(f"{self.tank.id} reserve", below, "kWh")] if below > 1e-6 else []

    def _recovery_kw(self, plant: PlantModel, load: Load) -> FloatArray:
        """Return the charging power that makes up the ride-through, where some state of the plant is able to."""
        power_kw = np.minimum(RECOVERY_FRAC * self.power_kw, self.most_charge_kw)
        able = np.zeros(self.steps, dtype=bool)
        for _, answer in answers_for(plant, plant.states(), replace(load, direct_kw=power_kw)):
            able |= answer.feasible
        able[: round(RECOVERY_AFTER_H / self.step_h)] = False
        return np.asarray(power_kw * able)


def _without_spare_kw(inputs: PlanInputs, plant_id: str) -> float:
    """Return the heat that a plant's chillers may be asked for while charging: with what must be spare left out.

    Also where a plan has to do without its spare: the heat of the halls has to go somewhere, cold for later can wait.
    """
    site = inputs.site
    spare = spare_units(replace(inputs, spare_waived={})).get(f"{plant_id} chillers")
    if spare is None:
        return np.inf
    chillers = next(plant.chillers for plant in site.plants if plant.id == plant_id)
    rated = sorted(one.rated_cooling_kw for one in chillers if site.in_service(one.id, inputs.start))
    return SAFE_FRAC * sum(rated[: max(len(rated) - spare, 0)])


class TankPlan:
    """The tank in the problem; nothing is lost in going both ways, so that one variable tells which way."""

    def __init__(self, problem: Problem, case: TankCase, cold_degc: float) -> None:
        self.case, self.problem, self.cold_degc = case, problem, cold_degc
        self.charge_kw = cp.Variable(case.steps, bounds=[-case.power_kw, case.most_charge_kw])
        self.stored_kwh = cp.Variable(case.steps)
        before = cp.hstack([np.array([case.stored_kwh]), self.stored_kwh[:-1]])
        problem.law(self.stored_kwh == cp.multiply(case.kept_frac, before) + case.step_h * self.charge_kw)
        problem.limit("capacity", case.tank.id, self.stored_kwh - case.capacity_kwh, "kWh")
        problem.limit("reserve", case.tank.id, case.least_kwh - self.stored_kwh, "kWh")
        problem.cost("terminal", case.value_per_kwh * (case.stored_kwh - self.stored_kwh[-1]))
        if case.steps > 1:
            problem.cost("wear", case.swing_cost_per_kw * cp.sum(cp.abs(cp.diff(self.charge_kw))))

    def may_charge(self, leaving_water_degc: FloatArray) -> BoolArray:
        """Tell at which leaving water the plant makes it cold enough."""
        return np.asarray(leaving_water_degc <= self.cold_degc + 0.5 * STILL_COLD_K)

    def may_discharge(self, leaving_water_degc: FloatArray) -> BoolArray:
        """Tell at which leaving water it is cold enough."""
        return np.asarray(leaving_water_degc >= self.cold_degc - 0.5 * STILL_COLD_K)

    def suits(self, leaving_water_degc: FloatArray) -> BoolArray:
        """Tell at which leaving water (S,) of each step the solution may do what it does with the tank (T, S)."""
        charge_kw, little_kw = np.asarray(self.charge_kw.value)[:, None], _TEMPERED_FRAC * self.case.power_kw
        charges = (charge_kw <= little_kw) | self.may_charge(leaving_water_degc)
        return np.asarray(charges & ((charge_kw >= -little_kw) | self.may_discharge(leaving_water_degc)))

    def keep_temperature(self, charging: Any, discharging: Any) -> None:
        """Let it charge and discharge only at the plant's states that suit: shares of them, one a step."""
        self.problem.law(self.charge_kw <= self.case.power_kw * charging)
        self.problem.law(-self.charge_kw <= self.case.power_kw * discharging)


def _marginal_power(plant: PlantModel, load: Load, step_h: float) -> float:
    """Return the power that one kW of cooling more takes: mean over the last day, at the best state for each heat.

    What must stay spare is not asked: a price need not know it, and must not depend on what is known of it.
    """
    plant = plant.plain if isinstance(plant, CoolingPlant) else plant
    rows = np.arange(load.outdoor_degc.size)[-round(DAY_H / step_h) :: max(1, round(_EVERY_H / step_h))]
    some, twice = load.at(rows), load.at(np.tile(rows, 2))
    margin_kw = _MARGIN_FRAC * some.heat_kw
    twice = replace(twice, direct_kw=np.concatenate([np.zeros(len(rows)), margin_kw]))
    kw = [np.where(one.feasible, one.overhead_kw, np.inf) for _, one in answers_for(plant, plant.states(), twice)]
    best = np.min(kw, axis=0).reshape(2, -1)
    able = np.isfinite(best[0]) & np.isfinite(best[1])
    rise = (best[1][able] - best[0][able]) / margin_kw[able]
    return max(float(rise.mean()), 0.0) if able.any() else 0.0
