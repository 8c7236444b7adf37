"""What may move in the problem of the fast layer: a battery, work that may wait, the air of a hall. Costs are in kWh."""

from __future__ import annotations

from typing import Any

import cvxpy as cp
import numpy as np

from facility.records import FloatArray
from facility.track.inputs import Air, Store, Work

# What leaving the plan costs, per kWh that is moved: work that may wait comes first, batteries wear.
_MOVE_STORE, _MOVE_WORK, _UNEVEN = 0.3, 0.05, 0.02
_END_STORE, _END_WORK = 1.0, 0.2  # per kWh that is missing at the end of the hour
SLACK_STORE_FRAC, SLACK_WORK_H = 0.03, 0.1  # ... beyond what nobody knows so well: of capacity, hours of full power
_BOTH_AT_ONCE = 1e-3  # per kWh: charging and discharging together is never better
LIMIT = 100.0  # per kWh by which a limit is passed
_WARM_K_H = 10.0  # per K and hour by which the hottest inlet passes its limit


class StorePart:
    """A battery, charged and discharged."""

    def __init__(self, steps: int, step_h: float) -> None:
        charge, discharge = cp.Variable(steps, nonneg=True), cp.Variable(steps, nonneg=True)
        short, gap = cp.Variable(steps, nonneg=True), cp.Variable(nonneg=True)
        self._planned, self._low, self._high = (cp.Parameter(steps) for _ in range(3))
        self._per_kw, self._gain, self._loss, self._per_rated = (cp.Parameter(nonneg=True) for _ in range(4))
        self._planned_meter, self._least, self._most = (cp.Parameter(steps) for _ in range(3))
        self._end, self._slack = cp.Parameter(), cp.Parameter(nonneg=True)
        self._net, self.meter_kw, away = (cp.Variable(steps) for _ in range(3))
        gained = step_h * cp.cumsum(self._gain * charge - self._loss * discharge)  # since now
        self.laws: list[Any] = [
            self._net == charge - discharge,
            away == self._net - self._planned,
            self.meter_kw == self._per_kw * self._net - self._planned_meter,
            self._net >= self._low,
            self._net <= self._high,
            gained + short >= self._least,
            gained - short <= self._most,
            gap >= cp.abs(gained[-1] - self._end) - self._slack,
        ]
        moved = _MOVE_STORE * cp.norm1(away) + _UNEVEN * self._per_rated * cp.sum_squares(away)
        self.cost = (
            step_h * (moved + _BOTH_AT_ONCE * cp.sum(charge + discharge)) + _END_STORE * gap + LIMIT * cp.sum(short)
        )

    def set(self, store: Store) -> None:
        """Take in what is so now."""
        battery, lever = store.battery, store.lever
        ones = np.ones(lever.planned.size)
        self._planned.value = lever.planned
        self._low.value = max(lever.low, -battery.power_kw) * ones if lever.free else lever.planned
        self._high.value = min(lever.high, battery.power_kw) * ones if lever.free else lever.planned
        self._per_kw.value, self._planned_meter.value = store.meter_per_kw, store.meter_per_kw * lever.planned
        self._gain.value, self._loss.value = battery.charge_efficiency_frac, 1.0 / battery.discharge_efficiency_frac
        self._per_rated.value = 1.0 / battery.power_kw
        self._least.value = (store.least_kwh - store.stored_kwh) * ones
        self._most.value = (store.most_kwh - store.stored_kwh) * ones
        self._end.value = store.planned_end_kwh - store.stored_kwh
        self._slack.value = SLACK_STORE_FRAC * battery.energy_kwh

    @property
    def power_kw(self) -> FloatArray:
        """The answer."""
        return np.asarray(self._net.value)


class WorkPart:
    """Work that may wait."""

    def __init__(self, steps: int, step_h: float) -> None:
        late, gap = cp.Variable(steps, nonneg=True), cp.Variable(nonneg=True)
        self._planned, self._low, self._high, self._planned_meter, self._due = (cp.Parameter(steps) for _ in range(5))
        self._per_kw, self._per_rated, self._slack = (cp.Parameter(nonneg=True) for _ in range(3))
        self._power, self.meter_kw, away = (cp.Variable(steps) for _ in range(3))
        self.laws: list[Any] = [
            away == self._power - self._planned,
            self.meter_kw == self._per_kw * self._power - self._planned_meter,
            self._power >= self._low,
            self._power <= self._high,
            step_h * cp.cumsum(self._power) + late >= self._due,
            gap >= -step_h * cp.sum(away) - self._slack,
        ]
        moved = _MOVE_WORK * cp.norm1(away) + _UNEVEN * self._per_rated * cp.sum_squares(away)
        self.cost = step_h * moved + _END_WORK * gap + LIMIT * cp.sum(late)

    def set(self, work: Work) -> None:
        """Take in what is so now."""
        lever = work.lever
        ones = np.ones(lever.planned.size)
        self._planned.value, self._due.value = lever.planned, work.due_kwh
        self._low.value = lever.low * ones if lever.free else lever.planned
        self._high.value = lever.high * ones if lever.free else lever.planned
        self._per_kw.value, self._planned_meter.value = work.meter_per_kw, work.meter_per_kw * lever.planned
        self._per_rated.value, self._slack.value = 1.0 / lever.high, SLACK_WORK_H * lever.high

    @property
    def power_kw(self) -> FloatArray:
        """The answer."""
        return np.asarray(self._power.value)


class HallPart:
    """The air of a hall: colder and faster than planned, never the other way; the response is linear for a small move."""

    def __init__(self, steps: int, step_h: float) -> None:
        over = cp.Variable(steps, nonneg=True)
        self._moves = cp.Variable(2, nonneg=True)
        self._least, self._most, self._price = (cp.Parameter(2, nonneg=True) for _ in range(3))
        self._warm, self._cools = cp.Parameter(steps), cp.Parameter((steps, 2))
        self.laws: list[Any] = [
            self._moves >= self._least,
            self._moves <= self._most,
            over >= self._warm - self._cools @ self._moves,
        ]
        self.cost = step_h * (_WARM_K_H * cp.sum(over) + steps * (self._price @ self._moves))

    def set(self, air: Air, warm_k: FloatArray, cools: FloatArray) -> None:
        """Take in how far above its limit the hottest inlet will be (T), and what 1 K colder and full speed more change (T, 2)."""
        self._least.value, self._most.value = np.array(air.least), np.array(air.most)
        self._price.value = np.array([air.kw_per_k, air.kw_per_frac])
        self._warm.value, self._cools.value = warm_k, cools

    @property
    def moves(self) -> tuple[float, float]:
        """The answer: K colder, and how much faster."""
        return float(self._moves.value[0]), float(self._moves.value[1])
