"""The second way to an interval: how far a plain regression is off on windows before the change, each left out in turn.

It assumes nothing of how residuals remember; but few windows fit into a short past, and they were not at the past's end.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import t as student

from models.savings.baseline import FloatArray, MeanSaving, Rows

_RIDGE = 1e-3  # of the rows, on conditions in standard deviations
_PLACED = 4  # begins of windows a window's length


def mean_saving_by_placebo(before: Rows, during: Rows) -> MeanSaving:
    """Return the mean saving with the interval that the misses of left-out windows of the same length give."""
    rows = during.time_h.size
    missed = [
        _missed(before, np.arange(first, first + rows))
        for first in range(0, before.time_h.size - rows + 1, max(1, rows // _PLACED))
    ]
    fit = _fit(before.conditions, before.power_kw, before.conditions)
    saved = float(_answer(fit, during.conditions).mean() - during.power_kw.mean())
    freedom = max(1, before.time_h.size // rows - 1)
    half = float(student.ppf(0.95, freedom) * np.sqrt(np.mean(np.square(missed))))
    return MeanSaving(saved, saved - half, saved + half)


def _missed(before: Rows, left_out: np.typing.NDArray[np.int_]) -> float:
    kept = np.ones(before.time_h.size, dtype=bool)
    kept[left_out] = False
    fit = _fit(before.conditions[kept], before.power_kw[kept], before.conditions)
    return float((before.power_kw[left_out] - _answer(fit, before.conditions[left_out])).mean())


Fit = tuple[FloatArray, FloatArray, FloatArray, float]


def _fit(conditions: FloatArray, power_kw: FloatArray, scale_by: FloatArray) -> Fit:
    mean, spread = conditions.mean(axis=0), np.maximum(scale_by.std(axis=0), 1e-9)
    scaled = (conditions - mean) / spread
    ridge = _RIDGE * len(scaled) * np.eye(scaled.shape[1])
    slope = np.linalg.solve(scaled.T @ scaled + ridge, scaled.T @ (power_kw - power_kw.mean()))
    return mean, spread, np.asarray(slope), float(power_kw.mean())


def _answer(fit: Fit, conditions: FloatArray) -> FloatArray:
    mean, spread, slope, level = fit
    return np.asarray(level + (conditions - mean) / spread @ slope)
