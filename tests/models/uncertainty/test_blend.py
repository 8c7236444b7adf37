"""A blend is soon as good as its best expert, also after another one has become the best."""

from __future__ import annotations

import numpy as np
import pytest

from models.uncertainty.blend import equal_blend


def test_it_starts_as_the_mean() -> None:
    assert equal_blend(3).of(np.array([1.0, 2.0, 6.0])) == pytest.approx(3.0)


def test_it_follows_the_best_expert_and_changes_its_mind() -> None:
    generator = np.random.default_rng(2)
    blend, off = equal_blend(3), np.array([0.0, 2.0, -3.0])
    for _ in range(200):
        truth = generator.normal()
        blend.update(truth + off + generator.normal(0, 0.3, 3), truth, scale=1.0)
    assert blend.weights[0] > 0.6
    for _ in range(200):
        truth = generator.normal()
        blend.update(truth + off[::-1] + generator.normal(0, 0.3, 3), truth, scale=1.0)
    assert blend.weights[2] > 0.6
    assert blend.weights.sum() == pytest.approx(1.0)


def test_at_a_quantile_it_chooses_the_expert_of_that_quantile() -> None:
    generator = np.random.default_rng(3)
    blend, said = equal_blend(3), np.array([0.0, 1.645, 3.0])
    for _ in range(1500):
        blend.update(said, float(generator.normal()), scale=1.0, level=0.95)
    assert blend.of(said) == pytest.approx(1.645, abs=0.35)
