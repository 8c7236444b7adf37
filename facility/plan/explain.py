"""What each lever of a plan saves: put back alone to its present value, re-simulated, with its interval."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from facility.plan import decisions as names
from facility.plan.case import ItCase
from facility.plan.decisions import Decisions, crahs_of
from facility.plan.inputs import DAY_H, PlantNow
from facility.plan.simulate import Simulation, evaluate_path, simulate_all
from facility.records import FloatArray, Interval, LeverSaving
from models.cooling import JointState, Mode, PlantModel

COMING_H = 1.0  # savings in kW are means over the coming hour
FOLLOWS = "goes with the plant's state; its part of the saving is counted there"


@dataclass(frozen=True, slots=True, eq=False)
class Lever:
    """A setpoint that moves as one, and the decisions with it alone put back."""

    equipment: str
    quantity: str
    targets: tuple[str, ...]
    current: float | None
    recommended: float
    unit: str
    back: Decisions | None = None  # None: follows from the other levers
    kept_steps: int = 0  # steps in which it cannot go back alone


class Explainer:
    """Compares a plan with the same plan less one lever."""

    def __init__(self, it: ItCase, plan: Simulation, held: Simulation, work_value_per_kwh: float) -> None:
        self._it, self._plan, self._held, self._value = it, plan, held, work_value_per_kwh

    def savings(self) -> list[LeverSaving]:
        """Return what each lever saves."""
        levers = list(self._levers())
        moved = [lever.back for lever in levers if lever.back is not None and lever.back is not self._plan.decisions]
        runs = dict(zip(map(id, moved), simulate_all(self._it, moved, self._value) if moved else [], strict=True))
        return [self._saving(lever, runs.get(id(lever.back), self._plan)) for lever in levers]

    def _levers(self) -> Iterator[Lever]:
        for plant in self._it.inputs.plants:
            yield from self._plant_levers(plant)
            yield from self._followers(plant)
        yield from self._it_levers()

    def _plant_levers(self, plant: PlantModel) -> Iterator[Lever]:
        now, name = self._it.inputs.plants_now[plant.plant_id], plant.plant_id
        states = self._plan.decisions.states[name]
        first, counts = states[0], sorted({state.chillers_on for state in plant.states()})
        water = Lever(name, names.LEAVING_WATER, (), now.leaving_water_degc, first.leaving_water_degc, "degC")
        yield self._put_back(
            plant, water, [[replace(one, leaving_water_degc=now.leaving_water_degc) for one in states]]
        )
        mode = Lever(name, names.MODE, (), float(now.mode), float(first.mode), "enum")
        yield self._put_back(
            plant, mode, [[_with_mode(one, now, count) for one in states] for count in [None, *counts]]
        )
        chillers = Lever(name, names.CHILLERS, (), float(now.chillers_on), float(first.chillers_on), "count")
        yield self._put_back(plant, chillers, [[replace(one, chillers_on=now.chillers_on) for one in states]])
        dampers = names.dampers_of(self._it.inputs, plant)
        if dampers:
            moved = tuple(f"{one}.{names.MODE}" for one in dampers)
            lever = Lever(dampers[0], names.DAMPERS, moved, float(now.dampers_open), float(first.dampers_open), "enum")
            yield self._put_back(
                plant, lever, [[_with_dampers(one, now, count) for one in states] for count in [None, *counts]]
            )
        for index, hall in enumerate(plant.halls):
            targets = tuple(f"{crah.id}.{names.SUPPLY_AIR}" for crah in crahs_of(self._it.inputs, plant, hall))
            if not targets:
                continue  # no CRAH of the hall is in service
            current = now.supply_air_degc[index]
            air = Lever(hall, names.SUPPLY_AIR, targets, current, first.supply_air_degc[index], "degC")
            yield self._put_back(plant, air, [[_with_air(one, index, current) for one in states]])

    def _put_back(self, plant: PlantModel, lever: Lever, options: Sequence[Sequence[JointState]]) -> Lever:
        back, kept = self._cheapest_back(plant, options)
        decisions = self._plan.decisions
        if back != decisions.states[plant.plant_id]:
            decisions = replace(decisions, states={**decisions.states, plant.plant_id: back})
        targets = lever.targets or (f"{lever.equipment}.{lever.quantity}",)
        return replace(lever, targets=targets, back=decisions, kept_steps=kept)

    def _cheapest_back(
        self, plant: PlantModel, options: Sequence[Sequence[JointState]]
    ) -> tuple[tuple[JointState, ...], int]:
        """Take in each step the option of least power that is feasible, or the plan's own state where none is."""
        run = self._plan.plants[plant.plant_id]
        best, back = np.full(len(run.states), np.inf), list(run.states)
        for option in options:
            same = tuple(option) == run.states
            response = run.response if same else evaluate_path(plant, tuple(option), run.load)
            power = np.where(response.feasible, np.nan_to_num(response.overhead_kw), np.inf)
            cheaper = power < best
            back = [new if better else old for new, old, better in zip(option, back, cheaper, strict=True)]
            best = np.minimum(best, power)
        return tuple(back), int(np.isinf(best).sum())

    def _followers(self, plant: PlantModel) -> Iterator[Lever]:
        """Yield setpoints that the plant model chose best within the state."""
        inputs, response = self._it.inputs, self._plan.plants[plant.plant_id].response
        if np.isfinite(response.condenser_water_degc[0]):
            own = (f"{plant.plant_id}.{names.CONDENSER_WATER}",)
            yield self._follower(plant.plant_id, own, float(response.condenser_water_degc[0]), "degC")
        pads = tuple(f"{cooler}.{names.PADS}" for cooler in names.coolers_of(inputs, plant.plant_id))
        if pads:
            yield self._follower(plant.plant_id, pads, float(response.pads_wet[0]), "enum")
        for index, hall in enumerate(plant.halls):
            fans = tuple(f"{crah.id}.{names.FAN_SPEED}" for crah in crahs_of(inputs, plant, hall))
            if fans:
                yield self._follower(hall, fans, float(response.fan_speed_frac[0, index]), "frac")
        for index, loop_id in enumerate(plant.loops):
            cdus = {cdu.id: share for cdu, share in names.cdus_of(inputs, loop_id)}
            supply = tuple(f"{cdu}.{names.SECONDARY_SUPPLY}" for cdu in cdus)
            if supply:
                yield self._follower(loop_id, supply, float(response.secondary_supply_degc[0, index]), "degC")
            for cdu, share in cdus.items():
                flow_lps = float(response.secondary_flow_lps[0, index]) * share
                yield self._follower(cdu, (f"{cdu}.{names.SECONDARY_FLOW}",), flow_lps, "L/s")

    def _follower(self, equipment: str, targets: tuple[str, ...], recommended: float, unit: str) -> Lever:
        current = self._it.inputs.setpoints_now.get(targets[0])
        quantity = targets[0].split(".", maxsplit=1)[1]
        return Lever(equipment, quantity, targets, current, recommended, unit)

    def _it_levers(self) -> Iterator[Lever]:
        plan, held = self._plan.decisions, self._held.decisions
        for name, awake in plan.awake.items():
            back = replace(plan, awake={**plan.awake, name: self._awake_enough(name)})
            yield Lever(
                name, names.AWAKE, (f"{name}.{names.AWAKE}",), self._it.pools[name].awake_now, awake[0], "count", back
            )
        for name, counts in plan.slowed.items():
            for row, (quantity, now) in enumerate(zip(names.SLOWED, self._it.pools[name].slowed_now, strict=False)):
                others = counts.sum(axis=0) - counts[row]
                course = np.minimum(now, plan.awake[name] - others)
                alone = np.where((np.arange(len(counts)) == row)[:, None], course, counts)
                back = replace(plan, slowed={**plan.slowed, name: alone})
                yield Lever(name, quantity, (f"{name}.{quantity}",), float(now), counts[row, 0], "count", back)
        for name, power in plan.work_kw.items():
            back = replace(plan, work_kw={**plan.work_kw, name: held.work_kw[name]})
            yield Lever(name, names.WORK, (f"{name}.{names.WORK}",), held.work_kw[name][0], power[0], "kW", back)
        for name, power in plan.charge_kw.items():
            back = replace(plan, charge_kw={**plan.charge_kw, name: held.charge_kw[name]})
            yield Lever(name, names.CHARGE, (f"{name}.{names.CHARGE}",), held.charge_kw[name][0], power[0], "kW", back)

        for name, limit in plan.array_limit_kw.items():
            back = replace(plan, array_limit_kw={**plan.array_limit_kw, name: held.array_limit_kw[name]})
            target = f"{name}.{names.ARRAY_LIMIT}"
            yield Lever(name, names.ARRAY_LIMIT, (target,), held.array_limit_kw[name][0], limit[0], "kW", back)

        for name, charge in plan.cold_kw.items():
            back = replace(plan, cold_kw={**plan.cold_kw, name: held.cold_kw[name]})
            yield Lever(name, names.CHARGE, (f"{name}.{names.CHARGE}",), held.cold_kw[name][0], charge[0], "kW", back)
        for name, heat in plan.heat_kw.items():
            back = replace(plan, heat_kw={**plan.heat_kw, name: held.heat_kw[name]})
            yield Lever(name, names.HEAT, (f"{name}.{names.HEAT}",), self._heat_now(name), heat[0], "kW", back)

    def _heat_now(self, pump: str) -> float:
        """Return the setpoint of a heat pump in force; where it is not measured, what it delivers as now."""
        delivered_kw = float(self._held.decisions.heat_kw[pump][0])
        return self._it.inputs.setpoints_now.get(f"{pump}.{names.HEAT}", delivered_kw)

    def _awake_enough(self, pool: str) -> FloatArray:
        """Return the servers awake now, or as many as the plan wakes where that is more: its work needs them."""
        return np.asarray(np.maximum(self._plan.decisions.awake[pool], self._held.decisions.awake[pool]))

    def _saving(self, lever: Lever, back: Simulation) -> LeverSaving:
        inputs, nothing = self._it.inputs, Interval(0.0, 0.0, 0.0)
        kw = cost = carbon = nothing
        if lever.back is not None:
            width_kw = self._width_kw(back)
            coming = slice(0, max(1, round(COMING_H / inputs.step_h)))
            days = inputs.steps * inputs.step_h / DAY_H
            kwh = width_kw * inputs.step_h / days
            kw = _interval(float((back.site_kw - self._plan.site_kw)[coming].mean()), float(width_kw[coming].mean()))
            saved_cost = (back.cost.total_cost - self._plan.cost.total_cost) / days
            cost = _interval(saved_cost, float(kwh @ np.abs(inputs.full_price_per_kwh)))
            saved_kg = (back.cost.carbon_kg - self._plan.cost.carbon_kg) / days
            carbon = _interval(saved_kg, float(kwh @ inputs.carbon_gco2_per_kwh) / 1000.0)
        return LeverSaving(
            lever.equipment, lever.quantity, lever.targets, lever.current, float(lever.recommended), lever.unit,
            kw, cost, carbon, self._binding(lever), self._reason(lever),
        )  # fmt: skip

    def _width_kw(self, back: Simulation) -> FloatArray:
        """Half-width of the difference: both models' errors where states differ, in proportion where only heat does."""
        square = np.zeros(self._it.inputs.steps)
        for name, run in self._plan.plants.items():
            other = back.plants[name]
            differ = np.array([one != two for one, two in zip(run.states, other.states, strict=True)])
            mine, theirs = run.response, other.response
            apart = np.abs(mine.overhead_kw - theirs.overhead_kw) / np.maximum(mine.overhead_kw, 1e-9)
            both = mine.half_width_kw**2 + theirs.half_width_kw**2
            square += np.where(differ, both, (mine.half_width_kw * apart) ** 2)
        return np.asarray(np.sqrt(square))

    def _binding(self, lever: Lever) -> str | None:
        for plant in self._it.inputs.plants:
            if lever.equipment in (plant.plant_id, *plant.halls, *plant.loops):
                return str(self._plan.plants[plant.plant_id].response.binding[0]) or None
        pool = self._it.pools.get(lever.equipment)
        return "headroom" if pool is not None and lever.recommended <= pool.need[:2].max() else None

    def _reason(self, lever: Lever) -> str:
        steps = self._it.inputs.steps
        if lever.back is None:
            return FOLLOWS
        if lever.kept_steps:
            return f"the present value is not possible with the rest of the plan in {lever.kept_steps} of {steps} steps"
        return "least cost over the horizon with the rest of the plan"


def _with_mode(state: JointState, now: PlantNow, chillers: int | None) -> JointState:
    return replace(state, mode=now.mode, chillers_on=state.chillers_on if chillers is None else chillers)


def _with_dampers(state: JointState, now: PlantNow, chillers: int | None) -> JointState:
    return replace(
        state,
        dampers_open=now.dampers_open,
        chillers_on=state.chillers_on if chillers is None or state.mode is Mode.FREE else chillers,
    )


def _with_air(state: JointState, hall: int, supply_air_degc: float) -> JointState:
    air = tuple(supply_air_degc if index == hall else value for index, value in enumerate(state.supply_air_degc))
    return replace(state, supply_air_degc=air)


def _interval(value: float, half_width: float) -> Interval:
    return Interval(value, value - half_width, value + half_width)
