"""Whether fitted models move in the direction in which the simulated site moves when a setpoint does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from tools.bench.inlet_days import STEP, InletDays, put
from tools.closed_loop.baselines import FAN_SPEED, LOOP_FLOW, LOOP_SUPPLY, SUPPLY_AIR
from tools.simulated_site.setpoints import Key

FloatArray = npt.NDArray[np.float64]

HOUR_S = 3600.0
SUPPLY_STEP_K, FAN_STEP_FRAC = 1.0, 0.1
LOOP_STEP_K, FLOW_STEP_FRAC = 1.0, 0.1  # the flow of its present value
_LEAST_K = 0.05  # a plant that moves less has no direction: its own protection holds it, or the valve is open already


@dataclass(frozen=True, slots=True)
class Directions:
    """How many effects were asked for, and how many have the sign that the plant then shows."""

    asked: int
    right: int

    def __add__(self, other: Directions) -> Directions:
        return Directions(self.asked + other.asked, self.right + other.right)


def directions(
    run: InletDays,
    inlets: Mapping[str, Callable[[pd.DataFrame], FloatArray]],
    loops: Mapping[str, Callable[[pd.DataFrame], FloatArray]],
) -> Directions:
    """Move each hall's and each loop's setpoints, up or down by where they stand; compare model and plant an hour later.

    `inlets` and `loops` forecast from a frame, whose last rows hold the plan alone, what each channel will be an hour after the
    last measured row.
    """
    site = run.loaded.site
    total = Directions(0, 0)
    for hall, forecast in inlets.items():
        crahs = [crah.id for crah in site.crahs if crah.hall == hall]
        racks = [(rack.id, "inlet_temperature_degc") for one in site.halls if one.id == hall for rack in one.racks]
        for quantity, step in ((SUPPLY_AIR, SUPPLY_STEP_K), (FAN_SPEED, FAN_STEP_FRAC)):
            total += _asked(run, [(crah, quantity) for crah in crahs], step, racks, forecast)
    for loop, forecast in loops.items():
        cdus = [cdu for one in site.liquid_loops if one.id == loop for cdu in one.cdus]
        ends = ("secondary_supply_temperature_degc", "secondary_return_temperature_degc")
        seen = [(cdu.id, end) for end in ends for cdu in cdus]
        total += _asked(run, [(cdu.id, LOOP_SUPPLY) for cdu in cdus], LOOP_STEP_K, seen, forecast)
        flow_lps = FLOW_STEP_FRAC * cdus[0].rated_flow_lps
        total += _asked(run, [(cdu.id, LOOP_FLOW) for cdu in cdus], -flow_lps, seen, forecast)
    return total


def _asked(
    run: InletDays,
    moved: Sequence[Key],
    step: float,
    seen: Sequence[Key],
    forecast: Callable[[pd.DataFrame], FloatArray],
) -> Directions:
    now = run.site.setpoints.values()
    held = {key: now[key] for key in moved}
    stepped = {key: value + step for key, value in held.items()}
    truth = _an_hour_later(run, stepped, seen) - _an_hour_later(run, held, seen)
    model = forecast(_with_plan(run.frame, stepped)) - forecast(_with_plan(run.frame, held))
    clear = abs(float(truth.mean())) >= _LEAST_K
    return Directions(int(clear), int(clear and np.sign(truth.mean()) == np.sign(model.mean())))


def _an_hour_later(run: InletDays, setpoints: Mapping[Key, float], seen: Sequence[Key]) -> FloatArray:
    """Return true values an hour after setpoints were put in force; the site goes back to where it stood."""
    before = run.site.memory()
    put(run.site, setpoints)
    run.site.step(HOUR_S)
    values = run.site.values()
    run.site.recall(before)
    return np.array([values[key] for key in seen])


def _with_plan(frame: pd.DataFrame, setpoints: Mapping[Key, float]) -> pd.DataFrame:
    """Return a frame with one more hour of rows that hold setpoints alone."""
    times = pd.date_range(frame.index[-1] + STEP, periods=round(HOUR_S / STEP.total_seconds()), freq=STEP)
    plan = pd.DataFrame(np.nan, index=times, columns=frame.columns)
    for (equipment, quantity), value in setpoints.items():
        plan[f"{equipment}.{quantity}"] = value
    return pd.concat([frame, plan])
