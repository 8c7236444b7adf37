"""Inequalities that hold one variable alone are bounds of it: a quarter of a plan's rows, which the simplex need not carry.

Solvers presolve such rows away, but not where they begin from a known basis. Multipliers of those rows are told all the same: a
bound's is the reduced cost of its variable.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facility.plan.compiled import Compiled
from facility.plan.vertices import IntArray
from facility.records import FloatArray
from models.cooling import BoolArray

_LEAST_ENTRY = 1e-6  # a bound is divided by it; smaller ones stay rows
_NONE = -1


@dataclass(frozen=True, slots=True, eq=False)
class Bounds:
    """Bounds of a problem's columns, those by rows among them, and the rows that are left.

    Attributes
    ----------
    low, high
        Of each column.
    low_row, high_row
        Row whose bound each is, -1 where it is the variable's own; of equal ones the variable's own, else the first.
    entry
        Of each row in its only column; nought of the rows that are left.
    left
        Rows (R,) that are no bounds.
    """

    low: FloatArray
    high: FloatArray
    low_row: IntArray
    high_row: IntArray
    entry: FloatArray
    left: BoolArray

    @classmethod
    def of(cls, whole: Compiled) -> Bounds:
        """Find the rows that are bounds."""
        by_row = whole.matrix.tocsr()
        size = by_row.shape[0]
        first = by_row.indptr[:-1]
        alone = np.flatnonzero((np.diff(by_row.indptr) == 1) & (np.arange(size) >= whole.equations))
        alone = alone[np.abs(by_row.data[first[alone]]) >= _LEAST_ENTRY]
        entry, columns = np.zeros(size), by_row.indices[first[alone]]
        entry[alone] = by_row.data[first[alone]]
        most = whole.most[alone] / entry[alone]
        upper = entry[alone] > 0.0
        high, high_row = _tightest(whole.high, columns[upper], most[upper], alone[upper])
        low, low_row = _tightest(-whole.low, columns[~upper], -most[~upper], alone[~upper])
        return cls(-low, high, low_row, high_row, entry, entry == 0.0)

    def multipliers(self, left: FloatArray, reduced_costs: FloatArray) -> FloatArray:
        """Return the multiplier of every row, at least nought of inequalities, from those left and the columns' reduced costs."""
        every = np.zeros(len(self.left))
        every[self.left] = left
        for rows, held in ((self.high_row, reduced_costs < 0.0), (self.low_row, reduced_costs > 0.0)):
            columns = np.flatnonzero(held & (rows != _NONE))
            every[rows[columns]] = -reduced_costs[columns] / self.entry[rows[columns]]
        return every


def _tightest(own: FloatArray, columns: IntArray, most: FloatArray, rows: IntArray) -> tuple[FloatArray, IntArray]:
    """Return the least upper bound of each column and the row that it comes from."""
    high, row = own.copy(), np.full(len(own), _NONE)
    np.minimum.at(high, columns, most)
    decides = np.flatnonzero((most == high[columns]) & (high[columns] < own[columns]))[::-1]
    row[columns[decides]] = rows[decides]
    return high, row
