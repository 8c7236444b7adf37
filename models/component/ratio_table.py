"""Power over its law, tabulated: a table answers a hundred thousand rows in milliseconds, and needs no estimator to be stored."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
Ratio = Callable[[FloatArray], FloatArray]

_NODES = {"law": 31, "driver": 13}
_LEAST_RANGE = 1e-6
_ROUNDING = 1e-9
_BLOCK_ROWS = 2048  # what fits into a core's cache: twice as fast as all at once
_TREND_RANGE = 0.25, 4.0  # of power over its law: a trend beyond it is noise


@dataclass(frozen=True, slots=True, eq=False)
class Range:
    """Lowest and highest of the law's power and the drivers, (1 + drivers,) each."""

    low: FloatArray
    high: FloatArray

    def widened(self, frac: float) -> Range:
        """Return it wider by a share of itself, both ways; the law's power only upwards, as below it goes to zero."""
        more = frac * (self.high - self.low)
        return Range(self.low - np.append(0.0, more[1:]), self.high + more)

    def held(self, features: FloatArray) -> FloatArray:
        """Return features (n, 1 + drivers), those outside moved to the edge."""
        return np.clip(features, self.low, self.high)

    def outside(self, features: FloatArray) -> BoolArray:
        """Return which features lie outside (n,)."""
        beyond = (features < self.low - _ROUNDING) | (features > self.high + _ROUNDING)
        return np.asarray(beyond.any(axis=1))

    def beyond(self, features: FloatArray, far: FloatArray) -> FloatArray:
        """Return how far features lie outside (n,), `far` (1 + drivers,) being 1 along each axis."""
        return np.asarray(np.linalg.norm((features - self.held(features)) / far, axis=1))

    def power_kw(self, ratio: Ratio, features: FloatArray) -> FloatArray:
        """Return power [kW] by a ratio inside, and by the law's shape outside, moved to meet the ratio at the edge.

        Above the range the law's rise is added, more or less of it as the trend inside says; below it the law is scaled. The bare
        law would jump at the edge: a plan would chase the nameplate's optimism where nobody has measured (tabulated states missed
        the model by 8 to 12 kW).
        """
        law_kw, held = features[:, 0], self.held(features)
        within_kw = np.minimum(law_kw, self.high[0])
        power_kw = ratio(held) * within_kw
        above = law_kw > self.high[0]
        if above.any():
            rise = self._rise(ratio, held[above], power_kw[above])
            power_kw[above] += rise * (law_kw - within_kw)[above]
        return np.asarray(power_kw)

    def _rise(self, ratio: Ratio, at_edge: FloatArray, edge_kw: FloatArray) -> FloatArray:
        """Return how much of the law's rise power takes above the range: halfway to the trend over it, less where it is narrow."""
        low_kw, high_kw = self.low[0], self.high[0]
        below = np.column_stack([np.full(len(at_edge), low_kw), at_edge[:, 1:]])
        trend = (edge_kw - ratio(below) * low_kw) / max(high_kw - low_kw, _LEAST_RANGE)
        known = 0.5 * (high_kw - low_kw) / max(high_kw, _LEAST_RANGE)
        return np.asarray(np.clip(trend, *_TREND_RANGE) ** known)


@dataclass(frozen=True, slots=True, eq=False)
class RatioTable:
    """A ratio over a grid of the law's power (axis 0) and drivers, linear between its nodes.

    Attributes
    ----------
    axes
        Ends of the axes.
    values
        Ratio at the nodes [-].
    """

    axes: Range
    values: FloatArray

    def at(self, features: FloatArray) -> FloatArray:
        """Return ratios (n,) for features (n, 1 + drivers), held at the ends of the axes."""
        if self.values.ndim == 1:
            marks = np.linspace(self.axes.low[0], self.axes.high[0], self.values.size)
            return np.interp(features[:, 0], marks, self.values)
        blocks = range(0, len(features), _BLOCK_ROWS)
        return np.concatenate([np.zeros(0), *(self._block(features[at : at + _BLOCK_ROWS]) for at in blocks)])

    def _block(self, features: FloatArray) -> FloatArray:
        nodes, values = np.array(self.values.shape), self.values
        low, high = self.axes.low, self.axes.high
        place = ((self.axes.held(features) - low) * ((nodes - 1) / (high - low))).T
        cell = np.minimum(place.astype(np.int64), (nodes - 2)[:, None])
        part = place - cell
        alike = (place == place[:, :1]).all(axis=1) & (np.arange(nodes.size) > 0)
        for axis in reversed(np.flatnonzero(alike)):  # such as a setpoint: each halves the corners that all rows need
            lower, upper = (values.take(cell[axis, 0] + end, axis) for end in (0, 1))
            values = lower + part[axis, 0] * (upper - lower)
        strides = np.append(np.cumprod(nodes[~alike][:0:-1])[::-1], 1)
        corners = functools.reduce(
            lambda before, stride: np.add.outer(before, (0, stride)).ravel(), strides, np.zeros(1, np.int64)
        )
        found: FloatArray = values.ravel().take(strides @ cell[~alike] + corners[:, None])
        for along in part[~alike]:
            lower, upper = found[: len(found) // 2], found[len(found) // 2 :]
            upper -= lower
            upper *= along
            found = np.add(lower, upper, out=upper)
        return np.asarray(found[0])

    def power_kw(self, features: FloatArray) -> FloatArray:
        """Return power [kW]; beyond the axes by the law's shape (`Range.power_kw`)."""
        return self.axes.power_kw(self.at, features)


def tabulate(ratio: Ratio, axes: Range) -> RatioTable:
    """Return the table of a ratio, raised where power would fall while its law rises."""
    low, high = axes.low, np.maximum(axes.high, axes.low + _LEAST_RANGE)
    sizes = [_NODES["law"]] + [_NODES["driver"]] * (low.size - 1)
    marks = [np.linspace(first, last, size) for first, last, size in zip(low, high, sizes, strict=True)]
    grid = np.stack(np.meshgrid(*marks, indexing="ij"), axis=-1)
    values = ratio(grid.reshape(-1, low.size)).reshape(sizes)
    return RatioTable(Range(low, high), _rising(values, marks[0]))


def _rising(ratio: FloatArray, law_kw: FloatArray) -> FloatArray:
    """Return the ratio, raised where needed for law x ratio to rise along axis 0, also between the nodes.

    There the ratio is linear in the law, so that power is a parabola: it rises up to the end of the cell if it rises at its end.
    """
    raised = np.maximum(ratio, 0.0)
    step = law_kw[1] - law_kw[0]
    for node in range(1, law_kw.size):
        raised[node] = np.maximum(raised[node], raised[node - 1] * law_kw[node] / (law_kw[node] + step))
    return raised
