"""A cooling plant in the problem: its joint operating states relaxed to weights, or fixed to one a step.

Never one-hot variables per device tied by inequalities on their sums: that form does not close (design measurements). The same
columns with a binary a state are the branch-and-bound form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import cvxpy as cp
import numpy as np
import scipy.sparse as sp

from facility.plan.hull import common_hull
from facility.plan.moves import FirstStep, Moves, StateFeatures, change_windows
from facility.plan.places import KIN
from facility.plan.problem import Problem, rise
from facility.plan.vertices import IntArray, corners, narrowed, with_it_heat
from facility.records import FloatArray
from models.cooling import BoolArray
from models.surrogate import StateTable

_ROUNDING_KW = 1e-6
_AT_END_KW, _BEYOND_KW = 1e-2, 10.0
_DAYS_APART_H = 12.0

StatePath = IntArray


@dataclass(frozen=True, eq=False)
class PlantCase:
    """What is known of a plant before solving: its tabulated states, its moves, the heat each step can ask for."""

    table: StateTable
    moves: Moves
    first: FirstStep
    now: StateFeatures
    held_steps: int
    heat_low_kw: FloatArray  # (T,)
    heat_high_kw: FloatArray  # (T,)
    free_power: BoolArray  # (T,): steps in which power may have a negative price
    water_cost_per_lps: float  # of make-up water through a step
    spared_per_kw: FloatArray  # (T,): the least that a kW less through a step saves
    mode_changed_h: tuple[float, ...] = ()  # how long ago modes changed in the past day

    @property
    def plant_id(self) -> str:
        """Id of the plant."""
        return self.table.plant_id

    @cached_property
    def features(self) -> StateFeatures:
        """The states in columns."""
        return StateFeatures.of(self.table.states)

    @cached_property
    def one_step(self) -> BoolArray:
        """Which moves from state to state (before, after) keep the ramps."""
        return self.moves.allowed(self.features, self.features)

    @property
    def lps_per_kw(self) -> FloatArray:
        """What a kW less is worth at least in make-up water; nothing where water costs nothing, and only limits count it."""
        paid = self.water_cost_per_lps
        return self.spared_per_kw / paid if paid > 0.0 else np.zeros_like(self.spared_per_kw)

    @cached_property
    def must_hold_steps(self) -> int:
        """Steps that the present mode must still be held; none where the weather or the load forbids it."""
        still = self.moves.dwell_steps - self.held_steps
        _, _, left = narrowed(self.table, self.heat_low_kw, self.heat_high_kw)
        possible = (self.reachable(left)[:still] & (self.features.mode == self.now.mode[0])).any(axis=1)
        return still if possible.all() else 0

    def moved_cost(self, path: StatePath) -> float:
        """Return what the moves along a path wear."""
        first = self.moves.cost(self.now, self.features)[0, path[0]]
        return float(first + self.moves.cost_along(StateFeatures.of([self.table.states[state] for state in path])))

    def overhead_range_kw(self) -> tuple[FloatArray, FloatArray]:
        """Return the least and most power that the states may draw in each step."""
        table = self.table
        ends = np.stack([table.heat_min_kw, table.heat_max_kw], axis=2)
        upper = table.upper_slope[:, :, None] * ends + table.upper_intercept_kw[:, :, None]
        if table.ends is not None:
            upper = (
                upper
                + np.maximum(table.ends.slope * (table.ends.high_kw - table.ends.low_kw[:, None]), 0.0)[:, :, None]
            )
        most = np.where(table.available[:, :, None], upper, 0.0)
        return np.zeros(len(most)), np.asarray(most.max(axis=(1, 2)))

    def reachable(self, allowed: BoolArray) -> BoolArray:
        """Keep the states that a path within the ramps can reach from the first step on."""
        reached = allowed.copy()
        reached[0] &= self.first.allowed
        for step in range(1, len(reached)):
            reached[step] &= self.one_step[reached[step - 1]].any(axis=0)
        return reached


def narrowed_case(case: PlantCase) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Return each state's range of heat and whether it may be used, a step and state."""
    low, high, left = narrowed(case.table, case.heat_low_kw, case.heat_high_kw)
    return low, high, case.reachable(left)


class RelaxedPlant:
    """One weight a corner of a state and step; with `integer`, one state a step.

    Without `integer`, states of one mode and leaving water are one: the corners of their common hull in power and water.
    Then nothing may tie supply air or chillers between steps, and their moves cost nothing, which keeps the bound a bound.
    """

    def __init__(
        self,
        problem: Problem,
        case: PlantCase,
        heat_kw: Any,
        it_kw: Any,
        *,
        integer: bool = False,
        only: BoolArray | None = None,
        loose: bool = False,
    ) -> None:
        self._problem, self._case, self.steps = problem, case, len(case.heat_low_kw)
        low, high, left = _unreduced(case) if loose else narrowed_case(case)
        left = left if only is None else left & only
        self._group = _groups(case)
        points = with_it_heat(case.table, corners(case.table, low, high, left, case.free_power))
        at = points.step, points.state
        water_lps = case.table.water_slope_lps_per_kw[at] * points.heat_kw + case.table.water_intercept_lps[at]
        if not integer:
            points, water_lps = common_hull(points, water_lps, self._group, case.lps_per_kw, case.free_power)
        self.corners = points
        self.weights = cp.Variable(len(points.step), nonneg=True)
        self._name_weights()
        self.power_kw = cp.Variable(self.steps)
        self.power_law = self.power_kw == self._sum(points.power_kw)
        problem.law(self.share_of(np.ones(len(self._group), dtype=bool)) == 1, self.power_law)
        self.water_lps = self._sum(water_lps)
        if case.water_cost_per_lps > 0.0:
            problem.cost("water", case.water_cost_per_lps * cp.sum(self.water_lps))
        removed = problem.defined(self._sum(points.heat_kw))
        problem.limit("cooling capacity", case.plant_id, heat_kw - removed, "kW")
        problem.limit("minimum plant load", case.plant_id, removed - heat_kw, "kW")
        if case.table.ends is not None:
            borne = problem.defined(self._sum(points.it_kw))
            problem.limit("heat at the racks", case.plant_id, it_kw - borne, "kW")
            problem.law(borne <= it_kw + _ROUNDING_KW)
        self._tie_steps(within_groups=integer)
        if integer:
            self._one_state_a_step()

    def _name_weights(self) -> None:
        """Name corners by time, group and share of IT heat; they are of kin by their heat."""
        points, case, step = self.corners, self._case, self.corners.step
        more_it = points.it_kw > (0.0 if case.table.ends is None else case.table.ends.low_kw[step])
        span = np.maximum(case.heat_high_kw - case.heat_low_kw, _ROUNDING_KW)
        part = np.clip((points.heat_kw - case.heat_low_kw[step]) / span[step], 0.0, 1.0)
        kin = (part * (KIN - 1)).astype(np.int64)
        self._problem.naming.name(self.weights, step, 2 * self._group[points.state] + more_it, kin)

    @property
    def power_price(self) -> FloatArray:
        """Cost of one more kW in each step, from the dual of the definition of power."""
        return -np.asarray(self.power_law.dual_value)  # cvxpy: the multiplier of (left - right) in the Lagrangian

    def share_of(self, states: BoolArray) -> Any:
        """Return how much of each step is in some of the states (S,), whole groups of them."""
        return self._of_states(states.astype(float))

    def state_weights(self) -> FloatArray:
        """Return the weight of each state in each step."""
        weights = np.zeros((self.steps, len(self._case.table.states)))
        np.add.at(weights, (self.corners.step, self.corners.state), self.weights.value)
        return weights

    def _sum(self, per_corner: FloatArray) -> Any:
        columns = np.arange(len(self.corners.step))
        return sp.csr_array((per_corner, (self.corners.step, columns)), shape=(self.steps, len(columns))) @ self.weights

    def _tie_steps(self, *, within_groups: bool) -> None:
        case, features = self._case, self._case.features
        water = self._change(
            self._problem.defined(self._of_states(features.leaving_water_degc)), case.now.leaving_water_degc[0]
        )
        self._ramp("leaving water ramp", water, case.moves.water_step_k)
        moved = case.moves.cost_per_k * cp.sum(cp.abs(water))
        if within_groups:
            for hall, step_k in enumerate(case.moves.air_step_k):
                air = self._change(
                    self._of_states(features.supply_air_degc[:, hall]), case.now.supply_air_degc[0, hall]
                )
                self._ramp("supply air ramp", air, step_k)
                moved += case.moves.cost_per_k * cp.sum(cp.abs(air))
            chillers = self._change(self._of_states(features.chillers_on), case.now.chillers_on[0])
            moved += case.moves.cost_per_chiller * cp.sum(cp.pos(chillers))
        self._problem.cost("wear", moved)
        modes = sorted(set(features.mode))
        if len(modes) > 1:
            self._few_changes(sum(self._dwell(mode) for mode in modes))

    def _of_states(self, values: FloatArray) -> Any:
        return self._sum(values[self.corners.state])

    def _change(self, course: Any, now: float) -> Any:
        """Return a variable for the change of a course from step to step, the first from the present."""
        return self._problem.defined(rise(self.steps) @ course - np.eye(1, self.steps)[0] * now)

    def _ramp(self, name: str, change: Any, step_k: float) -> None:
        reach = np.full(change.size, step_k)
        if self._case.first.recovering:
            reach[0] = np.inf  # recovering: the first step takes the nearest states, approached in steps of the ramp
        tied = np.flatnonzero(np.isfinite(reach))
        if not tied.size:
            return
        self._problem.limit(name, self._case.plant_id, cp.abs(change[tied]) - reach[tied], "K", tied)

    def _few_changes(self, entered: Any) -> None:
        """Keep changes of mode few in each day, as a plan is checked for; of the days, some far apart bound well."""
        step_h = self._case.moves.step_h
        apart = round(_DAYS_APART_H / step_h)
        days = change_windows(self._case.mode_changed_h, step_h, self.steps)
        windows = [window for window in days if window[0] % apart == 0]
        excess = cp.hstack([cp.sum(entered[a:b]) - most for a, b, most in windows])
        begins = np.array([begin for begin, _, _ in windows])
        self._problem.limit("mode changes in a day", self._case.plant_id, excess, "changes", begins)

    def _dwell(self, mode: float) -> Any:
        """Hold each mode for its dwell time; return what enters it, a step."""
        case = self._case
        in_mode = self._problem.defined(self.share_of(case.features.mode == mode))
        was = float(case.now.mode[0] == mode)
        entered = cp.Variable(in_mode.size, nonneg=True)
        self._problem.law(entered >= rise(self.steps) @ in_mode - np.eye(1, self.steps)[0] * was)
        self._problem.cost("wear", case.moves.cost_per_mode * cp.sum(entered))
        dwell = min(case.moves.dwell_steps, in_mode.size)
        if dwell > 1:
            window = sp.diags_array([1.0] * dwell, offsets=[-lag for lag in range(dwell)], shape=(in_mode.size,) * 2)
            self._problem.limit("economizer dwell", case.plant_id, window.tocsr() @ entered - in_mode, "modes")
        still = min(case.must_hold_steps, in_mode.size)
        if was and still > 0:
            self._problem.limit("economizer dwell", case.plant_id, 1.0 - in_mode[:still], "modes")
        return entered

    def _one_state_a_step(self) -> None:
        pairs, index = np.unique(np.stack([self.corners.step, self.corners.state]), axis=1, return_inverse=True)
        chosen = cp.Variable(pairs.shape[1], boolean=True)
        columns = np.arange(len(self.corners.step))
        member = sp.csr_array((np.ones(len(columns)), (index.ravel(), columns)), shape=(pairs.shape[1], len(columns)))
        self._problem.law(member @ self.weights == chosen)


@dataclass(frozen=True, slots=True, eq=False)
class PathPoint:
    """A chosen path, and what the plant model itself answers on it at the heat of the last round.

    `correction_kw` is the model's power less the pieces': added to the pieces, they are exact at that heat. `server_fan_kw`
    (T, h) is the part of the power that passes PDU and UPS, `water_lps` corrects the make-up water. `most_kw` (T,) is what the
    states bear of the heat of a hall's air or of the plant's, or (sign -1) of less of it, where that is not what their tables say.
    """

    path: StatePath
    correction_kw: FloatArray
    server_fan_kw: FloatArray
    water_lps: FloatArray
    most_kw: Mapping[tuple[str, float], FloatArray] = field(default_factory=dict)


class FixedPlant:
    """The plant with one chosen state a step: power on the state's own convex pieces, corrected to the model's."""

    def __init__(self, problem: Problem, case: PlantCase, heat_kw: Any, it_kw: Any, point: PathPoint) -> None:
        path = self._path = point.path
        table, steps = case.table, np.arange(len(path))
        self.power_kw = cp.Variable(len(path))
        drawn = cp.Variable(len(path))
        at_racks: Any = 0.0
        if case.table.ends is not None:
            ends = case.table.ends
            at_racks = cp.multiply(ends.slope[steps, path], it_kw - ends.low_kw)
            problem.limit("heat at the racks", case.plant_id, it_kw - ends.high_kw[steps, path], "kW")
        self.power_law = self.power_kw == drawn + at_racks
        problem.law(self.power_law)
        intercepts = table.intercept_kw[steps, path] + point.correction_kw[:, None]
        problem.above_lines(drawn, heat_kw, table.slope[steps, path], intercepts)
        problem.cost("wear", cp.Constant(case.moved_cost(path)))
        level_lps = table.water_intercept_lps[steps, path] + point.water_lps
        self.water_lps = cp.multiply(table.water_slope_lps_per_kw[steps, path], heat_kw) + level_lps
        if case.water_cost_per_lps > 0.0:
            problem.cost("water", case.water_cost_per_lps * cp.sum(self.water_lps))
        free = np.flatnonzero(case.free_power)
        if free.size:
            slope = table.upper_slope[free, path[free]]
            intercept = table.upper_intercept_kw[free, path[free]] + point.correction_kw[free]
            most = cp.multiply(slope, heat_kw[free]) + intercept + _ROUNDING_KW
            # A limit: beyond the heat that the state carries its chord lies below its pieces, and something has to give way.
            problem.limit("power of a state", case.plant_id, drawn[free] - most, "kW", free)
        # Where the table ends because the step can ask for no more or less heat, it is no limit of the plant.
        capacity, least = table.heat_max_kw[steps, path], table.heat_min_kw[steps, path]
        capacity = np.where(capacity >= case.heat_high_kw - _AT_END_KW, capacity + _BEYOND_KW, capacity)
        least = np.where(least <= case.heat_low_kw + _AT_END_KW, least - _BEYOND_KW, least)
        problem.limit("cooling capacity", case.plant_id, heat_kw - capacity, "kW")
        problem.limit("minimum plant load", case.plant_id, least - heat_kw, "kW")

    def share_of(self, states: BoolArray) -> FloatArray:
        """Return 1 in the steps in which the chosen state is one of some (S,), else 0."""
        return states[self._path].astype(float)

    @property
    def power_price(self) -> FloatArray:
        """Cost of one more kW in each step."""
        return -np.asarray(self.power_law.dual_value)


def _unreduced(case: PlantCase) -> tuple[FloatArray, FloatArray, BoolArray]:
    reached = case.reachable(case.table.available)
    stuck = ~reached.any(axis=1, keepdims=True)
    kept = np.where(stuck, case.table.available, reached)
    return case.table.heat_min_kw, case.table.heat_max_kw, kept


def _groups(case: PlantCase) -> IntArray:
    """Return the group of each state: those of one mode and leaving water."""
    features = case.features
    keys = np.stack([features.mode, features.leaving_water_degc])
    _, group = np.unique(keys, axis=1, return_inverse=True)
    return group.ravel()
