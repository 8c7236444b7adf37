"""Plan after plan: each from noisy readings and forecasts drawn anew, with the one before in force, carried out for an hour."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from facility.learn.twin import Learned, plant_models
from facility.plan.decisions import (
    AWAKE,
    CHILLERS,
    CONDENSER_WATER,
    FAN_SPEED,
    LEAVING_WATER,
    MODE,
    SECONDARY_FLOW,
    SECONDARY_SUPPLY,
    SUPPLY_AIR,
    crahs_of,
)
from facility.plan.inputs import PlanInputs, PlantNow
from facility.plan.planner import PlanResult, make_plan
from facility.records import FloatArray, Plan
from facility.site_file import load_site
from models.cooling import Mode
from models.plant_model import CoolingPlant
from tests.closed_loop.making import TOY
from tools.bench.plan_calm import Noise, noisy
from tools.bench.plan_instance import START

FORECASTS, CHARGE_FRAC, TRAINED_K = Noise(load_frac=0.005, weather_k=0.1, price_frac=0.0), 0.002, 0.4
FOLLOWERS = FAN_SPEED, CONDENSER_WATER, SECONDARY_SUPPLY, SECONDARY_FLOW
Truth = Callable[[datetime], PlanInputs]


def toy_day(hours: float, start: datetime = START) -> PlanInputs:
    """Return inputs of the closed loop's toy site in even weather, load and prices; its racks stand a little below supply air."""
    loaded = load_site(TOY)
    planning = loaded.site.planning.model_copy(update={"horizon_h": hours})
    site = loaded.site.model_copy(update={"planning": planning})
    even = np.ones(round(hours * 60 / planning.step_min))
    (plant,) = plant_models(loaded, Learned(), start, {})
    return PlanInputs(
        site=site,
        site_revision=loaded.revision,
        model_version="nameplate",
        correlation_id="test",
        created=start,
        start=start,
        plants=[_warmer(plant, -2.0)],
        plants_now={"plant-1": PlantNow(Mode.MECHANICAL, 13.0, (22.0,), 1)},
        outdoor_degc=15.0 * even,
        wet_bulb_degc=12.0 * even,
        it_power_kw={"hall-1": 26.0 * even},
        price_per_kwh=0.2 * even,
        carbon_gco2_per_kwh=300.0 * even,
        busy_servers={"pool-1": 50.0 * even},
        awake_servers={"pool-1": 72.0},
        state_of_charge_frac={"battery-1": 0.5},
        backlog_kwh={"jobs": 0.0},
        month_peak_kw=60.0,
        expected_peak_kw=60.0,
    )


def evened(inputs: PlanInputs) -> PlanInputs:
    """Return inputs whose courses all stay at their mean."""

    def even(course: FloatArray) -> FloatArray:
        return np.full(inputs.steps, course.mean())

    return replace(
        inputs,
        outdoor_degc=even(inputs.outdoor_degc),
        wet_bulb_degc=even(inputs.wet_bulb_degc),
        price_per_kwh=even(inputs.price_per_kwh),
        carbon_gco2_per_kwh=even(inputs.carbon_gco2_per_kwh),
        it_power_kw={hall: even(kw) for hall, kw in inputs.it_power_kw.items()},
        busy_servers={pool: even(busy) for pool, busy in inputs.busy_servers.items()},
    )


def read_anew(inputs: PlanInputs, random: np.random.Generator) -> PlanInputs:
    """Return inputs with other forecasts, other charges read and models trained anew."""
    return replace(
        noisy(inputs, random, FORECASTS),
        plants=[_warmer(plant, random.uniform(-TRAINED_K, TRAINED_K)) for plant in inputs.plants],
        state_of_charge_frac={
            name: float(np.clip(frac + CHARGE_FRAC * random.standard_normal(), 0.0, 1.0))
            for name, frac in inputs.state_of_charge_frac.items()
        },
    )


def _warmer(plant: Any, k: float) -> CoolingPlant:
    """Return a plant whose racks stand by so much warmer above supply air: its grid of supply air moves with it."""
    halls = [replace(hall, inlets=replace(hall.inlets, offset_k=hall.inlets.offset_k + k)) for hall in plant.hall_parts]
    moved: CoolingPlant = replace(plant, hall_parts=tuple(halls))
    return moved


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """What plans said, one an hour, and what was in force in each step until the next."""

    results: list[PlanResult]
    done: Mapping[str, FloatArray]

    def moves(self, quantity: str, after_plans: int = 0) -> int:
        """Return how often setpoints of a quantity moved, that of the equipment that moved most."""
        return max(int(np.count_nonzero(np.diff(course))) for course in self._of(quantity, after_plans))

    def moved(self, quantity: str, after_plans: int = 0) -> float:
        """Return how far they moved, all ways added up, that of the equipment that moved most."""
        return max(float(np.abs(np.diff(course)).sum()) for course in self._of(quantity, after_plans))

    def _of(self, quantity: str, after_plans: int) -> Iterator[FloatArray]:
        for key, course in self.done.items():
            if key.endswith(f".{quantity}"):
                yield course[max(after_plans * len(course) // len(self.results) - 1, 0) :]


def roll(truth: Truth, plans: int, seed: int | None) -> Course:
    """Make plans and do what they say; without a seed there is no noise."""
    random = None if seed is None else np.random.default_rng(seed)
    results: list[PlanResult] = []
    inputs = truth(START)
    began, awake = inputs.created, dict(inputs.awake_servers)
    for number in range(plans):
        start = began + timedelta(hours=number)
        if results:
            inputs = _after(inputs, results[-1].plan, truth(start), awake)
        results.append(make_plan(inputs if random is None else read_anew(inputs, random)))
    hour = round(1.0 / inputs.step_h)
    commands = LEAVING_WATER, SUPPLY_AIR, MODE, CHILLERS, AWAKE
    keys = [key for key in results[0].plan.schedule if key.endswith(commands)]
    return Course(results, {key: np.concatenate([one.plan.schedule[key][:hour] for one in results]) for key in keys})


def _after(inputs: PlanInputs, plan: Plan, truth: PlanInputs, awake_first: Mapping[str, float]) -> PlanInputs:
    """Return the inputs an hour later; IT power is that of the servers awake by then."""
    last = round(1.0 / inputs.step_h) - 1
    then = {key: values[last] for key, values in plan.schedule.items()}
    awake = {pool: then.get(f"{pool}.{AWAKE}", count) for pool, count in inputs.awake_servers.items()}
    kw = dict(truth.it_power_kw)
    for pool in inputs.site.server_pools:
        slept = awake_first.get(pool.id, 0.0) - awake.get(pool.id, 0.0)
        kw[pool.hall] = kw[pool.hall] - slept * (pool.idle_w - pool.sleep_w) / 1000.0
    return replace(
        truth,
        in_force=plan,
        it_power_kw=kw,
        awake_servers=awake,
        plants_now={plant.plant_id: _plant_after(inputs, plan, plant, last) for plant in inputs.plants},
        setpoints_now={key: value for key, value in then.items() if key.endswith(FOLLOWERS)},
        state_of_charge_frac={name: then[f"{name}.state_of_charge_frac"] for name in inputs.state_of_charge_frac},
        backlog_kwh={name: max(then[f"{name}.deferrable_backlog_kwh"], 0.0) for name in inputs.backlog_kwh},
    )


def _plant_after(inputs: PlanInputs, plan: Plan, plant: Any, last: int) -> PlantNow:
    now, name, schedule = inputs.plants_now[plant.plant_id], plant.plant_id, plan.schedule
    modes = np.array([float(now.mode), *schedule[f"{name}.{MODE}"][: last + 1]])
    changed_h = tuple((last + 1 - step) * inputs.step_h for step in np.flatnonzero(np.diff(modes))[::-1])
    return PlantNow(
        mode=Mode(round(modes[-1])),
        leaving_water_degc=schedule[f"{name}.{LEAVING_WATER}"][last],
        supply_air_degc=tuple(
            schedule[f"{next(crahs_of(inputs, plant, hall)).id}.{SUPPLY_AIR}"][last] for hall in plant.halls
        ),
        chillers_on=round(schedule[f"{name}.{CHILLERS}"][last]),
        mode_held_min=60.0 * changed_h[0] if changed_h else now.mode_held_min + 60.0,
        mode_changed_h=(*changed_h, *(age + 1.0 for age in now.mode_changed_h if age < 23.0)),
    )
