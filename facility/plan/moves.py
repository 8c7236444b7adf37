"""Moves between the joint states of a plant: which are allowed in one step, and what each costs in wear."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from facility.plan.hall import supply_air_step_k
from facility.plan.inputs import DAY_H, PlanInputs, PlantNow
from facility.plan.liquid_loop import leaving_water_step_k
from facility.records import FloatArray, LimitShortfall
from models.cooling import BoolArray, JointState, Mode, PlantModel

# Wear of a move, in hours of the plant's rated cooling as electricity. Our judgement, not a maker's figure: small prices that
# keep the plan from chattering when forecasts move a little.
CHILLER_START_H = 0.002
MODE_CHANGE_H = 0.002
SETPOINT_MOVE_H_PER_K = 0.0001
MOST_MODE_CHANGES = 4  # of economizer and dampers within a day
_CLOSE_K = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class StateFeatures:
    """States in columns, so that pairs of them can be compared at once."""

    mode: FloatArray  # (S,): of economizer and dampers together
    leaving_water_degc: FloatArray  # (S,)
    supply_air_degc: FloatArray  # (S, h)
    chillers_on: FloatArray  # (S,)

    @classmethod
    def of(cls, states: Sequence[JointState | PlantNow]) -> StateFeatures:
        """Take the features of states, or of the present."""
        rows = [
            (state.mode, state.dampers_open, state.leaving_water_degc, state.chillers_on, *state.supply_air_degc)
            for state in states
        ]
        table = np.array(rows, dtype=float)
        return cls(table[:, 0] + len(Mode) * table[:, 1], table[:, 2], table[:, 4:], table[:, 3])


@dataclass(frozen=True, slots=True, eq=False)
class Moves:
    """Limits and wear of a plant's moves."""

    plant_id: str
    step_h: float
    water_step_k: float
    air_step_k: FloatArray  # (h,)
    dwell_steps: int
    cost_per_chiller: float
    cost_per_mode: float
    cost_per_k: float

    @classmethod
    def of(cls, inputs: PlanInputs, model: PlantModel) -> Moves:
        """Take them from the site file."""
        site, step_h = inputs.site, inputs.step_h
        plant = next(plant for plant in site.plants if plant.id == model.plant_id)
        halls = {hall.id: hall for hall in site.halls}
        loops = [loop for loop in site.liquid_loops if loop.plant == plant.id]
        dampers = [halls[hall].economizer for hall in model.halls if inputs.breathes(hall)]
        dwell_min = max((one.min_dwell_min for one in (plant.economizer, *dampers) if one), default=0.0)
        rated_value = sum(chiller.rated_cooling_kw for chiller in plant.chillers) * inputs.price_scale_per_kwh
        return cls(
            plant_id=plant.id,
            step_h=step_h,
            water_step_k=leaving_water_step_k(plant, loops, step_h),
            air_step_k=np.array([supply_air_step_k(halls[hall], step_h) for hall in model.halls]),
            dwell_steps=max(1, int(np.ceil(dwell_min / site.planning.step_min - 1e-9))),
            cost_per_chiller=CHILLER_START_H * rated_value / max(len(plant.chillers), 1),
            cost_per_mode=MODE_CHANGE_H * rated_value,
            cost_per_k=SETPOINT_MOVE_H_PER_K * rated_value,
        )

    def held_steps(self, now: PlantNow, step_h: float) -> int:
        """Return how many steps the present mode has been held, no more than the dwell time asks."""
        return int(min(now.mode_held_min / 60.0 / step_h + 1e-9, self.dwell_steps))

    def beyond_k(self, before: StateFeatures, after: StateFeatures) -> FloatArray:
        """Return by how many kelvin each move (before, after) exceeds the ramps, all setpoints added up."""
        water = _apart(before.leaving_water_degc, after.leaving_water_degc) - self.water_step_k
        air = np.abs(before.supply_air_degc[:, None, :] - after.supply_air_degc[None, :, :]) - self.air_step_k
        return np.asarray(np.maximum(water, 0.0) + np.maximum(air, 0.0).sum(axis=2))

    def allowed(self, before: StateFeatures, after: StateFeatures) -> BoolArray:
        """Return which moves (before, after) keep the ramps."""
        return np.asarray(self.beyond_k(before, after) <= _CLOSE_K)

    def cost(self, before: StateFeatures, after: StateFeatures) -> FloatArray:
        """Return the wear of each move (before, after)."""
        started = np.maximum(after.chillers_on[None, :] - before.chillers_on[:, None], 0.0)
        air = np.abs(before.supply_air_degc[:, None, :] - after.supply_air_degc[None, :, :]).sum(axis=2)
        water = _apart(before.leaving_water_degc, after.leaving_water_degc)
        changed = before.mode[:, None] != after.mode[None, :]
        return np.asarray(
            self.cost_per_chiller * started + self.cost_per_mode * changed + self.cost_per_k * (water + air)
        )

    def cost_along(self, path: StateFeatures) -> float:
        """Return the wear of going through some states one after the other."""
        started = np.maximum(np.diff(path.chillers_on), 0.0).sum()
        kelvin = np.abs(np.diff(path.leaving_water_degc)).sum() + np.abs(np.diff(path.supply_air_degc, axis=0)).sum()
        changed = np.count_nonzero(np.diff(path.mode))
        return float(self.cost_per_chiller * started + self.cost_per_mode * changed + self.cost_per_k * kelvin)


def change_windows(changed_h: Sequence[float], step_h: float, steps: int) -> Iterator[tuple[int, int, int]]:
    """Yield the days in which modes may change no more than so often: first step, step after the last, and how often.

    Days that began before the first step count what changed in them; one change is always left, back to what is safe.

    Parameters
    ----------
    changed_h
        How long before the first step modes changed [h].
    step_h
        Length of a step [h].
    steps
        Steps of the plan.
    """
    for age_h in changed_h:
        before = sum(other <= age_h for other in changed_h)
        yield 0, math.ceil((DAY_H - age_h) / step_h - 1e-9), max(MOST_MODE_CHANGES - before, 1)
    day = round(DAY_H / step_h)
    yield from ((begin, begin + day, MOST_MODE_CHANGES) for begin in range(max(steps - day, 0) + 1))


def changes_beyond(mode: FloatArray, changed_h: Sequence[float], step_h: float) -> int:
    """Return by how many changes the modes (the present one, then that of each step) exceed the worst of those days."""
    changed = np.diff(mode) != 0.0
    windows = change_windows(changed_h, step_h, len(changed))
    return max(int(changed[first:last].sum()) - most for first, last, most in windows)


@dataclass(frozen=True, slots=True, eq=False)
class FirstStep:
    """States that the first step may take, seen from the measured setpoints, and how far beyond the ramps each lies."""

    plant_id: str
    allowed: BoolArray  # (S,)
    beyond_k: FloatArray  # (S,)

    @classmethod
    def of(cls, moves: Moves, now: PlantNow, states: Sequence[JointState], able: BoolArray) -> FirstStep:
        """Allow what the ramps reach; where nothing in reach is able, the nearest that is, too."""
        beyond = moves.beyond_k(StateFeatures.of([now]), StateFeatures.of(states))[0]
        nearest = float(beyond[able].min(initial=np.inf))
        reach = nearest if np.isfinite(nearest) else 0.0
        return cls(moves.plant_id, np.asarray(beyond <= reach + _CLOSE_K), beyond)

    @property
    def recovering(self) -> bool:
        """Whether states beyond the ramps are allowed, to be approached in steps of the ramps."""
        return bool((self.beyond_k[self.allowed] > _CLOSE_K).any())

    def shortfalls(self, first_state: int) -> list[LimitShortfall]:
        """Name the recovery that starts with a state."""
        beyond = float(self.beyond_k[first_state])
        name = f"{self.plant_id} setpoints measured beyond the reach of one step"
        return [LimitShortfall(name, beyond, "K")] if beyond > _CLOSE_K else []


def _apart(before: FloatArray, after: FloatArray) -> FloatArray:
    return np.asarray(np.abs(before[:, None] - after[None, :]))
