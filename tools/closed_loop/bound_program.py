"""The linear program behind the lower bound."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import cvxpy as cp
import numpy as np

from facility.records import FloatArray
from facility.site import ServerPool, Site
from tools.closed_loop import money, wear
from tools.closed_loop.bound_market import Costs, costs_of
from tools.closed_loop.case import Case
from tools.closed_loop.happened import STEP, Happened
from tools.closed_loop.plant import LeastPower

HOURS = STEP.total_seconds() / 3600.0
# Work left at the end is priced by the run's own PUE. No plant is below 1; and one above 1.5 pays far more for its energy
# than it could earn on the work that waited at the beginning.
LEAST_PUE, MOST_PUE = 1.0, 1.5


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """All that the program needs to know; `asked` is the mean of servers that work asks for (steps, pools)."""

    case: Case
    least: LeastPower
    happened: Happened
    asked: FloatArray
    month_peak_kw: float

    @property
    def site(self) -> Site:
        """The site."""
        return self.case.loaded.site

    @property
    def steps(self) -> int:
        """How many."""
        return len(self.asked)


@dataclass(slots=True)
class Program:
    """The program as it grows: rules, and the cost beside what is bought."""

    given: Given
    costs: Costs
    rules: list[Any] = field(default_factory=list)
    cost: Any = 0.0

    def variable(self, most: Any = None) -> Any:
        """Return one value a step, not below zero and not above the most."""
        found = cp.Variable(self.given.steps, nonneg=True)
        if most is not None:
            self.rules.append(found <= most)
        return found


def least_cost(given: Given) -> float:
    """Return the least cost.

    Raises
    ------
    RuntimeError
        If the solver finds none: what was tabulated contradicts itself.
    """
    program = Program(given, costs_of(given.case, given.month_peak_kw))
    it_kw = _serve(program)
    heat_pumps_kw, taken_kw = _deliver_heat(program)
    removed_kw = [cp.Variable(given.steps) for _ in given.site.plants]
    _store_heat(program, removed_kw, taken_kw)
    _use_water(program, it_kw, removed_kw)
    least = given.least
    behind_kw = least.base_kw + _planes(least.per_it, it_kw) + _planes(least.per_removed, removed_kw)
    behind_kw = behind_kw + heat_pumps_kw + _charge(program) - given.happened.solar_kw
    _buy(program, behind_kw)
    problem = cp.Problem(cp.Minimize(program.cost), program.rules)
    problem.solve(solver=cp.HIGHS)
    if problem.status not in (cp.OPTIMAL, cp.OPTIMAL_INACCURATE):
        raise RuntimeError(f"the program of the lower bound is {problem.status}")
    return float(problem.value)


def _planes(slopes: FloatArray, values: list[Any]) -> Any:
    """Return the sum of (steps, n) slopes times n courses."""
    found: Any = 0.0
    for slope, value in zip(slopes.T, values, strict=True):
        found = found + cp.multiply(slope, value)
    return found


def _serve(program: Program) -> list[Any]:
    """Do the work that is asked for, or pay; return each pool's power at the reference inlet."""
    given, found, work_kwh = program.given, [], 0.0
    writable = {point.point for point in given.site.writable}
    for pool, asked in zip(given.site.server_pools, given.asked.T, strict=True):
        lost = program.variable(1.0)  # share of the work; servers that throttle or stand take their power along
        work_kw = program.variable(_jobs_kw(given.site, pool))
        served = asked - cp.multiply(asked, lost)
        if f"{pool.id}.awake_servers_command" in writable:
            awake: Any = program.variable()
            program.rules += [awake >= served, awake <= pool.servers * (1.0 - lost)]
        else:
            awake = pool.servers * (1.0 - lost)
        program.rules.append(work_kw <= (awake - served) * (pool.peak_w - pool.idle_w) / 1000.0)
        asleep = pool.servers * (1.0 - lost) - awake
        servers_w = pool.idle_w * awake + (pool.peak_w - pool.idle_w) * served + pool.sleep_w * asleep
        found.append(servers_w / 1000.0 + work_kw - _jobs_kw(given.site, pool) * lost)
        program.cost = program.cost + program.costs.per_server_h * HOURS * cp.sum(cp.multiply(asked, lost))
        work_kwh = work_kwh + HOURS * cp.cumsum(work_kw)
    if given.site.deferrable_work:
        _do_work(program, work_kwh)
    return found


def _jobs_kw(site: Site, pool: ServerPool) -> float:
    return sum(work.max_power_kw for work in site.deferrable_work if work.pool == pool.id)


def _do_work(program: Program, done_kwh: Any) -> None:
    """Do deferrable work after it came; late what came long ago. Classes are not told apart: each may wait as the longest."""
    given, costs = program.given, program.costs
    arrived_kwh = given.happened.arrived_kwh
    waited_kwh = given.happened.begin.stored_kwh.get(money.BACKLOG, 0.0)
    steps_due = round(np.ceil(max(work.due_within_h for work in given.site.deferrable_work) / HOURS))
    came_kwh = np.concatenate([np.zeros(steps_due), arrived_kwh - waited_kwh])[: given.steps]
    late_kwh = cp.Variable(nonneg=True)
    program.rules += [done_kwh <= arrived_kwh, late_kwh + done_kwh >= came_kwh]
    # Cost is concave in what waits at the end, by the two PUEs; its chord is below it.
    least_kwh, most_kwh = -waited_kwh, float(arrived_kwh[-1]) - waited_kwh
    ends = [min(LEAST_PUE * kwh * costs.typical, MOST_PUE * kwh * costs.typical) for kwh in (least_kwh, most_kwh)]
    slope = (ends[1] - ends[0]) / max(most_kwh - least_kwh, 1e-9)
    left_kwh = arrived_kwh[-1] - waited_kwh - done_kwh[-1]
    program.cost = program.cost + costs.per_late_kwh * late_kwh + ends[0] + slope * (left_kwh - least_kwh)


def _deliver_heat(program: Program) -> tuple[Any, list[Any]]:
    """Deliver heat, or pay; return the heat pumps' power and the heat that they take from each plant."""
    given, power_kw = program.given, 0.0
    asked_kw = given.happened.heat_asked_kwh / HOURS
    taken_kw: dict[str, Any] = {plant.id: 0.0 for plant in given.site.plants}
    plant_of = {loop.id: loop.plant for loop in given.site.liquid_loops}
    heat_kw: Any = 0.0
    for pump, cop in zip(given.site.heat_pumps, given.least.heat_pump_cop.T, strict=True):
        one_kw = program.variable(pump.rated_heat_kw)
        heat_kw, power_kw = heat_kw + one_kw, power_kw + cp.multiply(1.0 / cop, one_kw)
        plant = plant_of.get(pump.source, pump.source)
        taken_kw[plant] = taken_kw[plant] + cp.multiply(1.0 - 1.0 / cop, one_kw)
    if given.site.heat_pumps:
        program.rules.append(heat_kw <= asked_kw)
    program.cost = program.cost + program.costs.per_heat_kwh * HOURS * cp.sum(asked_kw - heat_kw)
    return power_kw, [taken_kw[plant.id] for plant in given.site.plants]


def _store_heat(program: Program, removed_kw: list[Any], taken_kw: list[Any]) -> None:
    """Let heat wait in each plant within limits; what is left at the end is cooled away later."""
    least, end_price = program.given.least, program.costs.typical / money.COOLING_COP
    limits = zip(least.takes_up_kwh, least.gives_up_kwh, strict=True)
    for removed, taken, (up_kwh, down_kwh) in zip(removed_kw, taken_kw, limits, strict=True):
        stored_kwh = -HOURS * cp.cumsum(removed + taken)
        program.rules += [stored_kwh <= up_kwh, stored_kwh >= -down_kwh]
        program.cost = program.cost + end_price * stored_kwh[-1]


def _use_water(program: Program, it_kw: list[Any], removed_kw: list[Any]) -> None:
    least, used_lps = program.given.least, program.variable()
    plane = least.base_lps + _planes(least.lps_per_it_kw, it_kw) + _planes(least.lps_per_removed_kw, removed_kw)
    program.rules.append(used_lps >= plane)
    per_litre = program.given.site.water.price_per_m3 / 1000.0
    program.cost = program.cost + per_litre * 3600.0 * HOURS * cp.sum(used_lps)


def _charge(program: Program) -> Any:
    """Charge and discharge batteries that somebody may move; return what they take."""
    given, taken_kw = program.given, 0.0
    writable = {point.point for point in given.site.writable}
    per_kwh = wear.battery_cost(given.site, 1.0)
    for battery in given.site.batteries:
        if f"{battery.id}.charge_power_setpoint_kw" not in writable:
            continue
        into_kw, out_kw = program.variable(battery.power_kw), program.variable(battery.power_kw)
        one, start_kwh = given.least.batteries[battery.id], given.happened.begin.stored_kwh.get(battery.id, 0.0)
        gained_kwh = HOURS * cp.cumsum(one.charge_frac * into_kw - out_kw / one.discharge_frac)
        program.rules += [
            start_kwh + gained_kwh >= min(one.least_kwh, start_kwh),
            start_kwh + gained_kwh <= max(one.most_kwh, start_kwh),
        ]
        program.cost = program.cost + per_kwh * HOURS * cp.sum(out_kw) - program.costs.typical * gained_kwh[-1]
        taken_kw = taken_kw + into_kw - out_kw
    return taken_kw


def _buy(program: Program, behind_kw: Any) -> None:
    """Buy what the meter shows, sell what it shows the other way, and pay for the highest demand."""
    given, costs, least = program.given, program.costs, program.given.least
    bought_kw = program.variable(least.most_kw)
    sold_kw = program.variable(given.happened.solar_kw + sum(battery.power_kw for battery in given.site.batteries))
    meter_kw = bought_kw - sold_kw
    lines = zip(least.meter_slope, least.meter_kw, strict=True)
    program.rules += [meter_kw >= slope * behind_kw + kw for slope, kw in lines]
    above_kw = cp.Variable(nonneg=True)
    program.rules += [above_kw >= cp.sum(meter_kw[window]) / len(window) - costs.paid_kw for window in costs.windows]
    energy = cp.sum(cp.multiply(costs.bought, bought_kw)) - costs.sold * cp.sum(sold_kw)
    program.cost = program.cost + HOURS * energy + costs.per_peak_kw * above_kw
