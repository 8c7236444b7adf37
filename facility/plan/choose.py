"""Choose one state a step: a dynamic program over states, dwell and ramps, at the relaxed heat, power priced by the duals.

Power is the surrogate's until a state lies on the best path; then the plant model itself is asked for that state, and the
program runs again, until every state on the path has the model's own power and water. Few states are ever asked for: first
those that were good before, in the plan in force and at the heat of the solution before.

Of many states the one that seems cheapest is often one that the models flatter. So a state beyond what they have seen has its
doubt priced here, which enters neither cost nor bound: it must promise more than a part of what it may be off by.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from facility.plan.cooling_plant import PlantCase, StatePath
from facility.plan.moves import changes_beyond
from facility.plan.vertices import IntArray, power_at
from facility.records import FloatArray
from models.cooling import BoolArray, Load, PlantModel, PlantResponse, answers_for

_HEAT_SLACK_KW = 1e-3
_DOUBT_FRAC = 0.25  # of the half-width of a state that is far from what the models have seen
_LEAST_PRICE = 0.01  # of a change of mode, where modes change too often
_HALVINGS = 8


@dataclass(eq=False)
class Chooser:
    """Chooses the path of one plant; states found to break a limit stay forbidden for the rest of the plan."""

    case: PlantCase
    model: PlantModel
    step_h: float
    calm: FloatArray | float = 0.0  # (T, S): price of leaving what was said before
    likely: set[int] = field(default_factory=set)  # states asked about at first, all in one call
    forbidden: BoolArray = field(init=False)  # (T, S)
    stuck: BoolArray = field(init=False)  # (T,): steps to which no way led when none was found last

    def __post_init__(self) -> None:
        self._ways = Ways.of(self.case)
        self.forbidden = np.zeros_like(self.case.table.available)
        self.stuck = np.zeros(len(self.forbidden), dtype=bool)

    def choose(
        self, heat_kw: FloatArray, it_kw: FloatArray, load: Load, price: FloatArray, suits: BoolArray
    ) -> StatePath | None:
        """Return the cheapest path at a heat, or None where dwell, ramps and availability leave none.

        `it_kw` of the heat comes from the racks; `suits` (T, S) marks the states that suit what tanks do.
        """
        table = self.case.table
        power = power_at(table, np.broadcast_to(heat_kw[:, None], table.heat_min_kw.shape)).copy()
        water = table.water_slope_lps_per_kw * heat_kw[:, None] + table.water_intercept_lps
        carries = (table.heat_min_kw <= heat_kw[:, None] + _HEAT_SLACK_KW) & (
            table.heat_max_kw >= heat_kw[:, None] - _HEAT_SLACK_KW
        )
        allowed = table.available & carries & suits & ~self.forbidden
        if table.ends is not None:
            power += table.ends.power_kw(it_kw)
            allowed &= table.ends.high_kw >= it_kw[:, None] - _HEAT_SLACK_KW
        fresh, asked = self.likely, set[int]()
        while True:
            order = sorted(fresh)
            for place, response in answers_for(self.model, [table.states[at] for at in order], load):
                state = order[place]
                power[:, state], water[:, state] = _with_doubt(response)
                allowed[:, state] &= response.feasible
            asked |= fresh
            cost = power * price[:, None] + water * self.case.water_cost_per_lps + self.calm
            path = self._cheapest(cost, allowed)
            fresh = set() if path is None else set(path.tolist()) - asked
            if not fresh:
                self.likely = asked
                if path is None:
                    self.stuck = self._without_way(allowed)
                return path

    def _without_way(self, allowed: BoolArray) -> BoolArray:
        """Return the steps (T,) to which no way within the ramps leads; from there the way goes on as if they asked for nothing."""
        anything = self.case.table.available & ~self.forbidden
        stuck, way = np.zeros(len(allowed), dtype=bool), self.case.first.allowed
        for step, states in enumerate(allowed):
            stuck[step] = not (way & states).any()
            way = self.case.one_step[way & (anything[step] if stuck[step] else states)].any(axis=0)
        return stuck

    def _cheapest(self, cost: FloatArray, allowed: BoolArray) -> StatePath | None:
        """Return the cheapest path whose modes change seldom enough in a day; where none does, the one with fewest changes.

        The price of a change that brings it about is found by halving: it need not be exact.
        """
        known = np.where(allowed, cost, np.inf)
        path = self._ways.cheapest_path(known)
        if path is None or self._changes_seldom(path):
            return path
        low, high = _LEAST_PRICE, max(float(np.abs(cost[allowed]).max()) * len(cost), 2.0 * _LEAST_PRICE)
        path = self._ways.cheapest_path(known, high)
        for _ in range(_HALVINGS if path is not None and self._changes_seldom(path) else 0):
            middle = float(np.sqrt(low * high))
            cheaper = self._ways.cheapest_path(known, middle)
            if cheaper is not None and self._changes_seldom(cheaper):
                path, high = cheaper, middle
            else:
                low = middle
        return path

    def _changes_seldom(self, path: StatePath) -> bool:
        case = self.case
        mode = np.concatenate([case.now.mode, case.features.mode[path]])
        return changes_beyond(mode, case.mode_changed_h, self.step_h) <= 0


@dataclass(frozen=True, slots=True, eq=False)
class _Steps:
    """What a step from a state to another costs; those that are possible once more, one after the other: they are few."""

    cost: FloatArray  # (after, before): infinite where it is not possible
    possible: FloatArray  # their cost, by the state after; each has one at least, which may be infinite
    before: IntArray
    begins: IntArray  # where those to each state begin

    @classmethod
    def of(cls, cost: FloatArray) -> _Steps:
        listed = np.isfinite(cost) | np.eye(len(cost), dtype=bool)
        begins = np.cumsum(listed.sum(axis=1)) - listed.sum(axis=1)
        return cls(cost, cost[listed], np.nonzero(listed)[1], begins)

    def least(self, value: FloatArray) -> FloatArray:
        """Return the least of value and cost of a step to each state."""
        return np.asarray(np.minimum.reduceat(self.possible + value[self.before], self.begins))


@dataclass(frozen=True, slots=True, eq=False)
class Ways:
    """Ways of a plant through its states, within ramps and dwell times.

    The state of the program is (joint state, steps in its mode so far, capped at the dwell time).
    """

    case: PlantCase
    stay: _Steps  # in the same mode
    change: _Steps  # to another one

    @classmethod
    def of(cls, case: PlantCase) -> Ways:
        """Find out what each step costs that the ramps allow, between states that can be had at all."""
        features, had = case.features, np.asarray(case.table.available.any(axis=0))
        move = np.where(case.one_step & had & had[:, None], case.moves.cost(features, features), np.inf)
        same = features.mode[:, None] == features.mode[None, :]
        return cls(case, _Steps.of(np.where(same, move, np.inf).T), _Steps.of(np.where(same, np.inf, move).T))

    def cheapest_path(self, cost: FloatArray, cost_per_mode: float = 0.0) -> StatePath | None:
        """Return the states of least cost (T, S; infinite: not allowed) plus wear.

        `cost_per_mode` comes on top of what a change of mode wears.
        """
        values = [self._first(cost[0], cost_per_mode)]
        for step_cost in cost[1:]:
            values.append(self._advance(values[-1], cost_per_mode) + step_cost)
        return self._trace_back(values, cost_per_mode) if np.isfinite(values[-1]).any() else None

    def _first(self, cost: FloatArray, cost_per_mode: float) -> FloatArray:
        """Return the least cost (age, state) of the first step."""
        case, features, dwell = self.case, self.case.features, self.case.moves.dwell_steps
        value = np.full((dwell, len(cost)), np.inf)
        start = np.where(case.first.allowed, cost + case.moves.cost(case.now, features)[0], np.inf)
        same = features.mode == case.now.mode[0]
        must_hold = case.must_hold_steps
        value[min(dwell - must_hold, dwell - 1), same] = start[same]
        if must_hold == 0:
            value[0, ~same] = start[~same] + cost_per_mode
        return value

    def _advance(self, value: FloatArray, cost_per_mode: float) -> FloatArray:
        """Return the least cost (age, state) one step on."""
        after, oldest = np.empty_like(value), len(value) - 1
        after[0] = self.change.least(value[oldest]) + cost_per_mode
        for age in range(oldest):
            held = value[age] if age + 1 < oldest else np.minimum(value[age], value[oldest])
            after[age + 1] = self.stay.least(held)
        if oldest == 0:
            after[0] = np.minimum(after[0], self.stay.least(value[0]))
        return after

    def _trace_back(self, values: list[FloatArray], cost_per_mode: float) -> StatePath:
        oldest, states = len(values[0]) - 1, len(self.stay.cost)
        age, state = divmod(int(values[-1].argmin()), states)
        path = [state]
        for before in reversed(values[:-1]):
            origin = {oldest: before[oldest] + (self.change.cost[state] + cost_per_mode)} if age == 0 else {}
            for ago in (age - 1, oldest):
                if ago >= 0 and min(ago + 1, oldest) == age:
                    held = before[ago] + self.stay.cost[state]
                    origin[ago] = np.minimum(origin[ago], held) if ago in origin else held
            age = min(sorted(origin), key=lambda ago: origin[ago].min())
            state = int(origin[age].argmin())
            path.append(state)
        return np.array(path[::-1])


def _with_doubt(response: PlantResponse) -> tuple[FloatArray, FloatArray]:
    """Return a state's power with its doubt, and its water; nothing where it is not feasible."""
    known = response.feasible
    doubt_kw = _DOUBT_FRAC * response.beyond * response.half_width_kw
    return np.where(known, response.overhead_kw + doubt_kw, 0.0), np.where(known, response.makeup_water_lps, 0.0)
