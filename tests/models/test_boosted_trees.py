"""Boosted trees as arrays: the same as scikit-learn's, monotone where asked, storable."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor

from models import boosted_trees
from models.boosted_trees import BoostedTrees, FloatArray, binned, fit_trees
from models.serialise import dump_model, load_model

RNG = np.random.default_rng(5)
FEATURES = RNG.uniform(-1, 1, (2000, 3))
TARGET = np.sin(3 * FEATURES[:, 0]) + FEATURES[:, 1] * (FEATURES[:, 2] > 0) + RNG.normal(0, 0.05, 2000)


@pytest.fixture(scope="module")
def trees() -> BoostedTrees:
    return fit_trees(FEATURES, TARGET)


def scikit_learn(target: FloatArray, weight: FloatArray | None = None) -> HistGradientBoostingRegressor:
    return HistGradientBoostingRegressor(
        max_iter=boosted_trees._ROUNDS,
        learning_rate=boosted_trees._LEARNING_RATE,
        max_leaf_nodes=boosted_trees._LEAVES,
        max_depth=boosted_trees._DEPTH,
        min_samples_leaf=boosted_trees._LEAST_LEAF_ROWS,
        early_stopping=False,
        random_state=0,
    ).fit(FEATURES, target, sample_weight=weight)


def test_same_as_scikit_learn(trees: BoostedTrees) -> None:
    beyond = RNG.uniform(-2, 2, (500, 3))
    assert trees.predict(beyond) == pytest.approx(scikit_learn(TARGET).predict(beyond), abs=1e-12)


@pytest.mark.parametrize("rows", [0, 1, 7, 3000])
def test_what_trees_add_is_summed_in_order_however_many_rows(trees: BoostedTrees, rows: int) -> None:
    features = RNG.uniform(-2, 2, (rows, 3))
    expected = np.full(rows, trees.offset)
    for feature, threshold, left, right, value in zip(
        trees.feature, trees.threshold, trees.left, trees.right, trees.value, strict=True
    ):
        node = np.zeros(rows, np.int64)
        for _ in range(trees.depth):
            goes_left = features[np.arange(rows), feature[node]] <= threshold[node]
            node = np.where(goes_left, left[node], right[node])
        expected += value[node]
    assert np.array_equal(trees.predict(features), expected)


@pytest.mark.parametrize(("array", "wrong"), [("left", 1000), ("right", -1), ("feature", 3), ("feature", -1)])
def test_what_is_not_there_is_refused(trees: BoostedTrees, array: str, wrong: int) -> None:
    broken = getattr(trees, array).copy()
    broken[1, 0] = wrong  # of the second tree: beyond it are others
    with pytest.raises(IndexError):
        replace(trees, **{array: broken}).predict(FEATURES)


def test_bins_found_once_serve_several_targets() -> None:
    weight, beyond = np.geomspace(0.1, 1.0, len(TARGET)), RNG.uniform(-2, 2, (500, 3))
    bins = binned(FEATURES, weight)
    for target in (TARGET, -FEATURES[:, 1]):
        expected = scikit_learn(target, weight).predict(beyond)
        assert fit_trees(bins, target, weight=weight).predict(beyond) == pytest.approx(expected, abs=1e-12)


def test_learns(trees: BoostedTrees) -> None:
    assert np.std(TARGET - trees.predict(FEATURES)) < 0.3 * np.std(TARGET)


def test_rises_where_it_must() -> None:
    falling = fit_trees(FEATURES, -FEATURES[:, 0] + FEATURES[:, 1], rises_with=[0])
    grid = np.zeros((50, 3))
    grid[:, 0] = np.linspace(-1, 1, 50)
    assert (np.diff(falling.predict(grid)) >= 0).all()


def test_a_constant_needs_no_tree() -> None:
    flat = fit_trees(FEATURES, np.full(2000, 7.0))
    assert flat.predict(FEATURES[:3]) == pytest.approx([7.0, 7.0, 7.0])


def test_survives_storage(trees: BoostedTrees) -> None:
    back = load_model(dump_model(trees))
    assert np.array_equal(back.predict(FEATURES), trees.predict(FEATURES))
