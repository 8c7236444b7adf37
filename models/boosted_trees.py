"""Gradient-boosted trees as plain arrays: fitted by scikit-learn, kept and evaluated without it.

A stored estimator of scikit-learn holds nodes that compiled code follows unchecked; these arrays are followed by numpy, which
checks. Missing values are not supported: rows with gaps are for the caller to leave out by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.ensemble._hist_gradient_boosting.binning import _find_binning_thresholds
from threadpoolctl import ThreadpoolController

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_ROUNDS = 120
_LEARNING_RATE = 0.1
_LEAVES = 12
_DEPTH = 5
_LEAST_LEAF_ROWS = 20
_BINS = 255
_WALKED = 16384  # rows times trees walked at once: few enough for a core's cache


@dataclass(frozen=True, slots=True, eq=False)
class BoostedTrees:
    """Trees side by side: (trees, nodes) each; a leaf is its own child, so that walking `depth` steps ends in one.

    Attributes
    ----------
    offset
        What is predicted before the first tree.
    feature, threshold
        Column asked at a node, and the value up to which its row goes left.
    left, right
        Nodes to go on to.
    value
        What a leaf adds.
    depth
        Longest way from a root to a leaf.
    """

    offset: float
    feature: IntArray
    threshold: FloatArray
    left: IntArray
    right: IntArray
    value: FloatArray
    depth: int

    def predict(self, features: FloatArray) -> FloatArray:
        """Return predictions (n,) for features (n, columns), none of them NaN.

        Many trees are walked at once, as numpy asks for few calls on long arrays; what they add is summed tree by tree.

        Raises
        ------
        IndexError
            If a node asks for a column or goes on to a node that is not there.
        """
        flat, count = self._flat(), len(features)
        by_column, rows = np.ascontiguousarray(features.T).ravel(), np.arange(count)
        begins, total = flat.feature * count, np.full(count, self.offset)
        at_once = max(1, _WALKED // max(count, 1))
        for first in range(0, len(self.value), at_once):
            roots = flat.roots[first : first + at_once, None]
            node = np.broadcast_to(roots, (len(roots), count))
            for _ in range(self.depth):
                goes_left = by_column[begins[node] + rows] <= flat.threshold[node]
                node = flat.next[2 * node + goes_left]
            for added in flat.value[node]:
                total += added
        return total

    def _flat(self) -> _Flat:
        trees, nodes = self.value.shape
        children = np.stack([self.right, self.left], axis=2)
        if min(children.min(), self.feature.min()) < 0 or children.max() >= nodes:
            raise IndexError("a tree goes on to a node, or asks for a column, that is not there")
        roots = np.arange(trees) * nodes
        following = (children + roots[:, None, None]).ravel()
        return _Flat(roots, self.feature.ravel(), self.threshold.ravel(), following, self.value.ravel())


class _Flat(NamedTuple):
    """Nodes of all trees, one after the other: of each the next ones where its row goes right and left."""

    roots: IntArray
    feature: IntArray
    threshold: FloatArray
    next: IntArray
    value: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Binned:
    """Features as scikit-learn bins them: dear to find with weights, and the same whatever the target.

    Attributes
    ----------
    codes
        Number of the bin of each value, (n, columns).
    upper
        By column, the value up to which each bin reaches; the last has none.
    """

    codes: FloatArray
    upper: tuple[FloatArray, ...]


def binned(features: FloatArray, weight: FloatArray | None = None) -> Binned:
    """Return the bins of features (n, columns), without NaN; each holds about the same weight (n,)."""
    codes, upper = np.empty(features.shape), []
    for column, values in enumerate(features.T):
        ends = _ends(values, weight)
        filled, codes[:, column] = np.unique(np.searchsorted(ends, values), return_inverse=True)
        upper.append(ends[filled[:-1]])
    return Binned(codes, tuple(upper))


def _ends(values: FloatArray, weight: FloatArray | None) -> FloatArray:
    """Return the values between the bins of a column, as scikit-learn finds them: weighted ones it sorts anew for each."""
    if weight is None or len(np.unique(values)) <= _BINS:
        return np.asarray(_find_binning_thresholds(values, _BINS, sample_weight=weight))
    order = np.argsort(values)
    ordered, reached = values[order], np.cumsum(weight[order])
    wanted = np.linspace(0, 100, _BINS + 1)[1:-1] / 100 * reached[-1]
    last = len(values) - 1
    at = np.minimum(np.searchsorted(reached, wanted), last)
    beyond = ordered[np.minimum(at + 1, last)]
    between = reached[at] - wanted <= np.finfo(float).eps
    return np.unique(np.where(between, (ordered[at] + beyond) / 2, ordered[at]))


def fit_trees(
    features: FloatArray | Binned,
    target: FloatArray,
    *,
    rises_with: Sequence[int] = (),
    weight: FloatArray | None = None,
    rounds: int = _ROUNDS,
) -> BoostedTrees:
    """Fit trees to whole rows.

    Parameters
    ----------
    features, target
        (n, columns) and (n,), without NaN. Features of several fits are binned once, with the weight of these fits.
    rises_with
        Columns with which predictions must not fall.
    weight
        Of the rows (n,); None: all alike.
    rounds
        Number of trees.
    """
    bins = features if isinstance(features, Binned) else binned(features, weight)
    monotone = [int(column in rises_with) for column in range(bins.codes.shape[1])]
    fitted = HistGradientBoostingRegressor(
        max_iter=rounds,
        max_bins=_BINS,
        learning_rate=_LEARNING_RATE,
        max_leaf_nodes=_LEAVES,
        max_depth=_DEPTH,
        min_samples_leaf=_LEAST_LEAF_ROWS,
        monotonic_cst=monotone,
        early_stopping=False,
        random_state=0,
    )
    with _threads().limit(limits=1, user_api="openmp"):  # small data: more threads only wait for each other
        fitted.fit(bins.codes, target, sample_weight=weight)
    return _as_arrays(fitted, bins)


@cache
def _threads() -> ThreadpoolController:
    """Return what holds threads back: it looks for libraries only once, and scikit-learn has loaded its own by now."""
    return ThreadpoolController()


def _as_arrays(fitted: HistGradientBoostingRegressor, bins: Binned) -> BoostedTrees:
    trees = [stage[0].nodes for stage in fitted._predictors]
    shape = (len(trees), max(len(nodes) for nodes in trees))
    itself = np.broadcast_to(np.arange(shape[1]), shape)
    feature, left, right = np.zeros(shape, np.int64), itself.copy(), itself.copy()
    threshold, value = np.zeros(shape), np.zeros(shape)
    for row, nodes in enumerate(trees):
        filled, inner = slice(0, len(nodes)), np.flatnonzero(nodes["is_leaf"] == 0)
        value[row, filled] = nodes["value"]
        feature[row, inner] = nodes["feature_idx"][inner]
        threshold[row, inner] = [
            bins.upper[column][int(between)]
            for column, between in zip(nodes["feature_idx"][inner], nodes["num_threshold"][inner], strict=True)
        ]
        left[row, inner], right[row, inner] = nodes["left"][inner], nodes["right"][inner]
    depth = max(int(nodes["depth"].max()) for nodes in trees)
    return BoostedTrees(float(fitted._baseline_prediction.item()), feature, threshold, left, right, value, depth)
