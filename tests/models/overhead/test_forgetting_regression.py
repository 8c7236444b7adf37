"""Regressions that forget: they find what holds, follow what changes, and are not led by the wild."""

from __future__ import annotations

import numpy as np
import pytest

from models.overhead.regression import ForgettingRegression, answers, no_influence


def taught(truth: float, rows: int, seed: int, into: ForgettingRegression, wild: float = 0.0) -> ForgettingRegression:
    generator = np.random.default_rng(seed)
    for _ in range(rows):
        features = generator.normal(size=(1, 2))
        noise = generator.normal(0, 0.2) + wild * (generator.uniform() < 0.05)
        into.update(features, np.array([truth * features[0, 0] + noise]))
    return into


def test_before_any_row_nothing_has_influence() -> None:
    regression = no_influence(np.array([0.9, 1.0]), 3, 2)
    assert np.array_equal(answers(regression.weights(), np.ones((3, 2))), np.zeros((2, 3)))


def test_a_short_memory_follows_a_change_sooner_than_a_long_one() -> None:
    regression = taught(1.0, 1000, 1, no_influence(np.array([0.98, 1.0]), 1, 2))
    assert regression.weights()[1, 0] == pytest.approx([1.0, 0.0], abs=0.1)
    taught(-1.0, 200, 2, regression)
    assert regression.weights()[0, 0, 0] < 0.0 < regression.weights()[1, 0, 0]


def test_wild_rows_hardly_count() -> None:
    robust = taught(1.0, 1000, 3, no_influence(np.array([1.0]), 1, 2), wild=30.0)
    assert robust.weights()[0, 0] == pytest.approx([1.0, 0.0], abs=0.15)


def test_what_stands_still_is_forgotten_to_no_influence_and_not_to_ignorance() -> None:
    regression = taught(1.0, 500, 4, no_influence(np.array([0.98]), 1, 2))
    for _ in range(2000):
        regression.update(np.zeros((1, 2)), np.array([0.0]))
    assert abs(regression.weights()[0, 0, 0]) < 0.05
    assert np.linalg.cond(regression.information[0, 0]) < 1e3
