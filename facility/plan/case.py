"""What is known before anything is solved: tables, ranges and the state of every asset, prepared once for a plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from facility.plan.bases import Bases
from facility.plan.calm import Said
from facility.plan.commitments import CommitmentCase, commitment_cases
from facility.plan.cooling_plant import PlantCase, narrowed_case
from facility.plan.decisions import Decisions
from facility.plan.electrical import critical_error_kw, electrical_chain
from facility.plan.heat_and_cold import HeatAndCold
from facility.plan.inputs import PlanInputs
from facility.plan.it_heat import ItHeat
from facility.plan.job_case import JobCase
from facility.plan.jobs import WorkCase
from facility.plan.moves import FirstStep, Moves, StateFeatures
from facility.plan.named_servers import NamedPool
from facility.plan.photovoltaics import ArrayCase
from facility.plan.ready import ready_notes
from facility.plan.servers import PoolCase
from facility.plan.storage import BatteryCase
from facility.plan.tank import TankCase
from facility.plan.vertices import power_at
from facility.records import FloatArray, LimitShortfall
from models.cooling import BoolArray
from models.surrogate import StateTable

Range = tuple[FloatArray, FloatArray]


@dataclass(frozen=True, slots=True, eq=False)
class ItCase:
    """Servers, work, batteries, arrays and promises before solving, and the range of power of each source of IT heat."""

    inputs: PlanInputs
    heat: ItHeat
    pools: Mapping[str, PoolCase]
    works: Mapping[str, WorkCase]
    batteries: Mapping[str, BatteryCase]
    arrays: Mapping[str, ArrayCase]
    commitments: Sequence[CommitmentCase]
    thermal: HeatAndCold
    moves: Mapping[str, Moves]  # by plant
    jobs: Mapping[str, JobCase] = field(default_factory=dict)  # by pool

    @classmethod
    def of(cls, inputs: PlanInputs) -> ItCase:
        """Prepare what is measured well enough to be planned."""
        site = inputs.site
        pools = {pool.id: PoolCase(inputs, pool) for pool in site.server_pools}
        spare = {pool: case.spare_kw.copy() for pool, case in pools.items()}
        jobs = {
            pool: JobCase(inputs, pool, _room(pools[pool], spare[pool])) for pool in {job.pool for job in inputs.jobs}
        }
        for pool, job_case in jobs.items():
            spare[pool] -= job_case.packed_kw
        works: dict[str, WorkCase] = {}
        for work in sorted(site.deferrable_work, key=lambda work: work.due_within_h):
            works[work.id] = WorkCase(inputs, work, _room(pools[work.pool], spare[work.pool]))
            spare[work.pool] -= works[work.id].soonest_kw
        batteries = {
            battery.id: BatteryCase(inputs, battery)
            for battery in site.batteries
            if battery.dispatchable
            and battery.id in inputs.state_of_charge_frac
            and site.in_service(battery.id, inputs.start)
        }
        arrays = {array.id: ArrayCase(inputs, array) for array in site.photovoltaics if array.id in inputs.available_kw}
        heat, promised = ItHeat(inputs), commitment_cases(inputs)
        moves = {plant.plant_id: Moves.of(inputs, plant) for plant in inputs.plants}
        return cls(inputs, heat, pools, works, batteries, arrays, promised, HeatAndCold.of(inputs, heat), moves, jobs)

    def under(self, inputs: PlanInputs) -> ItCase:
        """Return the same at other load, weather or prices: what was found of machines, work and stores stays."""
        heat = ItHeat(inputs)
        return replace(self, inputs=inputs, heat=heat, thermal=replace(self.thermal, inputs=inputs, heat=heat))

    def source_ranges(self) -> dict[str, Range]:
        """Return the least and most power of each source in each step."""
        ranges: dict[str, Range] = {hall: (kw, kw) for hall, kw in self.heat.base_kw().items()}
        for name, pool in self.pools.items():
            low, high = pool.power_range_kw()
            ranges[name] = low, high + (self.jobs[name].most_kw if name in self.jobs else 0.0)
        for name, work in self.works.items():
            ranges[name] = np.zeros(work.steps), np.asarray(work.max_power_kw)
        return ranges

    def named_pools(self) -> Iterator[tuple[str, NamedPool]]:
        """Yield pools whose servers have names."""
        yield from ((name, pool.names) for name, pool in self.pools.items() if pool.names is not None)

    def job_powers_kw(self, pool: str, jobs_kw: Mapping[str, FloatArray]) -> list[FloatArray]:
        """Return the power of each job of a pool; nought where nothing is decided of it."""
        return [jobs_kw.get(one.job.id, np.zeros(self.inputs.steps)) for one in self.jobs[pool].jobs]

    def left_kwh(self, decisions: Decisions) -> float:
        """Return the work that has arrived and is not done at the end, jobs with it."""
        done_kw = [decisions.work_kw[name] for name in self.works]
        left_kwh = sum(case.available_kwh[-1] for case in self.works.values()) - self.inputs.step_h * np.sum(done_kw)
        jobs = (case.left_kwh(self.job_powers_kw(pool, decisions.jobs_kw)) for pool, case in self.jobs.items())
        return float(left_kwh + sum(jobs))

    def hall_ranges(self) -> dict[str, Range]:
        """Return the least and most IT power of each hall."""
        ranges = self.source_ranges()
        low = self.heat.hall_kw({source: span[0] for source, span in ranges.items()})
        high = self.heat.hall_kw({source: span[1] for source, span in ranges.items()})
        return {hall: (low[hall], high[hall]) for hall in low}

    def plant_range(self, plant_id: str) -> Range:
        """Return the least and most IT heat of a plant."""
        low, high = np.zeros(self.inputs.steps), np.zeros(self.inputs.steps)
        for source, span in self.source_ranges().items():
            share = self.heat.heat_share(plant_id, source)
            low, high = low + share * span[0], high + share * span[1]
        taken = self.heat.taken_kw(plant_id)
        return low - taken, high - taken

    def room_range(self, plant_id: str) -> Range:
        """Return the least and most heat that a plant room has to remove, with what tanks and heat pumps add and take."""
        low, high = self.plant_range(plant_id)
        added = self.thermal.plant_range_kw(self.inputs.plant(plant_id))
        return np.maximum(low + added[0], 0.0), high + added[1]

    def it_heat_kw(self, plant_id: str, power_kw: Mapping[str, FloatArray]) -> FloatArray:
        """Return the IT heat of a plant when sources run at their power."""
        total = sum(self.heat.heat_share(plant_id, source) * kw for source, kw in power_kw.items())
        return np.asarray(total - self.heat.taken_kw(plant_id))

    def free_power(self) -> BoolArray:
        """Return the steps in which power may have a negative price: by the tariff, or for want of anywhere to go."""
        inputs, sold = self.inputs, self.inputs.export_price_per_kwh
        bought = inputs.full_price_per_kwh
        price = bought if sold is None or inputs.export_limit_kw == 0.0 else sold + inputs.weighed.energy_per_kwh
        return np.asarray((price < 0.0) | (self._least_drawn_kw() < -inputs.export_limit_kw))

    def spared_per_kw(self) -> FloatArray:
        """Return the least that a kW less through each step saves: what it costs, where the site imports whatever is decided.

        Goals in order have no common price.
        """
        inputs, bought = self.inputs, np.maximum(self.inputs.full_price_per_kwh, 0.0)
        given_kw = sum(case.battery.power_kw for case in self.batteries.values())
        imports = (self._least_drawn_kw() > given_kw) & (not inputs.site.planning.goals)
        return np.asarray(np.where(imports, bought * inputs.step_h, 0.0))

    def _least_drawn_kw(self) -> FloatArray:
        """Return what the site draws at least in each step, cooling and batteries aside."""
        inputs = self.inputs
        least_kw = sum((low for low, _ in self.hall_ranges().values()), inputs.beside_kw)
        return np.asarray(least_kw - sum(case.available_kw for case in self.arrays.values()))

    def solar_kw(self, array_limit_kw: Mapping[str, FloatArray]) -> FloatArray:
        """Return what all photovoltaics deliver."""
        held = sum(case.delivered_kw(array_limit_kw[name]) for name, case in self.arrays.items())
        return np.asarray(held + self.inputs.fixed_solar_kw)

    def grid_charge_kw(self) -> FloatArray:
        """Return what batteries that charge from the sun alone may take from the grid all the same: to keep their reserve."""
        site = self.inputs.site.electrical
        pdus = electrical_chain(site).pdus
        highs = {hall: high for hall, (_, high) in self.hall_ranges().items()}
        losses = (pdus[hall].loss_kw(kw) for hall, kw in highs.items() if hall in pdus)
        critical = sum(highs.values()) + sum(losses) + critical_error_kw(site)
        held = [case for case in self.batteries.values() if case.from_sun_only]
        taken = (case.upkeep_kw(np.asarray(critical)) for case in held)
        return np.asarray(sum(taken, np.zeros(self.inputs.steps)))

    def net_charge_kw(self, decisions: Decisions, *, lines: bool = False) -> FloatArray:
        """Return what batteries and heat pumps take, less what arrays deliver that a plan may hold down."""
        taken = sum(decisions.charge_kw.values(), self.thermal.drawn_kw(decisions, lines=lines))
        return np.asarray(taken + self.inputs.fixed_solar_kw - self.solar_kw(decisions.array_limit_kw))

    def shortfalls(self) -> list[LimitShortfall]:
        """Name limits of servers and work that the measured state breaks already."""
        cases: list[PoolCase | WorkCase | JobCase] = [*self.pools.values(), *self.works.values(), *self.jobs.values()]
        return [shortfall for case in cases for shortfall in case.shortfalls()] + self.thermal.shortfalls()

    def notes(self) -> list[str]:
        """Name what is left as it is because its state is not measured, and what batteries are kept ready for."""
        site, inputs = self.inputs.site, self.inputs
        unmeasured = [pool.pool.id for pool in self.pools.values() if pool.pool.consolidate and not pool.measured]
        notes = [f"{pool}: awake servers or their work not measured; left as they are" for pool in unmeasured]
        fast = [pool.id for pool in site.server_pools if pool.slower_levels and pool.id not in inputs.slowed_servers]
        notes += [f"{pool}: servers at each frequency not measured; counted at full speed" for pool in fast]
        assumed = [pool for pool, names in self.named_pools() if not names.known and names.asleep_now]
        notes += [f"{pool}: which servers sleep now is not known; the names assume some" for pool in assumed]
        awake = [(pool, names.kept_awake) for pool, names in self.named_pools() if names.kept_awake]
        notes += [f"{pool}: not put to sleep when told, kept awake: {', '.join(sorted(one))}" for pool, one in awake]
        idle = [one.id for one in site.batteries if one.dispatchable and one.id not in inputs.state_of_charge_frac]
        notes += [f"{battery}: state of charge not measured; left idle" for battery in idle]
        locked = [one.id for one in site.batteries if not site.in_service(one.id, inputs.start)]
        notes += [f"{battery}: not in service; left idle" for battery in locked]
        dark = [array.id for array in site.photovoltaics if array.curtailable and array.id not in inputs.available_kw]
        notes += [f"{array}: power not measured; counted as nothing, and not held down" for array in dark]
        unknown = [work.id for work in site.deferrable_work if work.id not in inputs.backlog_kwh]
        notes += [f"{work}: backlog not measured; taken as nothing waiting" for work in unknown]
        notes += [
            f"{hall.economizer.id}: dampers not measured, not in service or in a hall on two plants; counted as shut"
            for hall in site.halls
            if hall.economizer is not None
            and hall.economizer.id not in inputs.own_dampers
            and not inputs.breathes(hall.id)
        ]
        notes += [
            f"{unit}: takes no command; expected to open as its envelope says" for unit in sorted(inputs.own_dampers)
        ]
        return [*notes, *ready_notes(inputs, self.batteries.values()), *self.thermal.notes()]


@dataclass(frozen=True, slots=True, eq=False)
class SiteCase:
    """The whole site before solving."""

    it: ItCase
    plants: Mapping[str, PlantCase]
    work_value_per_kwh: float  # of deferrable work left undone at the end
    cold_degc: Mapping[str, float]  # by tank: the water that it takes and gives in this plan
    said: Said | None = None
    bases: Bases = field(default_factory=Bases)

    @classmethod
    def of(
        cls,
        it: ItCase,
        tables: Mapping[str, StateTable],
        work_value_per_kwh: float,
        said: Said | None = None,
        bases: Bases | None = None,
    ) -> SiteCase:
        """Prepare the plants."""
        plants = {plant_id: _plant_case(it, table) for plant_id, table in tables.items()}
        cold = {name: _cold_degc(it, tank, plants[tank.plant_id]) for name, tank in it.thermal.tanks.items()}
        return cls(it, plants, work_value_per_kwh, cold, said, Bases() if bases is None else bases)


def _plant_case(it: ItCase, table: StateTable) -> PlantCase:
    inputs = it.inputs
    now = inputs.plants_now[table.plant_id]
    moves = it.moves[table.plant_id]
    low, high = it.room_range(table.plant_id)
    # Able is what carries the most heat that the step may bring: waking servers and late work may leave no choice.
    most = np.minimum(it.plant_range(table.plant_id)[1][0], table.heat_max_kw[0][table.available[0]].max(initial=0.0))
    able = table.available[0] & (table.heat_max_kw[0] >= most)
    first = FirstStep.of(moves, now, table.states, able)
    held = moves.held_steps(now, inputs.step_h)
    return PlantCase(
        table,
        moves,
        first,
        StateFeatures.of([now]),
        held,
        low,
        high,
        it.free_power(),
        inputs.water_cost_per_lps,
        it.spared_per_kw(),
        now.mode_changed_h,
    )


def _cold_degc(it: ItCase, tank: TankCase, plant: PlantCase) -> float:
    low, high, left = narrowed_case(plant)
    heat = np.clip(np.mean(it.plant_range(plant.plant_id), axis=0)[:, None], low, high)
    price = np.maximum(it.inputs.full_price_per_kwh, 0.0)[:, None]
    cost = np.where(left, power_at(plant.table, heat) * price, np.inf)
    return tank.best_degc(plant.features.leaving_water_degc, cost)


def _room(pool: PoolCase, spare_kw: FloatArray) -> FloatArray:
    return np.asarray(np.maximum(spare_kw, 0.0)) if pool.measured else np.full(pool.steps, np.inf)
