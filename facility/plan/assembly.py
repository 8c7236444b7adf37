"""The whole problem: each asset adds its variables, limits and costs; heat, power and money tie them together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cvxpy as cp
import numpy as np

from facility.plan import goals
from facility.plan.case import Range, SiteCase
from facility.plan.commitments import overlap_kw, plan_commitment
from facility.plan.cooling_plant import FixedPlant, PathPoint, RelaxedPlant
from facility.plan.electrical import ChainPlan, critical_error_kw, piece_error_kw
from facility.plan.grid import GridPlan
from facility.plan.heat_and_cold_plan import HeatAndColdPlan
from facility.plan.job_plan import JobsPlan
from facility.plan.jobs import WorksPlan
from facility.plan.kept_stores import keep_stores
from facility.plan.photovoltaics import ArrayPlan
from facility.plan.places import Naming
from facility.plan.problem import Problem
from facility.plan.ready import keep_ready
from facility.plan.server_plan import PoolPlan, Servers
from facility.plan.storage import BatteryPlan
from facility.records import FloatArray
from models.cooling import BoolArray


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """Which form of the problem to build.

    Attributes
    ----------
    points
        States of each plant, one a step: the restricted problem. None: all states, by weights.
    servers
        Servers of each pool that are decided.
    jobs
        Choices of the jobs of each pool that are decided.
    whole_jobs
        Each choice is taken or not: what is not divisible is run as it can be.
    near_jobs
        Choices of the jobs of each pool that may then be taken.
    charging
        Which way each battery goes in the steps where price alone would not keep it from going both.
    running
        Steps in which each heat pump runs.
    whole_pumps
        Heat pumps run or do not, by binaries.
    integer
        One state a step by binaries: the branch-and-bound form.
    only
        States to keep, a step and state, of each plant.
    loose
        States are kept even where they cannot carry the heat: for naming what cannot be met.
    """

    points: Mapping[str, PathPoint] | None = None
    servers: Mapping[str, Servers] | None = None
    jobs: Mapping[str, FloatArray] | None = None
    whole_jobs: bool = False
    near_jobs: Mapping[str, BoolArray] | None = None
    charging: Mapping[str, FloatArray] | None = None
    running: Mapping[str, FloatArray] | None = None
    whole_pumps: bool = False
    integer: bool = False
    only: Mapping[str, BoolArray] | None = None
    loose: bool = False


class SitePlan:
    """A site's problem in one form, and what its solution says."""

    def __init__(self, case: SiteCase, form: Form) -> None:
        self.case, self.form, self.problem = case, form, Problem(naming=_naming(case), bases=case.bases)
        works = list(case.it.works.values())
        self.works = WorksPlan(self.problem, works, case.work_value_per_kwh) if works else None
        self.jobs = {name: self._jobs(name) for name in case.it.jobs}
        self._work_kw = {pool: self._work(pool) for pool in case.it.pools}
        self.pools = {name: self._pool(name) for name in case.it.pools}
        self._power = self._source_power()
        on_or_off = form.integer or form.whole_pumps
        self.heat = HeatAndColdPlan(
            self.problem, case.it.thermal, case.cold_degc, integer=on_or_off, running=form.running or {}
        )
        self._heats: dict[str, tuple[Any, Any]] = {}
        self._heat_laws: dict[str, Any] = {}
        self.plants = {name: self._plant(name) for name in case.plants}
        self.heat.keep_temperatures(self.plants, case.plants)
        self.batteries = {name: self._battery(name) for name in case.it.batteries}
        self.arrays = {name: ArrayPlan(self.problem, array) for name, array in case.it.arrays.items()}
        self._charge_from_the_sun()
        self._electrical()
        self._peak_kw: Any = None
        self._money = self._weigh_goals()
        keep_ready(self.problem, case.it.inputs, list(self.batteries.values()))
        if case.it.inputs.unmet:
            keep_stores(self.problem, case.it.inputs, [*self.batteries.values(), *self.heat.tanks.values()])
        if case.said is not None and form.points is not None:
            courses: dict[tuple[str, ...], Any] = {(name,): battery.net_kw for name, battery in self.batteries.items()}
            courses |= {tuple(case.it.works): self.works.power_kw} if self.works else {}
            case.said.price_courses(self.problem, case.it.inputs, courses)

    def goal(self, name: str) -> Any:
        """Return a goal as an expression: convex, and what `facility.plan.goals.goal_value` measures."""
        if name == goals.PEAK and self._peak_kw is None:
            self._peak_kw = self.grid.peak_kw()
        values = {
            goals.CARBON: self.grid.carbon_kg,
            goals.WATER: self.case.it.inputs.m3_per_lps * sum(cp.sum(one.water_lps) for one in self.plants.values()),
            goals.ENERGY: self.grid.energy_kwh,
            goals.PEAK: self._peak_kw,
        }
        return self._money if name == goals.COST else values[name]

    def heat_kw(self, plant_id: str) -> FloatArray:
        """Return the solution's heat that a plant room removes."""
        return np.asarray(self._heat(plant_id)[0].value, dtype=float)

    def it_heat_kw(self, plant_id: str) -> FloatArray:
        """Return the solution's heat of a plant that comes from the racks."""
        return np.asarray(self._heat(plant_id)[1].value, dtype=float)

    def running(self) -> dict[str, FloatArray]:
        """Return the steps in which heat pumps run; where the solution has them on in part, as its prices would have them."""
        if self.heat.on_or_off:
            return self.heat.ran
        power = {name: plant.power_price for name, plant in self.plants.items()}
        return self.heat.running(power, {name: -np.asarray(law.dual_value) for name, law in self._heat_laws.items()})

    @property
    def decided(self) -> bool:
        """Whether the solution may be carried out as it is: whole servers and jobs, heat pumps on or off."""
        it, form = self.case.it, self.form
        servers = all(name in (form.servers or {}) for name, pool in it.pools.items() if pool.planned)
        jobs = form.jobs is not None or not any(case.choices.single.any() for case in it.jobs.values())
        return servers and jobs and self.heat.on_or_off

    def charging(self) -> dict[str, FloatArray]:
        """Return which way batteries go on balance in the solution, in the steps where price alone would not keep them to one."""
        steps = self.case.it.free_power()
        return {
            name: (np.asarray(one.net_kw.value)[steps] >= 0.0).astype(float) for name, one in self.batteries.items()
        }

    def source_power_kw(self) -> dict[str, FloatArray]:
        """Return the solution's IT power by source."""
        return {source: np.asarray(kw.value, dtype=float) for source, kw in self._power.items()}

    @property
    def cost(self) -> float:
        """The solution's cost on the surrogate."""
        return float(self.problem.objective.value)

    def _pool(self, name: str) -> PoolPlan:
        fixed = (self.form.servers or {}).get(name)
        return PoolPlan(self.problem, self.case.it.pools[name], self._work_kw[name], fixed)

    def _jobs(self, pool: str) -> JobsPlan:
        value, form = self.case.work_value_per_kwh, self.form
        exact, taken = form.integer or form.whole_jobs, (form.jobs or {}).get(pool)
        return JobsPlan(
            self.problem,
            self.case.it.jobs[pool],
            value,
            exact=exact,
            taken=taken,
            only=(form.near_jobs or {}).get(pool),
        )

    def _work(self, pool: str) -> Any:
        """Return the power of the work and the jobs of a pool."""
        parts = [self.jobs[pool].power_kw] if pool in self.jobs else []
        parts += [] if self.works is None else self.works.pool_kw(pool)
        return sum(parts) if parts else cp.Constant(np.zeros(self.case.it.inputs.steps))

    def _source_power(self) -> dict[str, Any]:
        """Return IT power by source; work counts with its pool."""
        base = {hall: cp.Constant(kw) for hall, kw in self.case.it.heat.base_kw().items()}
        return base | {name: pool.power_kw + self._work_kw[name] for name, pool in self.pools.items()}

    def _heat(self, plant_id: str) -> tuple[Any, Any]:
        """Return the heat that a plant room removes, and the part of it that comes from the racks."""
        if plant_id not in self._heats:
            heat = self.case.it.heat
            shares = {source: heat.heat_share(plant_id, source) for source in self._power}
            total = sum(share * self._power[source] for source, share in shares.items() if share != 0.0)
            at_racks = self.problem.defined(total - heat.taken_kw(plant_id))
            added = self.heat.added_kw(self.case.it.inputs.plant(plant_id))
            removed = at_racks
            if added is not None:
                removed = cp.Variable(at_racks.shape)
                self._heat_laws[plant_id] = removed == at_racks + added
                self.problem.law(self._heat_laws[plant_id])
            self._heats[plant_id] = removed, at_racks
        return self._heats[plant_id]

    def _plant(self, name: str) -> RelaxedPlant | FixedPlant:
        case, form, (heat_kw, it_kw) = self.case.plants[name], self.form, self._heat(name)
        if form.points is not None:
            for (equipment, sign), most_kw in form.points[name].most_kw.items():
                borne = heat_kw if equipment == name else self._air_kw(name, equipment)
                self._bear(equipment, sign, borne, most_kw)
            return FixedPlant(self.problem, case, heat_kw, it_kw, form.points[name])
        only = (form.only or {}).get(name)
        return RelaxedPlant(self.problem, case, heat_kw, it_kw, integer=form.integer, only=only, loose=form.loose)

    def _air_kw(self, plant_id: str, hall: str) -> Any:
        """Return the heat that a hall's air brings to a plant."""
        column = self.case.it.inputs.plant(plant_id).halls.index(hall)
        return sum(self.case.it.heat.share(plant_id, source)[column] * kw for source, kw in self._power.items())

    def _bear(self, equipment: str, sign: float, heat_kw: Any, most_kw: FloatArray) -> None:
        known, name = np.isfinite(most_kw), "cooling capacity" if sign > 0.0 else "minimum plant load"
        excess = cp.multiply(sign * known, heat_kw) - np.where(known, most_kw, 1.0)
        self.problem.limit(name, equipment, excess, "kW")

    def _battery(self, name: str) -> BatteryPlan:
        exact = self.form.integer or self.form.points is not None
        one_way, charging = self.case.it.free_power() if exact else None, (self.form.charging or {}).get(name)
        return BatteryPlan(self.problem, self.case.it.batteries[name], one_way, charging)

    def _charge_from_the_sun(self) -> None:
        """Hold batteries that charge from photovoltaics alone to what these deliver."""
        held = {name: battery for name, battery in self.batteries.items() if battery.case.from_sun_only}
        if held:
            sun_kw = sum((array.delivered_kw for array in self.arrays.values()), self.case.it.inputs.fixed_solar_kw)
            taken_kw = sum(battery.charge_kw for battery in held.values())
            excess_kw = taken_kw - sun_kw - self.case.it.grid_charge_kw()
            self.problem.limit("charge from photovoltaics", " and ".join(held), excess_kw, "kW")

    def _electrical(self) -> None:
        inputs, it = self.case.it.inputs, self.case.it
        hall_kw = {hall: cp.Constant(np.zeros(inputs.steps)) for hall in inputs.it_power_kw}
        for source, kw in self._power.items():
            hall_kw[it.heat.hall_of[source]] = hall_kw[it.heat.hall_of[source]] + kw
        fans = self._server_fans()
        for hall, kw in fans.items():
            hall_kw[hall] = hall_kw[hall] + kw
        chain = ChainPlan(self.problem, inputs.site.electrical, hall_kw, self._hall_ranges(fans), it.free_power())
        relaxed = self.form.points is None and not self.form.integer  # a bound must not be the tighter for our pieces
        below_kw = 0.0 if relaxed else critical_error_kw(inputs.site.electrical)
        for battery in self.batteries.values():
            battery.keep_reserve(self.problem, chain.ups_output_kw + below_kw, chain.critical_high_kw + below_kw)
        others: list[Any] = [inputs.beside_kw - sum(fans.values(), np.zeros(inputs.steps))]
        others += [plant.power_kw for plant in self.plants.values()]
        others += [battery.net_kw for battery in self.batteries.values()]
        others += [-array.delivered_kw for array in self.arrays.values()]
        others += [pump.power_kw for pump in self.heat.pumps.values()]
        site_kw = chain.site_kw(cp.sum(cp.vstack(others), axis=0), self._other_range())
        margin_kw = 0.0 if relaxed else piece_error_kw(inputs.site.electrical)
        self.grid = GridPlan(self.problem, inputs, site_kw, margin_kw, self._given_back_kw(margin_kw))
        for commitment in it.commitments:
            plan_commitment(self.problem, commitment, self.grid.site_kw, margin_kw)

    def _given_back_kw(self, margin_kw: float) -> FloatArray:
        """Return what arrays will give way by where a cap's margin leaves no room: `within_export_limit` holds them down then."""
        it = self.case.it
        overlap = overlap_kw(it.commitments, it.inputs, margin_kw)
        available_kw = sum((case.available_kw for case in it.arrays.values()), np.zeros(it.inputs.steps))
        return np.where(available_kw >= overlap, overlap, 0.0)

    def _weigh_goals(self) -> Any:
        """Put the weights of goals beside the costs, hold goals to their caps; return the costs without the weights."""
        inputs = self.case.it.inputs
        later = (1.0 - inputs.terminal_money_frac) * cp.sum(self.problem.costs.get("terminal", [cp.Constant(0.0)]))
        values = {goal: self.goal(goal) for goal in goals.WEIGHED if goals.weight_of(inputs.weighed, goal) > 0.0}
        if goals.PEAK in values:
            self.problem.cost("weights", inputs.weighed.peak_per_kw * values[goals.PEAK])
        money = self.problem.objective - later - goals.weighed(inputs.weighed, values)
        for name, cap in inputs.goal_caps.items():
            goal = money if name == goals.COST else self.goal(name)
            self.problem.limit(f"goal {name}", "site", goal + self.grid.goal_margin(name) - cap, goals.UNITS[name])
        return money

    def _server_fans(self) -> dict[str, FloatArray]:
        """Server fans beyond the reference inlet: known with the path, they are metered at the racks."""
        fans: dict[str, FloatArray] = {}
        for name, point in (self.form.points or {}).items():
            for index, hall in enumerate(self.case.it.inputs.plant(name).halls):
                fans[hall] = fans.get(hall, 0.0) + point.server_fan_kw[:, index]
        return fans

    def _hall_ranges(self, fans: Mapping[str, FloatArray]) -> dict[str, Range]:
        ranges = self.case.it.hall_ranges()
        return {hall: (low + fans.get(hall, 0.0), high + fans.get(hall, 0.0)) for hall, (low, high) in ranges.items()}

    def _other_range(self) -> tuple[FloatArray, FloatArray]:
        battery_kw = sum(case.battery.power_kw for case in self.case.it.batteries.values())
        inputs = self.case.it.inputs
        low, high = (np.full(inputs.steps, inputs.beside_kw + sign * battery_kw) for sign in (-1.0, 1.0))
        low = low - sum((array.available_kw for array in self.case.it.arrays.values()), np.zeros(inputs.steps))
        for pump in self.case.it.thermal.pumps.values():
            high = high + pump.line_kw(pump.most_kw)
        for case in self.case.plants.values():
            overhead = case.overhead_range_kw()
            low, high = low + overhead[0], high + overhead[1]
        return low, high


def _naming(case: SiteCase) -> Naming:
    inputs = case.it.inputs
    return Naming(round(inputs.start.timestamp() / inputs.site.step.total_seconds()), inputs.steps)
