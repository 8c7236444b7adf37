"""What each lever of a plan saves: put back alone to its present value, re-simulated, with its interval."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from facility.plan import decisions as names
from facility.plan.case import ItCase
from facility.plan.decisions import Decisions, crahs_of
from facility.plan.inputs import DAY_H, PlantNow
from facility.plan.simulate import (
    Path,
    PlantRun,
    Simulation,
    answered_run,
    evaluate_paths,
    simulate_all,
    unlike,
    with_plant,
)
from facility.records import FloatArray, Interval, LeverSaving
from models.cooling import JointState, Mode, PlantModel, PlantResponse

COMING_H = 1.0  # savings in kW are means over the coming hour
Options = Sequence[Path]
_POWERS = (
    (names.WORK, "work_kw"),
    (names.CHARGE, "charge_kw"),
    (names.ARRAY_LIMIT, "array_limit_kw"),
    (names.CHARGE, "cold_kw"),
    (names.HEAT, "heat_kw"),
)
FOLLOWS = "goes with the plant's state; its part of the saving is counted there"


@dataclass(frozen=True, slots=True, eq=False)
class Lever:
    """A setpoint that moves as one."""

    equipment: str
    quantity: str
    targets: tuple[str, ...]
    current: float | None
    recommended: float
    unit: str
    kept_steps: int = 0  # steps in which it cannot go back alone


class Explainer:
    """Compares a plan with the same plan less one lever."""

    def __init__(self, it: ItCase, plan: Simulation, held: Simulation, work_value_per_kwh: float) -> None:
        self._it, self._plan, self._held, self._value = it, plan, held, work_value_per_kwh

    def savings(self) -> list[LeverSaving]:
        """Return what each lever saves."""
        return [self._saving(lever, back) for lever, back in self._levers()]

    def _levers(self) -> Iterator[tuple[Lever, Simulation | None]]:
        """Yield levers and the plan with each put back alone; None where it follows from the others."""
        for plant in self._it.inputs.plants:
            yield from self._put_back(plant, list(self._plant_levers(plant)))
            yield from ((lever, None) for lever in self._followers(plant))
        moved = list(self._it_levers())
        if moved:
            asked = [(self._it, decisions) for _, decisions in moved]
            yield from zip(
                (lever for lever, _ in moved), simulate_all(asked, self._value, unlike(self._plan)), strict=True
            )

    def _plant_levers(self, plant: PlantModel) -> Iterator[tuple[Lever, Options]]:
        """Yield the levers of a plant and the states with each put back: of several options the cheapest counts."""
        now, name = self._it.inputs.plants_now[plant.plant_id], plant.plant_id
        states = self._plan.decisions.states[name]
        first, counts = states[0], [None, *sorted({state.chillers_on for state in plant.states()})]
        water = Lever(name, names.LEAVING_WATER, (), now.leaving_water_degc, first.leaving_water_degc, "degC")
        yield water, [_each(states, lambda one: replace(one, leaving_water_degc=now.leaving_water_degc))]
        mode = Lever(name, names.MODE, (), float(now.mode), float(first.mode), "enum")
        yield mode, [_each(states, partial(_with_mode, now=now, chillers=count)) for count in counts]
        chillers = Lever(name, names.CHILLERS, (), float(now.chillers_on), float(first.chillers_on), "count")
        yield chillers, [_each(states, lambda one: replace(one, chillers_on=now.chillers_on))]
        dampers = names.dampers_of(self._it.inputs, plant)
        if dampers:
            moved = tuple(f"{one}.{names.MODE}" for one in dampers)
            lever = Lever(dampers[0], names.DAMPERS, moved, float(now.dampers_open), float(first.dampers_open), "enum")
            yield lever, [_each(states, partial(_with_dampers, now=now, chillers=count)) for count in counts]
        for index, hall in enumerate(plant.halls):
            targets = tuple(f"{crah.id}.{names.SUPPLY_AIR}" for crah in crahs_of(self._it.inputs, plant, hall))
            if not targets:
                continue  # no CRAH of the hall is in service
            current = now.supply_air_degc[index]
            air = Lever(hall, names.SUPPLY_AIR, targets, current, first.supply_air_degc[index], "degC")
            yield air, [_each(states, partial(_with_air, hall=index, supply_air_degc=current))]

    def _put_back(
        self, plant: PlantModel, levers: Sequence[tuple[Lever, Options]]
    ) -> Iterator[tuple[Lever, Simulation]]:
        """Yield levers of a plant and the plan with each put back; the plant is asked about all of them at once."""
        plan = self._plan.plants[plant.plant_id]
        paths = [path for _, options in levers for path in options]
        answers = evaluate_paths(plant, paths, [plan.load] * len(paths), plan)
        for lever, options in levers:
            states, response, kept = _cheapest(options, list(itertools.islice(answers, len(options))), plan)
            run = answered_run(self._it.inputs, plant, states, plan.load, response)
            targets = lever.targets or (f"{lever.equipment}.{lever.quantity}",)
            back = with_plant(self._it, self._plan, plant.plant_id, run, self._value)
            yield replace(lever, targets=targets, kept_steps=kept), back

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

    def _it_levers(self) -> Iterator[tuple[Lever, Decisions]]:
        """Yield the other levers and the decisions with each put back."""
        plan, held = self._plan.decisions, self._held.decisions
        for name, awake in plan.awake.items():
            back = replace(plan, awake={**plan.awake, name: self._awake_enough(name)})
            targets, now = (f"{name}.{names.AWAKE}",), self._it.pools[name].awake_now
            yield Lever(name, names.AWAKE, targets, now, awake[0], "count"), back
        for name, counts in plan.slowed.items():
            for row, (quantity, now) in enumerate(zip(names.SLOWED, self._it.pools[name].slowed_now, strict=False)):
                others = counts.sum(axis=0) - counts[row]
                course = np.minimum(now, plan.awake[name] - others)
                alone = np.where((np.arange(len(counts)) == row)[:, None], course, counts)
                back = replace(plan, slowed={**plan.slowed, name: alone})
                yield Lever(name, quantity, (f"{name}.{quantity}",), float(now), counts[row, 0], "count"), back
        for quantity, field in _POWERS:
            planned, present = getattr(plan, field), getattr(held, field)
            for name, kw in planned.items():
                back = replace(plan, **{field: {**planned, name: present[name]}})
                now = self._heat_now(name) if quantity == names.HEAT else present[name][0]
                yield Lever(name, quantity, (f"{name}.{quantity}",), now, kw[0], "kW"), back

    def _heat_now(self, pump: str) -> float:
        """Return the setpoint of a heat pump in force; where it is not measured, what it delivers as now."""
        delivered_kw = float(self._held.decisions.heat_kw[pump][0])
        return self._it.inputs.setpoints_now.get(f"{pump}.{names.HEAT}", delivered_kw)

    def _awake_enough(self, pool: str) -> FloatArray:
        """Return the servers awake now, or as many as the plan wakes where that is more: its work needs them."""
        return np.asarray(np.maximum(self._plan.decisions.awake[pool], self._held.decisions.awake[pool]))

    def _saving(self, lever: Lever, back: Simulation | None) -> LeverSaving:
        inputs, nothing = self._it.inputs, Interval(0.0, 0.0, 0.0)
        kw = cost = carbon = nothing
        if back is not None:
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
            kw, cost, carbon, self._binding(lever), FOLLOWS if back is None else self._reason(lever),
        )  # fmt: skip

    def _width_kw(self, back: Simulation) -> FloatArray:
        """Half-width of the difference: both models' errors where states differ, in proportion where only heat does."""
        square = np.zeros(self._it.inputs.steps)
        for name, run in self._plan.plants.items():
            other = back.plants[name]
            if other.response is run.response:
                continue
            differ = np.array(
                [one is not two and one != two for one, two in zip(run.states, other.states, strict=True)]
            )
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
        if lever.kept_steps:
            return f"the present value is not possible with the rest of the plan in {lever.kept_steps} of {steps} steps"
        return "least cost over the horizon with the rest of the plan"


def _cheapest(options: Options, answers: Sequence[PlantResponse], plan: PlantRun) -> tuple[Path, PlantResponse, int]:
    """Take in each step the option of least power that is feasible; the plan's own state where none is: in how many steps."""
    power_kw = [np.where(one.feasible, np.nan_to_num(one.overhead_kw), np.inf) for one in answers]
    kept = np.isinf(np.min(power_kw, axis=0))
    taken = np.where(kept, len(options), np.argmin(power_kw, axis=0))
    states = tuple([*options, plan.states][option][step] for step, option in enumerate(taken))
    rows = taken * len(taken) + np.arange(len(taken))
    return states, PlantResponse.of([*answers, plan.response]).at(rows), int(kept.sum())


def _each(states: Path, change: Callable[[JointState], JointState]) -> Path:
    """Return states changed; those that are alike, of which there are many, at once."""
    changed = {state: change(state) for state in dict.fromkeys(states)}
    return tuple(changed[state] for state in states)


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
