"""Half-widths by power: they cover, follow the size of errors, and are careful with few looks."""

from __future__ import annotations

import numpy as np
import pytest

from models.component.spread import conformal_spread


@pytest.mark.parametrize("grows", [False, True])
def test_it_covers_at_low_and_at_high_power(grows: bool) -> None:
    random = np.random.default_rng(0)
    power = random.uniform(10.0, 100.0, 8000)
    size = 0.05 * power if grows else np.full(8000, 3.0)
    error = random.normal(0.0, size)
    spread = conformal_spread(power[:4000], error[:4000], 4000)
    inside = np.abs(error[4000:]) <= spread.half_width_kw(power[4000:])
    for some in (power[4000:] < 40.0, power[4000:] > 70.0):
        assert inside[some].mean() == pytest.approx(0.9, abs=0.03)


def test_few_looks_make_it_wider() -> None:
    random = np.random.default_rng(1)
    power, error = np.full(500, 50.0), random.normal(0.0, 1.0, 500)
    few, many = (conformal_spread(power, error, looks).half_width_kw(np.array([50.0]))[0] for looks in (6, 500))
    assert few == pytest.approx(np.abs(error).max(), rel=1e-2)
    assert many < 0.7 * few


def test_a_perfect_model_has_a_width_all_the_same() -> None:
    assert conformal_spread(np.full(50, 10.0), np.zeros(50), 50).half_width_kw(np.array([10.0]))[0] > 0
