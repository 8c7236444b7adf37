"""Scores of intervals against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from models.uncertainty.scores import coverage_frac, covered, interval_scores


def test_ends_are_inside_and_gaps_are_not() -> None:
    assert covered([1.0, 2.0, 3.0, np.nan], 1.0, 2.0).tolist() == [True, True, False, False]
    assert coverage_frac([1.0, 2.0, 3.0, 4.0], 1.0, 2.0) == 0.5


def test_a_miss_costs_twenty_times_its_distance_at_90_percent() -> None:
    scores = interval_scores([0.0, 3.0, -2.0], -1.0, 1.0)
    assert scores == pytest.approx([2.0, 2.0 + 20 * 2.0, 2.0 + 20 * 1.0])
    assert interval_scores(3.0, -1.0, 1.0, level=0.5) == pytest.approx(2.0 + 4 * 2.0)


def test_true_quantiles_score_best() -> None:
    sample = np.random.default_rng(1).normal(size=20_000)
    mean_score = {reach: float(interval_scores(sample, -reach, reach).mean()) for reach in (1.2, 1.645, 2.2)}
    assert min(mean_score, key=lambda reach: mean_score[reach]) == 1.645
