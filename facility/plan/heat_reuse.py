"""Heat reuse: heat pumps that lift waste heat to a network, the contract they serve, and its buffer tank.

Heat sold earns, heat owed to a firm contract costs; what a pump takes from its source the plant need not remove.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import cvxpy as cp
import numpy as np
import scipy.sparse as sp

from facility.plan.inputs import HeatPumpNow, PlanInputs
from facility.plan.problem import Problem
from facility.records import FloatArray
from facility.site import HeatContract, HeatPump
from models import heat_pump
from models.cooling import BoolArray

SOURCE_RANGE_K = 5.0  # the source cools by so much at full load
START_H = 0.002  # wear of a start, in hours of rated heat as electricity; our judgement, as for chillers
_COP = 3.0  # by which that is electricity
_COLD_K = 0.5  # a source so little above the coldest that a pump may leave it is none
_WHOLE = 1e-5  # by which a solver's noise may miss on or off
_RUNS_FRAC = 0.5  # of the least heat: from here on it counts as running


class HeatPumpCase:
    """What is known of a heat pump before solving; arrays have one value a step.

    Its power is a line between least and full load, exact at both; in between the machine takes a little less.
    """

    def __init__(
        self, inputs: PlanInputs, pump: HeatPump, contract: HeatContract, source_degc: FloatArray, most_kw: FloatArray
    ) -> None:
        self.pump, self.steps, self.step_h = pump, inputs.steps, inputs.step_h
        self.now: HeatPumpNow = inputs.heat_pumps_now[pump.id]
        self._machine = heat_pump.HeatPump(
            pump.rated_heat_kw,
            pump.efficiency_frac,
            pump.min_part_load_frac,
            source_leaving_min_degc=pump.source_leaving_min_degc,
        )
        self._source_degc, self._sink_degc = source_degc, contract.supply_degc
        self.least_kw = pump.min_part_load_frac * pump.rated_heat_kw
        low, high = (self.power_kw(np.full(self.steps, kw)) for kw in (self.least_kw, pump.rated_heat_kw))
        self.slope = (high - low) / (pump.rated_heat_kw - self.least_kw)
        self.standing_kw = low - self.slope * self.least_kw
        warm = source_degc >= pump.source_leaving_min_degc + _COLD_K
        able_kw = (np.maximum(most_kw, 0.0) + self.standing_kw) / (
            1.0 - self.slope
        )  # that takes so much from the source
        able_kw = np.minimum(able_kw, pump.rated_heat_kw)
        if contract.buffer is None:
            able_kw = np.minimum(able_kw, inputs.heat_demand_kw[contract.id])
        self.most_kw = np.where(warm & (able_kw >= self.least_kw), able_kw, 0.0)
        self.least_steps = max(1, int(np.ceil(pump.min_run_min / 60.0 / self.step_h - 1e-9)))
        self.start_cost = START_H * pump.rated_heat_kw / _COP * inputs.price_scale_per_kwh

    def power_kw(self, heat_kw: FloatArray) -> FloatArray:
        """Return electrical power by the machine's law; 0 while it stands."""
        leaving = self._source_degc - SOURCE_RANGE_K * heat_kw / self.pump.rated_heat_kw
        leaving = np.maximum(leaving, self.pump.source_leaving_min_degc)
        return np.where(heat_kw > 0.0, self._machine.power_kw(heat_kw, leaving, self._sink_degc), 0.0)

    def line_kw(self, heat_kw: FloatArray) -> FloatArray:
        """Return power as the problem has it."""
        return np.where(self.running(heat_kw), self.standing_kw + self.slope * heat_kw, 0.0)

    def source_kw(self, heat_kw: FloatArray, *, lines: bool = False) -> FloatArray:
        """Return the heat it takes from its source; as the problem has it, with `lines`."""
        return heat_kw - (self.line_kw(heat_kw) if lines else self.power_kw(heat_kw))

    def running(self, heat_kw: FloatArray) -> BoolArray:
        """Tell in which steps it runs."""
        return np.asarray(heat_kw > _RUNS_FRAC * self.least_kw)

    def cleaned(self, heat_kw: FloatArray) -> FloatArray:
        """Return a solver's heat within the machine's limits."""
        return np.where(self.running(heat_kw), np.clip(heat_kw, self.least_kw, self.most_kw), 0.0)

    @property
    def held_steps(self) -> int:
        """First steps in which it must stay as it is, running only as far as there is heat and somebody who asks for it."""
        held = min(self.now.held_min / 60.0 / self.step_h + 1e-9, self.least_steps)
        still = min(self.least_steps - int(held), self.steps)
        stops = np.flatnonzero(self.most_kw[:still] == 0.0) if self.now.running else np.array([])
        return int(stops[0]) if stops.size else still

    def changes_too_soon(self, heat_kw: FloatArray) -> FloatArray:
        """Return by how many steps each change comes too soon; a stop for want of heat never does."""
        on, held, short = self.now.running, self.now.held_min / 60.0 / self.step_h, np.zeros(self.steps)
        for step, runs in enumerate(self.running(heat_kw)):
            if bool(runs) != on:
                excused = on and self.most_kw[step] == 0.0
                short[step] = 0.0 if excused else max(self.least_steps - np.floor(held + 1e-9), 0.0)
                on, held = bool(runs), 0.0
            held += 1.0
        return short

    def cheapest_running(self, cost: FloatArray) -> FloatArray:
        """Return 1 in the steps in which it runs best, else 0: a dynamic program over on or off and the steps it has been so.

        `cost` of running in each step beside that of starts; the least times are kept.
        """
        most = self.least_steps
        began = (self.now.running, most - self.held_steps if self.held_steps else most)
        best: dict[tuple[bool, int], tuple[float, list[bool]]] = {began: (0.0, [])}
        for step in range(self.steps):
            able, after = self.most_kw[step] > 0.0, dict[tuple[bool, int], tuple[float, list[bool]]]()
            for (on, held), (total, path) in best.items():
                for runs in (False, True):
                    changed = runs != on
                    if (runs and not able) or (changed and held < most and not (on and not able)):
                        continue
                    spent = total + float(cost[step]) + changed * self.start_cost if runs else total
                    state = runs, 1 if changed else min(held + 1, most)
                    if state not in after or spent < after[state][0]:
                        after[state] = spent, [*path, runs]
            best = after
        return np.array(min(best.values(), key=lambda one: one[0])[1], dtype=float)

    def running_cost(
        self, power_price: FloatArray, heat_price: FloatArray, worth: FloatArray, left_kw: FloatArray
    ) -> FloatArray:
        """Return the cost of running in each step, at the better of least heat and most heat, of which `left_kw` is wanted.

        Prices are those of a kW through the step: of power, of heat that the plant has to remove, and what heat is worth.
        """
        most_kw = np.maximum(np.minimum(self.most_kw, left_kw), self.least_kw)
        costs = []
        for heat_kw in (np.full(self.steps, self.least_kw), most_kw):
            power_kw = self.standing_kw + self.slope * heat_kw
            costs.append(power_price * power_kw - heat_price * (heat_kw - power_kw) - worth * heat_kw)
        return np.where(left_kw >= self.least_kw, np.minimum(*costs), np.inf)

    def wear_cost(self, heat_kw: FloatArray) -> float:
        """Return the wear of its starts."""
        on = np.concatenate([[self.now.running], self.running(heat_kw)]).astype(float)
        return float(self.start_cost * np.maximum(np.diff(on), 0.0).sum())


class HeatPumpPlan:
    """A heat pump in the problem: on or off for least times; relaxed, or with the steps `running` decided."""

    def __init__(
        self, problem: Problem, case: HeatPumpCase, *, integer: bool = False, running: FloatArray | None = None
    ) -> None:
        self.case = case
        self.running: Any = cp.Variable(case.steps, boolean=integer) if running is None else cp.Constant(running)
        self.heat_kw = cp.Variable(case.steps, nonneg=True)
        self.power_kw = cp.multiply(case.standing_kw, self.running) + cp.multiply(case.slope, self.heat_kw)
        self.source_kw = self.heat_kw - self.power_kw
        problem.law(
            self.heat_kw >= case.least_kw * self.running, self.heat_kw <= cp.multiply(case.most_kw, self.running)
        )
        changes = cp.hstack([self.running[:1] - float(case.now.running), cp.diff(self.running)])
        if case.steps == 1:
            changes = self.running - float(case.now.running)
        started = cp.Variable(case.steps, nonneg=True)
        problem.law(started >= changes)
        problem.cost("wear", case.start_cost * cp.sum(started))
        if running is None:
            problem.law(self.running >= 0.0, self.running <= 1.0)
            self._least_times(problem, started, changes)

    @property
    def on_or_off(self) -> bool:
        """Whether it runs or does not in every step of the solution."""
        running = np.asarray(self.running.value, dtype=float)
        return bool((np.abs(running - np.round(running)) <= _WHOLE).all())

    def solved_heat_kw(self) -> FloatArray:
        """Return the solution's heat: within the machine's limits where it runs or does not."""
        heat_kw = np.maximum(np.asarray(self.heat_kw.value, dtype=float), 0.0)
        return self.case.cleaned(heat_kw) if self.on_or_off else heat_kw

    def _least_times(self, problem: Problem, started: Any, changes: Any) -> None:
        case = self.case
        if case.held_steps:
            problem.law(self.running[: case.held_steps] == float(case.now.running))
        if case.least_steps > 1:
            lags = min(case.least_steps, case.steps)
            window = sp.diags_array(
                [1.0] * lags, offsets=[-lag for lag in range(lags)], shape=(case.steps,) * 2
            ).tocsr()
            stopped = started - changes
            excused = np.convolve(case.most_kw == 0.0, np.ones(lags))[: case.steps] > 0  # a stop that nobody chose
            problem.law(window @ started <= self.running + excused, window @ stopped <= 1.0 - self.running)


class ContractCase:
    """What is known of a contract and its buffer before solving; arrays have one value a step."""

    def __init__(self, inputs: PlanInputs, contract: HeatContract) -> None:
        self.contract, self.steps, self.step_h = contract, inputs.steps, inputs.step_h
        self.demand_kw = np.maximum(inputs.heat_demand_kw[contract.id], 0.0)
        self.owed_per_kwh = contract.shortfall_cost_per_kwh if contract.priority == "firm" else 0.0
        buffer = contract.buffer
        self.capacity_kwh = 0.0 if buffer is None else buffer.capacity_kwh(contract.supply_degc, contract.return_degc)
        self.stored_kwh = 0.0 if buffer is None else inputs.state_of_charge_frac[buffer.id] * self.capacity_kwh
        self.kept_frac = np.ones(self.steps)
        if buffer is not None:
            lost_kw = buffer.loss_w_per_k / 1000.0 * np.maximum(contract.supply_degc - inputs.outdoor_degc, 0.0)
            self.kept_frac = np.maximum(1.0 - lost_kw * self.step_h / self.capacity_kwh, 0.0)
        made_for = inputs.following_day_price_per_kwh / _COP
        self.value_per_kwh = max(min(contract.price_per_kwh + self.owed_per_kwh, made_for), 0.0)
        self._delivered: dict[bytes, tuple[FloatArray, FloatArray]] = {}

    def delivered_kw(self, heat_kw: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return what the network gets of the pumps' heat, and what the buffer holds after each step [kWh].

        What is asked for is given as soon as it is there: its price does not change. Most levers of a plan leave it alone, so that
        the same course is asked about again and again.
        """
        course = heat_kw.tobytes()
        if course not in self._delivered:
            self._delivered[course] = self._through_buffer(heat_kw)
        return self._delivered[course]

    def _through_buffer(self, heat_kw: FloatArray) -> tuple[FloatArray, FloatArray]:
        stored, given, course = self.stored_kwh, [], []
        made_kwh, asked_kwh = heat_kw * self.step_h, self.demand_kw * self.step_h
        for kept, made, asked in zip(self.kept_frac.tolist(), made_kwh.tolist(), asked_kwh.tolist(), strict=True):
            there = kept * stored + made
            given.append(min(asked, there))
            stored = there - given[-1]
            course.append(stored)
        return np.array(given) / self.step_h, np.array(course)

    def income(self, heat_kw: FloatArray) -> float:
        """Return what the heat delivered earns."""
        return float(self.contract.price_per_kwh * self.delivered_kw(heat_kw)[0].sum() * self.step_h)

    def shortfall_cost(self, heat_kw: FloatArray) -> float:
        """Return what heat owed and not delivered costs."""
        short_kw = self.demand_kw - self.delivered_kw(heat_kw)[0]
        return float(self.owed_per_kwh * short_kw.sum() * self.step_h)

    def left_cost(self, heat_kw: FloatArray) -> float:
        """Return what the heat taken out of the buffer until the end is worth."""
        return float(self.value_per_kwh * (self.stored_kwh - self.delivered_kw(heat_kw)[1][-1]))

    def excess_kwh(self, heat_kw: FloatArray) -> FloatArray:
        """Return heat that nobody takes, after each step."""
        return np.asarray(self.delivered_kw(heat_kw)[1] - max(self.capacity_kwh, self.stored_kwh))


class ContractPlan:
    """A contract in the problem."""

    def __init__(self, problem: Problem, case: ContractCase, heat_kw: Any) -> None:
        self.case = case
        self.delivered_kw = cp.Variable(case.steps, bounds=[0.0, case.demand_kw])
        if case.contract.buffer is None:
            problem.law(self.delivered_kw == heat_kw)
        else:
            stored = cp.Variable(case.steps, nonneg=True)
            before = cp.hstack([np.array([case.stored_kwh]), stored[:-1]])
            gained = case.step_h * (heat_kw - self.delivered_kw)
            self._buffer_law = stored == cp.multiply(case.kept_frac, before) + gained
            problem.law(self._buffer_law)
            problem.limit("capacity", case.contract.buffer.id, stored - max(case.capacity_kwh, case.stored_kwh), "kWh")
            problem.cost("terminal", case.value_per_kwh * (case.stored_kwh - stored[-1]))
        earned = case.contract.price_per_kwh * self.delivered_kw
        owed = case.owed_per_kwh * (case.demand_kw - self.delivered_kw)
        problem.cost("heat", case.step_h * cp.sum(owed - earned))

    @property
    def worth(self) -> FloatArray:
        """What a kW of heat through each step is worth to the network, or to the buffer in the solution."""
        case = self.case
        if case.contract.buffer is None:
            return np.full(case.steps, (case.contract.price_per_kwh + case.owed_per_kwh) * case.step_h)
        return np.asarray(self._buffer_law.dual_value) * case.step_h

    @property
    def wanted_kw(self) -> FloatArray:
        """How much of it is wanted in each step; without end where a buffer takes it."""
        return self.case.demand_kw if self.case.contract.buffer is None else np.full(self.case.steps, np.inf)


def held_heat_kw(
    pumps: Mapping[str, HeatPumpCase], contract: ContractCase, setpoints_now: Mapping[str, float], quantity: str
) -> dict[str, FloatArray]:
    """Return what the pumps of a contract deliver at their present setpoints: what is asked for, one after the other."""
    left, found = contract.demand_kw.copy(), {}
    for name in contract.contract.heat_pumps:
        case = pumps[name]
        asked = np.minimum(left, setpoints_now.get(f"{name}.{quantity}", case.pump.rated_heat_kw))
        found[name] = np.where(asked >= case.least_kw, np.minimum(asked, case.most_kw), 0.0)
        left = left - found[name]
    return found


def planned_contracts(inputs: PlanInputs) -> Sequence[HeatContract]:
    """Return the contracts of which every heat pump is in service and measured, and the buffer, where there is one."""
    site = inputs.site

    def known(contract: HeatContract) -> bool:
        pumps = [name for name in contract.heat_pumps if site.in_service(name, inputs.start)]
        buffer = contract.buffer is None or contract.buffer.id in inputs.state_of_charge_frac
        return (
            len(pumps) == len(contract.heat_pumps) and all(name in inputs.heat_pumps_now for name in pumps) and buffer
        )

    return [contract for contract in site.heat_contracts if known(contract) and contract.id in inputs.heat_demand_kw]
