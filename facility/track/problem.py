"""The convex problem of the fast layer: the least deviation from the plan that keeps to its limits, canonicalised once.

Costs are in kWh, so that one set of weights fits every currency. Every limit can be passed at a price, so that there always is an
answer; `facility.track.verify` says which are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cvxpy as cp
import numpy as np

from facility.errors import NoPlanFoundError
from facility.records import FloatArray
from facility.track.inputs import Air, Grid, TrackInputs
from facility.track.parts import LIMIT, HallPart, StorePart, WorkPart

_NEAR_K = 0.5  # a hall that stays further below its limit is left alone
_TRY_K, _TRY_FRAC = 0.5, 0.05  # moves by which the response of a hall is found
_SOLVED = frozenset({cp.OPTIMAL, cp.OPTIMAL_INACCURATE})


@dataclass(frozen=True, slots=True)
class Shape:
    """What the structure of the problem hangs on."""

    steps: int
    step_h: float
    windows: int
    stores: int
    works: int
    halls: int

    @classmethod
    def of(cls, inputs: TrackInputs) -> Shape:
        """Return the shape of inputs."""
        counts = (len(group) for group in (inputs.grid.window_names, inputs.stores, inputs.works, inputs.halls))
        return cls(inputs.steps, inputs.step_h, *counts)


@dataclass(frozen=True, slots=True, eq=False)
class Moves:
    """What is moved, in the order of the inputs: power a step; by hall K colder and so much faster than planned."""

    charge_kw: Sequence[FloatArray]
    work_kw: Sequence[FloatArray]
    air: Sequence[tuple[float, float]]

    @classmethod
    def none(cls, inputs: TrackInputs) -> Moves:
        """Return what keeps to the plan, and to what it was corrected by."""
        charge, work = ([one.lever.planned for one in group] for group in (inputs.stores, inputs.works))
        return cls(charge, work, [air.kept for air in inputs.halls])


class TrackingProblem:
    """The problem of one shape."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        parts = [[kind(shape.steps, shape.step_h) for _ in range(count)] for kind, count in _counts(shape)]
        self._stores, self._works, self._halls = parts
        every = [part for group in parts for part in group]
        self._laws: list[Any] = [law for part in every for law in part.laws]
        self._costs: list[Any] = [part.cost for part in every]
        self._meter([part.meter_kw for part in (*self._stores, *self._works)])
        self._problem = cp.Problem(cp.Minimize(cp.sum(self._costs)), self._laws)

    def _meter(self, moved_kw: Sequence[Any]) -> None:
        shape = self.shape
        total, over_kw = cp.Variable(shape.steps), cp.Variable(shape.steps, nonneg=True)
        peak_kw = cp.Variable(nonneg=True)
        self._cap_room, self._least_room = cp.Parameter(shape.steps), cp.Parameter(shape.steps)
        self._share, self._window_room = cp.Parameter((shape.windows, shape.steps)), cp.Parameter(shape.windows)
        self._peak_price = cp.Parameter(nonneg=True)
        self._laws += [
            total == sum(moved_kw, cp.Constant(np.zeros(shape.steps))),
            total - over_kw <= self._cap_room,
            total + over_kw >= self._least_room,
            self._share @ total - peak_kw <= self._window_room,
        ]
        self._costs += [LIMIT * shape.step_h * cp.sum(over_kw), self._peak_price * peak_kw]

    def solve(self, inputs: TrackInputs) -> Moves:
        """Return the least moves that keep the limits, or pass them by the least.

        Raises
        ------
        NoPlanFoundError
            If the solver gives no answer.
        """
        self._set_meter(inputs)
        for store_part, store in zip(self._stores, inputs.stores, strict=True):
            store_part.set(store)
        for work_part, work in zip(self._works, inputs.works, strict=True):
            work_part.set(work)
        for hall_part, air in zip(self._halls, inputs.halls, strict=True):
            hall_part.set(air, *_response(air))
        try:
            self._problem.solve(solver=cp.CLARABEL, warm_start=False)
        except cp.SolverError as error:
            raise NoPlanFoundError(f"no correction found: {error}") from error
        if self._problem.status not in _SOLVED:
            raise NoPlanFoundError(f"no correction found: the solver says {self._problem.status}")
        charge_kw, work_kw = ([part.power_kw for part in group] for group in (self._stores, self._works))
        return Moves(charge_kw, work_kw, [part.moves for part in self._halls])

    def _set_meter(self, inputs: TrackInputs) -> None:
        """Take in the meter. No room is larger than twice what can move: it keeps the numbers near each other."""
        grid = inputs.grid
        levers = [*(one.lever for one in inputs.stores), *(one.lever for one in inputs.works)]
        far = 1.0 + 2.0 * sum(lever.high - lever.low for lever in levers)
        self._cap_room.value = np.clip(grid.cap_kw - grid.import_kw, -far, far)
        self._least_room.value = np.clip(grid.least_kw - grid.import_kw, -far, far)
        self._share.value = grid.window_share
        self._window_room.value = np.clip(
            grid.demand_kw - grid.margin_kw - window_means_kw(grid, grid.import_kw), -far, far
        )
        self._peak_price.value = grid.demand_charge_per_kw / grid.price_per_kwh


def window_means_kw(grid: Grid, import_kw: FloatArray) -> FloatArray:
    """Return the mean of each demand window that an import leads to."""
    return np.asarray(grid.window_known_kw + grid.window_share @ import_kw)


def _counts(shape: Shape) -> tuple[tuple[Any, int], ...]:
    return (StorePart, shape.stores), (WorkPart, shape.works), (HallPart, shape.halls)


def _response(air: Air) -> tuple[FloatArray, FloatArray]:
    """Return how far above its limit the rack that needs most will be (T), and how much either move of the air cools it (T, 2).

    Both from where the air is kept: the first is what it would be without moves, were the response as linear as there.
    """
    (colder, faster), over = air.kept, air.over_k(*air.kept)
    worst = over.argmax(axis=1)[:, None]
    warm = np.take_along_axis(over, worst, axis=1)[:, 0]
    cools = np.zeros((len(warm), 2))
    if warm.max() > -_NEAR_K:
        for column, tried in enumerate(((colder + _TRY_K, faster), (colder, faster + _TRY_FRAC))):
            cooled = warm - np.take_along_axis(air.over_k(*tried), worst, axis=1)[:, 0]
            cools[:, column] = cooled / (_TRY_K, _TRY_FRAC)[column]
    return warm + cools @ np.array(air.kept), cools
