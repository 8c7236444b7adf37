"""Intervals of rack inlets: honest where errors last through a rehearsal, and where a rack is noisier than the others."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from models.rack.interval import TAIL_FRAC, interval_k
from models.uncertainty.scores import interval_scores

FloatArray = npt.NDArray[np.float64]

RACKS, ROWS = 12, 100
NOISE_K = np.where(np.arange(RACKS) < 2, 0.2, 0.05)  # two racks in the mixed air


def rehearsal(draw: np.random.Generator, lasting_k: float) -> FloatArray:
    of_all = draw.normal(0, 0.5 * lasting_k)  # the probes of the supply air
    return np.asarray(of_all + draw.normal(0, lasting_k, RACKS) + draw.normal(0, 1, (ROWS, RACKS)) * NOISE_K)


def tried(lasting_k: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return which of the next rows were inside, (halls, rows, racks), their score, and that of each rack's own quantiles."""
    draw = np.random.default_rng(7)
    inside, scores, plain = [], [], []
    for _ in range(100):
        *known, later = (rehearsal(draw, lasting_k) for _ in range(4))
        below, above = interval_k(known)
        inside.append((later >= -below) & (later <= above))
        scores.append(interval_scores(later, -below, above))
        low, high = np.quantile(np.concatenate(known), (TAIL_FRAC, 1 - TAIL_FRAC), axis=0)
        plain.append(interval_scores(later, low, high))
    return np.array(inside), np.array(scores), np.array(plain)


def test_errors_that_last_are_covered_though_a_rack_showed_three_of_them() -> None:
    inside, scores, plain = tried(lasting_k=0.1)
    assert 0.89 <= inside.mean() <= 0.93  # rather wide: it allows for drifts that grow
    assert inside.mean(axis=(0, 1)).min() > 0.85  # every rack by itself
    assert scores.mean() < 0.9 * plain.mean()


def test_where_nothing_lasts_the_interval_is_that_of_each_racks_scatter() -> None:
    inside, scores, plain = tried(lasting_k=0.0)
    assert inside.mean() == pytest.approx(0.9, abs=0.02)
    assert scores.mean() < 1.01 * plain.mean()


def test_gaps_and_a_rack_that_was_never_measured() -> None:
    draw = np.random.default_rng(3)
    known = [rehearsal(draw, 0.1) for _ in range(3)]
    known[0][:, 1] = np.nan  # silent for a while
    for each in known:
        each[:, 0] = np.nan
    below, above = interval_k(known)
    assert np.isnan([below[0], above[0]]).all()
    assert (below[1:] > 0).all()
    assert (above[1:] > 0).all()
