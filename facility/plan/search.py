"""The search for a plan: choose and restrict in turn until nothing changes, verify each, branch and bound if none holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from facility.errors import NoPlanFoundError
from facility.plan.assembly import Form, SitePlan
from facility.plan.borne import Borne
from facility.plan.case import SiteCase
from facility.plan.choose import Chooser
from facility.plan.cooling_plant import PathPoint, StatePath
from facility.plan.deadline import Deadline
from facility.plan.decisions import Decisions
from facility.plan.electrical import electrical_chain
from facility.plan.export_limit import within_export_limit
from facility.plan.hall import approach
from facility.plan.inputs import PlantNow
from facility.plan.moves import Moves
from facility.plan.problem import ProvenInfeasibleError
from facility.plan.restrict import WHOLE_S, BlockedError, branch_and_bound, neighbourhood, restrict
from facility.plan.server_plan import Servers
from facility.plan.simulate import Simulation, cost_of, run_plant, simulate, source_power
from facility.plan.statistics import SolveStatistics
from facility.plan.verify import violations
from facility.plan.vertices import power_along, water_along
from facility.plan.whole_servers import whole_servers
from facility.records import FloatArray, LimitShortfall
from models.cooling import BoolArray, JointState

ROUNDS = 4  # of choose and restrict; two are usual
POLISH_GAP = 0.005  # of the cost; above it branch and bound looks near the states found
POLISH_S = 20.0
POLISH_STATES = 1000  # with 1,671 of them (`tools/bench plan`) that time brought nothing
UNDECIDED = Form()
REPAIRS = 3  # of a plan that verification refused


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A verified plan: the solved problem it came from and its re-simulation."""

    plan: SitePlan
    paths: Mapping[str, StatePath]
    run: Simulation
    surrogate_cost: float


@dataclass(eq=False)
class Search:
    """Keeps the best verified plan; what failed verification is forbidden by state and step, and named."""

    case: SiteCase
    statistics: SolveStatistics
    deadline: Deadline
    polish_gap: float = POLISH_GAP
    best: Found | None = None
    failures: list[LimitShortfall] = field(default_factory=list)
    seen: dict[str, list[StatePath]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        inputs, said = self.case.it.inputs, self.case.said
        self._choosers = {
            name: Chooser(
                plant,
                inputs.plant(name),
                inputs.step_h,
                0.0 if said is None else said.state_prices(plant, inputs),
                set() if said is None else said.states_of(plant),
            )
            for name, plant in self.case.plants.items()
        }
        self._borne = {name: self._borne_by(name) for name in self.case.plants}
        self.seen = {name: [] for name in self.case.plants}

    def run(self, relaxed: SitePlan) -> Found:
        """Return the best verified plan.

        Raises
        ------
        NoPlanFoundError
            If none was found in time; with what was short in those that were tried.
        """
        for _ in range(REPAIRS):
            settled = self._settle(relaxed)
            if settled is None or self._finish(*settled) or self.deadline.left_s <= 0.0:
                break
        if self._gap() > self.polish_gap and self.deadline.left_s > 0.0:
            self._branch_and_bound(relaxed)
        if self.best is None:
            tried = (
                "; ".join(dict.fromkeys(str(failure) for failure in self.failures[:3]))
                or "dwell times and ramps leave no path"
            )
            raise NoPlanFoundError(f"no plan found, nothing proven; short in what was tried: {tried}")
        return self.best

    def _settle(self, relaxed: SitePlan) -> tuple[dict[str, StatePath], SitePlan] | None:
        """Choose and restrict in turn until the states stay; return the cheapest states seen and their solution.

        Servers are those of the relaxation, rounded up: states hardly move them, and what is found may then hold as it is. Where
        they leave no solution, they are free.
        """
        solved, best, tried = relaxed, None, set[bytes]()
        for _ in range(ROUNDS):
            paths = self._choose(solved)
            if paths is None or _key(paths) in tried or self.deadline.left_s <= 0.0:
                break
            tried.add(_key(paths))
            self._remember(paths)
            self.statistics.rounds += 1
            calm, least = (Form(servers=servers) for servers in decided_servers(solved))
            restricted = self._restrict(paths, solved, calm, least, UNDECIDED)
            if restricted is None:
                continue  # these states are forbidden now where they failed
            solved = restricted
            if best is None or solved.cost < best[1].cost:
                best = paths, solved
        return best

    def _gap(self) -> float:
        """Return how far the best plan may be from the best there is, on the surrogate; infinite while there is none."""
        return np.inf if self.best is None else self._gap_of(self.best.surrogate_cost)

    def _gap_of(self, cost: float) -> float:
        return (cost - self.statistics.bound) / max(abs(cost), 1e-9)

    def _choose(self, solved: SitePlan) -> dict[str, StatePath] | None:
        paths: dict[str, StatePath] = {}
        with self.statistics.stage("choose"):
            for name in self._choosers:
                path = self._path(name, solved)
                if path is None:
                    return None
                paths[name] = path
        return paths

    def _path(self, name: str, solved: SitePlan) -> StatePath | None:
        """Choose states for the solution's heat and for what its tanks do; as if they were idle in steps that no state bears.

        Where none bear that either, choose for what tables know: the split that was forecast, nothing direct. What they bear is
        then learned.
        """
        plant, it, power = self.case.plants[name], self.case.it, solved.source_power_kw()
        model, chooser, tanks = it.inputs.plant(name), self._choosers[name], solved.heat
        price, at_racks = solved.plants[name].power_price, solved.it_heat_kw(name)
        idle = np.zeros(it.inputs.steps, dtype=bool)
        while True:
            load = it.thermal.load(model, power, tanks.decisions(idle=idle))
            heat, suits = solved.heat_kw(name) - tanks.charged_kw(name) * idle, tanks.suiting(plant, idle=idle)
            path = chooser.choose(heat, at_racks, load, price, suits)
            if path is not None or not tanks.tanks or idle.all():
                break
            stuck = chooser.stuck & ~idle
            idle = idle | stuck if stuck.any() else np.ones_like(idle)
        return chooser.choose(heat, at_racks, self._borne[name].known(load), price, suits) if path is None else path

    def _restrict(self, paths: Mapping[str, StatePath], solved: SitePlan, *decided: Form) -> SitePlan | None:
        """Solve with these states, exact at the heat of the last solution; forbid them where they leave no solution.

        Of what is `decided`, the first that has a solution counts.
        """
        with self.statistics.stage("restrict"):
            points = {name: self._point(name, path, solved) for name, path in paths.items()}
            for one in decided:
                try:
                    form = replace(one, points=points, charging=solved.charging())
                    return restrict(self.case, form, self.deadline.solver_s(), self.deadline.solver_s(WHOLE_S))
                except BlockedError as error:
                    blocked = error
            self.failures[:0] = blocked.shortfalls
            self._forbid(paths, blocked.steps)
            return None

    def _finish(self, paths: Mapping[str, StatePath], solved: SitePlan) -> bool:
        """Verify; keep the plan if it holds, learn what states that do not bear, or forbid them.

        Before, decide what is not, and solve again. Where only a power is off, solve once more: the pieces are exact at the heat
        of the solution before.
        """
        whole = self._whole(paths, solved)
        if whole is None:
            return False
        solved, jobs = whole
        decided = [Form(servers=servers, jobs=jobs, running=solved.running()) for servers in decided_servers(solved)]
        plan = solved if solved.decided else None
        for _ in range(REPAIRS):
            plan = plan or self._restrict(paths, solved, *decided)
            if plan is None:
                return False
            run, broken = self._verified(plan, paths)
            if not broken:
                self._keep(plan, paths, run)
                return True
            if any(not plant.response.feasible.all() for plant in run.plants.values()):
                break
            solved, plan = plan, None
        self.failures.extend(broken)
        for name, plant in run.plants.items():
            self._forbid({name: paths[name]}, self._borne[name].learn(plant, paths[name]))
        return False

    def _whole(self, paths: Mapping[str, StatePath], solved: SitePlan) -> tuple[SitePlan, dict[str, FloatArray]] | None:
        """Solve with whole jobs, where some are not divisible, and heat pumps on or off, where they are not.

        Prices tell when pumps run; binaries do, where that is dear. Return the solution and the choices of jobs taken.
        """
        jobs, pumps = any(case.choices.single.any() for case in self.case.it.jobs.values()), False
        running = solved.running()
        if not solved.heat.on_or_off:
            priced = self._restrict(paths, solved, Form(running=running))
            pumps = priced is None or self._gap_of(priced.cost) > self.polish_gap
            solved = solved if priced is None else priced
        if jobs or pumps:
            near = {pool: one.near() for pool, one in solved.jobs.items()}
            decided = Form(whole_jobs=jobs, near_jobs=near if jobs else None, whole_pumps=pumps)
            found = self._restrict(paths, solved, decided if pumps else replace(decided, running=running))
            if found is None:
                return None
            solved = found
        return solved, {pool: jobs.decided for pool, jobs in solved.jobs.items()}

    def _verified(self, plan: SitePlan, paths: Mapping[str, StatePath]) -> tuple[Simulation, list[LimitShortfall]]:
        with self.statistics.stage("verify"):
            value = self.case.work_value_per_kwh
            run = simulate(self.case.it, decisions_from(plan, paths), value)
            run = within_export_limit(self.case.it, run, value)
            return run, violations(self.case.it, run)

    def _keep(self, plan: SitePlan, paths: Mapping[str, StatePath], run: Simulation) -> None:
        if self.best is None or run.cost.total_cost < self.best.run.cost.total_cost:
            self.best = Found(plan, paths, run, _surrogate_cost(self.case, run, paths))

    def _point(self, name: str, path: StatePath, solved: SitePlan) -> PathPoint:
        """Ask the plant model for the path at the heat of the last solution."""
        plant, it, heat, at_racks = self.case.plants[name], self.case.it, solved.heat_kw(name), solved.it_heat_kw(name)
        model = it.inputs.plant(name)
        load = it.thermal.load(model, solved.source_power_kw(), solved.heat.decisions())
        (run,) = run_plant(it.inputs, model, [published(self.case, name, path)], [load])
        pieces = power_along(plant.table, path, heat, at_racks)
        correction = np.where(run.response.feasible, run.response.overhead_kw - pieces, 0.0)
        wetter = run.response.makeup_water_lps - water_along(plant.table, path, heat)
        fans = np.where(run.response.feasible[:, None], run.response.server_fan_kw, 0.0)
        wetter = np.where(run.response.feasible, wetter, 0.0)
        return PathPoint(path, correction, fans, wetter, self._borne[name].along(path))

    def _borne_by(self, name: str) -> Borne:
        heat, model = self.case.it.heat, self.case.it.inputs.plant(name)
        return Borne(model, self.case.plants[name].table, heat.load(model, heat.base_kw()))

    def _remember(self, paths: Mapping[str, StatePath]) -> None:
        for name, path in paths.items():
            self.seen[name].append(path)

    def _forbid(self, paths: Mapping[str, StatePath], steps: BoolArray) -> None:
        for name, path in paths.items():
            where = np.flatnonzero(steps)
            self._choosers[name].forbidden[where, path[where]] = True

    def _branch_and_bound(self, relaxed: SitePlan) -> None:
        forbidden = {name: chooser.forbidden for name, chooser in self._choosers.items()}
        with self.statistics.stage("branch and bound"):
            only = neighbourhood(self.case, relaxed, self.seen, forbidden)
            if self.best is not None and sum(int(near.sum()) for near in only.values()) > POLISH_STATES:
                return
            try:
                exact, paths = branch_and_bound(self.case, only, self.deadline.solver_s(POLISH_S))
            except (ProvenInfeasibleError, NoPlanFoundError):
                return  # not proof: only these states were allowed; `run` says that no plan was found
        restricted = self._restrict(paths, exact, UNDECIDED)
        if restricted is not None:
            self._finish(paths, restricted)


def decided_servers(plan: SitePlan) -> tuple[dict[str, Servers], dict[str, Servers]]:
    """Return whole servers of a solution's pools: the calm ones, and the fewest, where those leave no solution."""
    whole = {name: whole_servers(pool.case, pool.servers) for name, pool in plan.pools.items() if pool.case.planned}
    calm, least = ({name: either[which] for name, either in whole.items()} for which in (0, 1))
    return calm, least


def _key(paths: Mapping[str, StatePath]) -> bytes:
    return b"".join(path.tobytes() for path in paths.values())


def _surrogate_cost(case: SiteCase, run: Simulation, paths: Mapping[str, StatePath]) -> float:
    """Return what the decisions cost with the pieces in place of the plant models: comparable with the bound."""
    it, decisions, power = case.it, run.decisions, source_power(case.it, run.decisions)
    heat = {name: it.thermal.load(it.inputs.plant(name), power, decisions, lines=True).heat_kw for name in paths}
    pieces = [
        power_along(case.plants[name].table, path, heat[name], it.it_heat_kw(name, power))
        for name, path in paths.items()
    ]
    water = [water_along(case.plants[name].table, path, heat[name]) for name, path in paths.items()]
    other_kw = np.asarray(sum(pieces) + it.net_charge_kw(decisions, lines=True) + it.inputs.beside_kw)
    hall_kw = it.heat.hall_kw(power)
    site_kw = electrical_chain(it.inputs.site.electrical).power(hall_kw, other_kw).site_kw
    return cost_of(it, decisions, site_kw, np.asarray(sum(water)), case.work_value_per_kwh).total_cost


def decisions_from(plan: SitePlan, paths: Mapping[str, StatePath]) -> Decisions:
    """Read the decisions from a solved restricted problem; solver noise is cut off at the variables' own bounds."""
    batteries = plan.case.it.batteries
    return Decisions(
        states={name: published(plan.case, name, path) for name, path in paths.items()},
        awake={name: np.round(pool.awake.value) for name, pool in plan.pools.items() if pool.case.planned},
        work_kw=_work_kw(plan),
        charge_kw={
            name: np.clip(battery.net_kw.value, -batteries[name].battery.power_kw, batteries[name].battery.power_kw)
            for name, battery in plan.batteries.items()
        },
        jobs_kw={
            one.job.id: kw
            for jobs in plan.jobs.values()
            for one, kw in zip(jobs.case.jobs, jobs.case.choices.powers_kw(jobs.decided), strict=True)
        },
        slowed={name: np.round(pool.slowed.value) for name, pool in plan.pools.items() if pool.slowed is not None},
        array_limit_kw={
            name: plan.case.it.arrays[name].limit_kw(np.asarray(array.delivered_kw.value))
            for name, array in plan.arrays.items()
        },
        cold_kw=plan.heat.decisions().cold_kw,
        heat_kw=plan.heat.decisions().heat_kw,
    )


def _work_kw(plan: SitePlan) -> dict[str, FloatArray]:
    if plan.works is None:
        return {}
    rows = zip(plan.case.it.works.items(), plan.works.solved_kw(), strict=True)
    return {name: np.clip(kw, 0.0, work.max_power_kw) for (name, work), kw in rows}


def published(case: SiteCase, plant_id: str, path: StatePath) -> tuple[JointState, ...]:
    """Return the setpoints to publish: the chosen states, approached within the ramps from the measured setpoints."""
    plant, now = case.plants[plant_id], case.it.inputs.plants_now[plant_id]
    return approached([plant.table.states[state] for state in path], now, plant.moves)


def approached(targets: list[JointState], now: PlantNow, moves: Moves) -> tuple[JointState, ...]:
    """Follow target states from the present setpoints, no faster than the ramps."""
    water = approach(now.leaving_water_degc, [state.leaving_water_degc for state in targets], moves.water_step_k)
    air = [
        approach(now.supply_air_degc[hall], [state.supply_air_degc[hall] for state in targets], float(step_k))
        for hall, step_k in enumerate(moves.air_step_k)
    ]
    return tuple(
        JointState(
            state.mode,
            float(water[t]),
            tuple(float(course[t]) for course in air),
            state.chillers_on,
            state.dampers_open,
        )
        for t, state in enumerate(targets)
    )
