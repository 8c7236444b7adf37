"""Fewer rows that say as much: of crowded conditions every so many, evenly over time, of rare ones all."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

MOST_ROWS = 8000
_CELLS = 6  # along each condition


def thinned(features: FloatArray, most_rows: int = MOST_ROWS) -> tuple[IntArray, FloatArray]:
    """Return which rows to take (in time order, as the features are), and how many rows each stands for."""
    if len(features) <= most_rows:
        return np.arange(len(features)), np.ones(len(features))
    cell, count = _cells(features)
    every = np.ceil(count / _most_a_cell(count, most_rows)).astype(np.int64)
    taken = np.flatnonzero(_rank_within(cell, count) % every[cell] == 0)
    kept = np.bincount(cell[taken], minlength=count.size)
    return taken, (count / np.maximum(kept, 1))[cell[taken]]


def _cells(features: FloatArray) -> tuple[IntArray, IntArray]:
    """Return in which cell of conditions each row lies, and how many rows each cell has."""
    low, high = features.min(axis=0), features.max(axis=0)
    place = ((features - low) / np.maximum(high - low, 1e-9) * (_CELLS - 1e-6)).astype(np.int64)
    _, cell, count = np.unique(place, axis=0, return_inverse=True, return_counts=True)
    return cell.ravel(), count


def _rank_within(cell: IntArray, count: IntArray) -> IntArray:
    """Return how many rows of the same cell came before each row."""
    rank = np.empty(cell.size, np.int64)
    before = np.repeat(np.cumsum(count) - count, count)
    rank[np.argsort(cell, kind="stable")] = np.arange(cell.size) - before
    return rank


def _most_a_cell(count: IntArray, most_rows: int) -> int:
    """Return how many rows a cell may give for all cells together to give no more than asked; one at least."""
    low, high = 1, int(count.max())
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if np.minimum(count, middle).sum() <= most_rows else (low, middle - 1)
    return low
