"""Blends courses of a load by how well each did before, and says from like situations how far the blend may be off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.optimize import nnls

FloatArray = npt.NDArray[np.float64]

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_GROUPS = 12  # of steps ahead, longer the farther: each has one set of weights, and one of quantiles
_LEAST_PAIRS = 20
_PASSES = 4  # of least squares towards least absolute errors: bursts must not choose the weights
_RIDGE, _SUM_TO_ONE = 0.02, 1e4  # over the pairs' weight
_LIKE_RANK = 0.1  # forecasts begun at a level this near in rank count as alike
_ANY_FRAC = 0.15  # what any other forecast counts for beside them: what is quiet now may wake
_IN_SAMPLE = 1.15  # errors of forecasts that the weights were chosen on are smaller than those to come


@dataclass(frozen=True, slots=True, eq=False)
class Blend:
    """What past forecasts taught.

    Attributes
    ----------
    edges
        First step of each group of steps ahead, and the end, (groups + 1,).
    weights
        Of the courses, none negative, (groups, courses).
    misses
        Measured minus forecast, NaN where not measured, (forecasts, steps).
    levels
        Load before each forecast, (forecasts,).
    recency
        What each counts for, (forecasts,).
    """

    edges: npt.NDArray[np.intp]
    weights: FloatArray
    misses: FloatArray
    levels: FloatArray
    recency: FloatArray

    def centre(self, courses: FloatArray) -> FloatArray:
        """Return the blend (..., steps) of courses (..., courses, steps), its weights changing smoothly with the step."""
        return np.asarray(np.einsum("...ks,sk->...s", courses, self._smooth(self.weights, courses.shape[-1])))

    def spread(self, level: float, steps: int, wide: float) -> FloatArray:
        """Return quantiles of what the blend is off by, (steps, quantiles).

        `wide` is the half-width where too few forecasts say anything; it never narrows with the step.
        """
        alike = self._alike(level)
        groups: list[FloatArray] = []
        for begin, end in pairwise(self.edges):
            missed = self.misses[:, begin:end]
            known = np.isfinite(missed)
            if known.sum() >= _LEAST_PAIRS:
                weight = np.broadcast_to(alike[:, None], missed.shape)[known]
                groups.append(_quantiles(missed[known], weight))
            else:
                widest = max(wide, float(np.abs(groups[-1]).max()) if groups else 0.0)
                groups.append(np.interp(QUANTILES, [QUANTILES[0], 0.5, QUANTILES[-1]], [-widest, 0.0, widest]))
        return self._smooth(np.array(groups), steps)

    def _alike(self, level: float) -> FloatArray:
        ordered = np.sort(self.levels)

        def rank(levels: npt.ArrayLike) -> FloatArray:
            both = np.searchsorted(ordered, levels, "left") + np.searchsorted(ordered, levels, "right")
            return np.asarray(both / (2 * ordered.size))

        near = np.exp(-0.5 * ((rank(self.levels) - rank(level)) / _LIKE_RANK) ** 2)
        return np.asarray(self.recency * ((1 - _ANY_FRAC) * near / near.mean() + _ANY_FRAC))

    def _smooth(self, by_group: FloatArray, steps: int) -> FloatArray:
        """Return values by step (steps, columns) from values by group (groups, columns)."""
        middle = np.log1p((self.edges[:-1] + self.edges[1:] - 1) / 2)
        ahead = np.log1p(np.arange(steps))
        return np.stack([np.interp(ahead, middle, column) for column in by_group.T], axis=1)


def fit_blend(courses: FloatArray, measured: FloatArray, levels: FloatArray, recency: FloatArray) -> Blend:
    """Return the blend of past forecasts: courses (forecasts, courses, steps) and what came (forecasts, steps), NaN for gaps."""
    steps = measured.shape[1]
    edges = np.unique(np.append(0, np.round(np.geomspace(1, steps, _GROUPS + 1)))).astype(np.intp)
    weights: list[FloatArray] = [np.full(courses.shape[1], 1 / courses.shape[1])]
    for begin, end in pairwise(edges):
        off = (courses[:, :, begin:end] - measured[:, None, begin:end]).transpose(0, 2, 1)
        known = np.isfinite(measured[:, begin:end])
        enough = known.sum() >= _LEAST_PAIRS
        pairs = np.broadcast_to(recency[:, None], known.shape)[known]
        weights.append(_weights(off[known], pairs) if enough else weights[-1])
    flat = Blend(edges, np.array(weights[1:]), measured, levels, recency)
    return Blend(edges, flat.weights, measured - flat.centre(courses), levels, recency)


def _weights(off: FloatArray, counts: FloatArray) -> FloatArray:
    """Return the weights, none negative and 1 together, that make the absolute error least; `off` (pairs, courses)."""
    size = off.shape[1]
    scale = float(np.average(np.abs(off[:, 0]), weights=counts)) + 1e-9
    weight = counts
    for _ in range(_PASSES):
        unit = float(weight.sum()) * scale**2
        normal = (off * weight[:, None]).T @ off + unit * (_RIDGE * np.eye(size) + _SUM_TO_ONE)
        root = np.linalg.cholesky(normal).T
        found, _ = nnls(root, np.linalg.solve(root.T, np.full(size, unit * (_SUM_TO_ONE + _RIDGE / size))))
        blend = found / found.sum()
        weight = counts / np.maximum(np.abs(off @ blend), 0.1 * scale)
    return np.asarray(blend)


def _quantiles(missed: FloatArray, weight: FloatArray, at: Sequence[float] = QUANTILES) -> FloatArray:
    """Return weighted quantiles, drawn apart from the median."""
    order = np.argsort(missed)
    below = np.cumsum(weight[order]) - weight[order] / 2
    found = np.interp(at, below / weight.sum(), missed[order])
    median = found[len(found) // 2]
    return np.asarray(median + _IN_SAMPLE * (found - median))
