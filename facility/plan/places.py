"""Names of the columns and rows of a problem, as numbers: those of the next plan's problem are found again by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from facility.plan.compiled import Compiled
from facility.plan.vertices import IntArray
from models.cooling import BoolArray

_AGES, _AXIS, _BLOCK = 1 << 14, 1 << 24, 1 << 52
KIN = 1 << 12  # names alike but for what comes below it are of kin: where one is gone, the nearest stands in


class Places(NamedTuple):
    """The names of a problem's columns and rows."""

    form: tuple[int, int]  # variables and constraints: problems of another form have others
    columns: IntArray
    rows: IntArray

    def some(self, rows: BoolArray) -> Places:
        """Return the places of a problem that has some of the rows."""
        return self._replace(rows=self.rows[rows])


@dataclass(eq=False)
class Naming:
    """Names what has a value a step by the time of the step, so that it keeps its name as the horizon moves on.

    Attributes
    ----------
    first
        The first step, counted from a time that all plans share.
    steps
        How many there are.
    """

    first: int = 0
    steps: int = 0
    _own: dict[str, IntArray] = field(default_factory=dict)  # by variable: cvxpy compiles others of the same name

    def time(self, step: IntArray) -> IntArray:
        """Return numbers that name the times of some steps, in this horizon and in any other."""
        return np.asarray((step + self.first) % _AGES)

    def name(self, variable: Any, step: IntArray, of: IntArray, kin: IntArray | int = 0) -> None:
        """Name the entries of a variable that are not one a step: by time, whose they are, and a number below `KIN`."""
        self._own[variable.name()] = (of * _AGES + self.time(step)) * KIN + kin

    def of(self, whole: Compiled) -> Places:
        """Return the places of a compiled problem."""
        columns = [self._names(one) for one in whole.variables]
        rows = [self._by_step(one.shape) for one in whole.rows]
        return Places((len(columns), len(rows)), _numbered(columns), _numbered(rows))

    def _names(self, variable: Any) -> IntArray:
        own = self._own.get(variable.name())
        return self._by_step(variable.shape) if own is None else own

    def _by_step(self, shape: tuple[int, ...]) -> IntArray:
        """Name an array's values, flattened column by column; an axis of whole horizons is one after the other."""
        index = np.indices(shape or (1,)).reshape(max(len(shape), 1), -1, order="F")
        names = np.zeros(index.shape[1], dtype=np.int64)
        for axis, length in zip(index, shape or (1,), strict=True):
            horizon, step = np.divmod(axis, self.steps) if self.steps and length % self.steps == 0 else (axis, None)
            names = names * _AXIS + (horizon if step is None else horizon * _AGES + self.time(step))
        return names * KIN


def _numbered(blocks: Sequence[IntArray]) -> IntArray:
    return np.concatenate([number * _BLOCK + block for number, block in enumerate(blocks)])
