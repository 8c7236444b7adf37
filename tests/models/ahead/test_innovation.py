"""Forecasts that follow a lagged answer: what is kept of an error, and intervals that stay honest."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from models.ahead.innovation import Forecast, Innovation, calibrated
from models.ahead.lagged import held, lagged, step_share
from models.ahead.planned import planned_from

FloatArray = npt.NDArray[np.float64]

STEP_S, LAG_S, STEPS = 300.0, 600.0, 12
ALIKE = np.zeros(3, np.intp)


def plant(rows: int, *, noise_k: float, seed: int, offset_k: float = 0.0) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return steady answer, steady answer ahead (the plan is known) and what is measured."""
    draw = np.random.default_rng(seed)
    steady = 24.0 + np.repeat(draw.normal(0, 1.0, rows // 20 + 1), 20)[:rows, None] + np.array([0.0, 0.5, 1.0])
    later = np.minimum(np.arange(rows)[:, None] + np.arange(1, STEPS + 1), rows - 1)
    measured = lagged(steady, step_share(STEP_S, LAG_S)) + offset_k + draw.normal(0, noise_k, steady.shape)
    return steady, steady[later], measured


def inside(forecast: Forecast, measured: FloatArray, first: int) -> float:
    due = measured[first + STEPS :]
    low, high = forecast.low[first:-STEPS, -1], forecast.high[first:-STEPS, -1]
    return float(np.mean((due >= low) & (due <= high)))


def test_a_step_is_followed_at_its_own_pace() -> None:
    steps = np.array([[0.0], [1.0], [1.0], [1.0]])
    followed = lagged(steps, step_share(300.0, 600.0))[:, 0]
    np.testing.assert_allclose(followed, 1 - np.exp(-0.5 * np.array([0, 1, 2, 3])))
    assert np.array_equal(lagged(steps, step_share(300.0, 0.0)), steps)


def test_gaps_stay_gaps_and_the_lag_stands_still() -> None:
    values = np.array([[0.0], [np.nan], [1.0]])
    behind = lagged(values, 0.5)[:, 0]
    assert np.isnan(behind[1])
    assert behind[2] == pytest.approx(0.5)
    assert held(np.array([[np.nan], [2.0], [np.nan]]), 0.5)[:, 0].tolist() == [0.0, 2.0, 2.0]


def test_a_plan_is_foreseen_and_an_offset_carried_on() -> None:
    model = calibrated((STEP_S, LAG_S), *plant(800, noise_k=0.1, seed=1), ALIKE)
    steady, ahead, measured = plant(400, noise_k=0.1, seed=2, offset_k=0.8)
    mean = model.forecast(steady, ahead, measured).mean[20:-STEPS, -1]
    due = measured[20 + STEPS :]
    assert np.sqrt(np.mean((due - mean) ** 2)) < 0.25
    assert np.sqrt(np.mean((due - measured[20:-STEPS]) ** 2)) > 0.9  # persistence


def test_intervals_cover_what_they_say_and_adapt_when_errors_grow() -> None:
    # A little more where nothing unforeseen happens: a machine that trips is to have its share.
    model = calibrated((STEP_S, LAG_S), *plant(2000, noise_k=0.1, seed=1), ALIKE)
    steady, ahead, measured = plant(2000, noise_k=0.1, seed=2)
    assert inside(model.forecast(steady, ahead, measured), measured, 0) == pytest.approx(0.93, abs=0.03)
    steady, ahead, measured = plant(2000, noise_k=0.4, seed=3)
    assert inside(model.forecast(steady, ahead, measured), measured, 300) == pytest.approx(0.93, abs=0.03)


def test_a_forecast_knows_nothing_of_later_measurements() -> None:
    model = calibrated((STEP_S, LAG_S), *plant(400, noise_k=0.1, seed=1), ALIKE)
    steady, ahead, measured = plant(100, noise_k=0.1, seed=2)
    changed = measured.copy()
    changed[51:] += 5.0
    before, after = (model.forecast(steady, ahead, one) for one in (measured, changed))
    for one, other in ((before.mean, after.mean), (before.low, after.low), (before.high, after.high)):
        assert np.array_equal(one[:51], other[:51])
        assert not np.array_equal(one[51:], other[51:])


def test_a_channel_that_falls_silent_keeps_its_last_error_and_a_wide_enough_interval() -> None:
    steady, ahead, measured = plant(400, noise_k=0.1, seed=1, offset_k=0.5)
    measured[:, 2] = np.nan
    model = calibrated((STEP_S, LAG_S), steady, ahead, measured, ALIKE)
    assert (model.spread_k[:, 2] >= model.spread_k[:, :2].max(axis=1)).all()
    assert np.isfinite(model.forecast(steady, ahead, measured).mean).all()


def test_nothing_to_check_is_refused() -> None:
    steady, ahead, measured = plant(100, noise_k=0.1, seed=1)
    with pytest.raises(ValueError, match="no forecast can be checked"):
        calibrated((STEP_S, LAG_S), steady, ahead, measured * np.nan, ALIKE)


def test_groups_do_not_share_their_intervals() -> None:
    steady, ahead, measured = plant(2000, noise_k=0.1, seed=1)
    measured[:, 2] += np.random.default_rng(4).normal(0, 0.5, 2000)
    model = calibrated((STEP_S, LAG_S), steady, ahead, measured, np.array([0, 0, 1]))
    assert isinstance(model, Innovation)
    forecast = model.forecast(steady, ahead, measured)
    width = (forecast.high - forecast.low)[100:, -1].mean(axis=0)
    assert width[2] > 3 * width[0]


def test_plans_hold_what_is_unknown() -> None:
    setpoint = np.array([[20.0], [np.nan], [22.0]])
    plan = planned_from(setpoint, 2, knows_plan=True)
    assert plan.above_now[:, :, 0].tolist() == [[0.0, 2.0], [2.0, 2.0], [0.0, 0.0]]
    assert plan.over_now[0, :, 0].tolist() == [1.0, 1.1]
    assert not planned_from(setpoint, 2, knows_plan=False).above_now.any()
