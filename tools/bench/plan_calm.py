"""Calm: how often noise in the forecasts turns what the last plan said of the coming two hours, and what keeping it costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from facility.plan.inputs import PlanInputs
from facility.plan.planner import make_plan
from facility.plan.since_last import BROKEN
from facility.points import QUANTITIES
from facility.records import FloatArray, Plan
from facility.units import DEADBAND
from tools.bench.plan_instance import demo_inputs
from tools.bench.rows import Row, compared

DRAWS, COMING_H = 20, 2.0
WEATHER = {"spring": 8.0, "summer": 20.0}  # mean wet bulb, C
GROUPS: Mapping[str, tuple[str, ...]] = {
    "mode or stage": ("economizer_mode_command", "chillers_staged_command"),
    "water or air setpoint": (
        "leaving_chilled_water_temperature_setpoint_degc",
        "supply_air_temperature_setpoint_degc",
    ),
    "work or battery": ("deferrable_power_command_kw", "charge_power_setpoint_kw"),
    "awake servers": ("awake_servers_command",),
}


@dataclass(frozen=True, slots=True)
class Noise:
    """Standard deviations of what forecasts miss: load and price as shares, dry and wet bulb in kelvins."""

    load_frac: float
    weather_k: float
    price_frac: float


USUAL = Noise(0.01, 0.3, 0.01)


def run(quick: bool) -> list[Row]:
    """Plan under noise with and without the plan in force; the reference of each row is the count without it."""
    hours, draws = (12.0, 4) if quick else (48.0, DRAWS)
    rows: list[Row] = []
    for name, wet_bulb_degc in WEATHER.items():
        inputs = demo_inputs(hours, wet_bulb_degc)
        rows += _rows(name, inputs, draws)
    return rows


def _rows(name: str, inputs: PlanInputs, draws: int) -> list[Row]:
    said, random = make_plan(inputs).plan, np.random.default_rng(1)
    changed = [noisy(inputs, random) for _ in range(draws)]
    free = [make_plan(one).plan for one in changed]
    calm = [make_plan(replace(one, in_force=said)).plan for one in changed]
    extra = [one.cost.total_cost / other.cost.total_cost - 1.0 for one, other in zip(calm, free, strict=True)]
    rows = [
        compared(
            f"{name}: plans of {draws} that turn a {group}",
            sum(_turned(plan, said, quantities) for plan in calm),
            "count",
            sum(_turned(plan, said, quantities) for plan in free),
        )
        for group, quantities in GROUPS.items()
    ]
    modes = [plan for plan in calm if _turned(plan, said, GROUPS["mode or stage"])]
    rows.append(
        Row(f"{name}: of these modes and stages, forced by a limit", sum(map(_forced, modes)), "count", len(modes))
    )
    cost = [Row(f"{name}: cost of calm, mean", float(np.mean(extra)), "frac")]
    return [*rows, *cost, Row(f"{name}: cost of calm, worst", max(extra), "frac")]


def noisy(inputs: PlanInputs, random: np.random.Generator, noise: Noise = USUAL) -> PlanInputs:
    """Return inputs with other forecasts: half of the noise is common to all steps, half is each step's own."""

    def course(size: float) -> FloatArray:
        return np.asarray(size / np.sqrt(2.0) * (random.standard_normal() + random.standard_normal(inputs.steps)))

    load, warmer = 1.0 + course(noise.load_frac), course(noise.weather_k)
    return replace(
        inputs,
        it_power_kw={hall: kw * load for hall, kw in inputs.it_power_kw.items()},
        busy_servers={pool: busy * load for pool, busy in inputs.busy_servers.items()},
        outdoor_degc=inputs.outdoor_degc + warmer,
        wet_bulb_degc=inputs.wet_bulb_degc + warmer,
        price_per_kwh=inputs.price_per_kwh * (1.0 + course(noise.price_frac)),
    )


def _forced(plan: Plan) -> bool:
    """Tell whether what was said would break a limit now."""
    since = plan.explanation.since_last if plan.explanation else None
    return since is not None and since.because.startswith(BROKEN)


def _turned(plan: Plan, said: Plan, quantities: tuple[str, ...]) -> bool:
    """Tell whether one of some quantities differs by more than its deadband, in the coming hours."""
    coming = round(COMING_H * 3600.0 / plan.step.total_seconds())
    return any(
        np.abs(np.subtract(plan.schedule[key][:coming], values[:coming])).max()
        > DEADBAND[QUANTITIES[key.rpartition(".")[2]].unit]
        for key, values in said.schedule.items()
        if key.endswith(quantities)
    )
