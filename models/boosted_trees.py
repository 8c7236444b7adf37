"""Gradient-boosted trees as plain arrays: fitted by scikit-learn, kept and evaluated without it.

A stored estimator of scikit-learn holds nodes that compiled code follows unchecked; these arrays are followed by numpy, which
checks. Missing values are not supported: rows with gaps are for the caller to leave out by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_ROUNDS = 120
_LEARNING_RATE = 0.1
_LEAVES = 12
_DEPTH = 5
_LEAST_LEAF_ROWS = 20


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
        """Return predictions (n,) for features (n, columns), none of them NaN."""
        total = np.full(len(features), self.offset)
        rows = np.arange(len(features))
        for feature, threshold, left, right, value in zip(
            self.feature, self.threshold, self.left, self.right, self.value, strict=True
        ):
            node = np.zeros(len(features), np.int64)
            for _ in range(self.depth):
                goes_left = features[rows, feature[node]] <= threshold[node]
                node = np.where(goes_left, left[node], right[node])
            total += value[node]
        return total


def fit_trees(
    features: FloatArray,
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
        (n, columns) and (n,), without NaN.
    rises_with
        Columns with which predictions must not fall.
    weight
        Of the rows (n,); None: all alike.
    rounds
        Number of trees.
    """
    monotone = [int(column in rises_with) for column in range(features.shape[1])]
    fitted = HistGradientBoostingRegressor(
        max_iter=rounds,
        learning_rate=_LEARNING_RATE,
        max_leaf_nodes=_LEAVES,
        max_depth=_DEPTH,
        min_samples_leaf=_LEAST_LEAF_ROWS,
        monotonic_cst=monotone,
        early_stopping=False,
        random_state=0,
    )
    with threadpool_limits(limits=1, user_api="openmp"):  # small data: more threads only wait for each other
        fitted.fit(features, target, sample_weight=weight)
    return _as_arrays(fitted)


def _as_arrays(fitted: HistGradientBoostingRegressor) -> BoostedTrees:
    trees = [stage[0].nodes for stage in fitted._predictors]
    shape = (len(trees), max(len(nodes) for nodes in trees))
    itself = np.broadcast_to(np.arange(shape[1]), shape)
    feature, left, right = np.zeros(shape, np.int64), itself.copy(), itself.copy()
    threshold, value = np.zeros(shape), np.zeros(shape)
    for row, nodes in enumerate(trees):
        filled, inner = slice(0, len(nodes)), np.flatnonzero(nodes["is_leaf"] == 0)
        value[row, filled] = nodes["value"]
        feature[row, inner] = nodes["feature_idx"][inner]
        threshold[row, inner] = nodes["num_threshold"][inner]
        left[row, inner], right[row, inner] = nodes["left"][inner], nodes["right"][inner]
    depth = max(int(nodes["depth"].max()) for nodes in trees)
    return BoostedTrees(float(fitted._baseline_prediction.item()), feature, threshold, left, right, value, depth)
