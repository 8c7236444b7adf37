"""Rack inlets an hour ahead: the plan's effect, a protection that lets go, a CRAH that stands, and hot spots."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.ahead.hot_spots import over_limit_in_hour, over_limit_probability
from models.ahead.inlets import InletsAhead, fit_inlets_ahead
from models.ahead.innovation import Forecast
from models.serialise import dump_model, load_model
from tests.models.ahead.hall_course import CRAHS, RACKS, hall_course, with_plan

NOW = -13  # the last measured row of `with_plan`


@pytest.fixture(scope="module")
def model() -> InletsAhead:
    return fit_inlets_ahead("hall-1", *hall_course(), CRAHS)


def test_an_hour_ahead_is_foreseen_where_the_plan_is_known(model: InletsAhead) -> None:
    rows, inlets = hall_course(seed=2)
    forecast, truth = model.forecast(rows, inlets), inlets.to_numpy()
    miss, persistence = truth[12:] - forecast.mean[:-12, -1], truth[12:] - truth[:-12]
    assert np.sqrt(np.mean(miss**2)) < 0.15
    assert np.sqrt(np.mean(persistence**2)) > 0.4
    covered = (truth[12:] >= forecast.low[:-12, -1]) & (truth[12:] <= forecast.high[:-12, -1])
    assert covered.mean() == pytest.approx(0.93, abs=0.03)


@pytest.mark.parametrize(
    ("setpoint", "low", "high", "warmer"),
    [("supply_air_temperature_setpoint_degc", 20.0, 21.0, True), ("airflow_setpoint_m3ps", 3.0, 3.6, False)],
)
def test_setpoints_have_their_direction_at_every_rack(
    model: InletsAhead, setpoint: str, low: float, high: float, warmer: bool
) -> None:
    rows, inlets = hall_course(seed=3)
    at_low, at_high = (
        model.forecast(with_plan(rows, **{setpoint: value}), inlets).mean[NOW, -1] for value in (low, high)
    )
    assert ((at_high > at_low) == warmer).all()


def test_what_the_sites_protection_does_passes_and_what_cannot_be_reached_stays(model: InletsAhead) -> None:
    rows, inlets = hall_course(seed=3)
    usual = model.forecast(with_plan(rows), inlets).mean[NOW, -1]
    protected, short = rows.copy(), rows.copy()
    last = rows.index[-1]
    for crah in CRAHS:
        protected.loc[last, f"{crah}.supply_air_temperature_degc"] -= 4.0
        protected.loc[last, f"{crah}.airflow_m3ps"] *= 1.6
        short.loc[rows.index[-6] :, f"{crah}.supply_air_temperature_degc"] += 3.0
    for frame in (protected, short):
        frame["supply_air_degc"] = frame["c1.supply_air_temperature_degc"]
    protected.loc[last, "air_rise_k"] /= 1.6
    assert np.abs(model.forecast(with_plan(protected), inlets).mean[NOW, -1] - usual).max() < 0.8
    hot = inlets.copy()
    hot.iloc[-6:] += 3.0
    assert (model.forecast(with_plan(short), hot).mean[NOW, -1] > usual + 2.0).all()


def test_a_crah_that_stands_goes_on_standing(model: InletsAhead) -> None:
    rows, inlets = hall_course(seed=3)
    tripped, last = rows.copy(), rows.index[-1]
    tripped.loc[last, "c1.airflow_m3ps"] = 0.0
    tripped.loc[last, "air_rise_k"] *= 2.0
    warmer = (
        model.forecast(with_plan(tripped), inlets).mean[NOW, -1] - model.forecast(with_plan(rows), inlets).mean[NOW, -1]
    )
    assert (warmer > 0.3).all()


def test_a_miss_of_the_supply_air_that_has_just_begun_passes(model: InletsAhead) -> None:
    rows, inlets = hall_course(seed=3)
    usual = model.forecast(with_plan(rows), inlets).mean[NOW, -1]
    for crah in CRAHS:
        rows.loc[rows.index[-2] :, f"{crah}.supply_air_temperature_degc"] += 3.0
    rows["supply_air_degc"] = rows["c1.supply_air_temperature_degc"]
    assert np.abs(model.forecast(with_plan(rows), inlets).mean[NOW, -1] - usual).max() < 1.5


def test_what_would_be_if_a_crah_were_lost(model: InletsAhead) -> None:
    rows, inlets = hall_course(seed=3)
    lost, kept = (model.forecast(rows, inlets, lost=crah).mean[-1] for crah in ("c1", None))
    assert (np.diff(lost - kept, axis=0) > 0).all()  # warmer and warmer
    assert (lost[-1] > kept[-1] + 0.3).all()


def test_a_silent_rack_does_not_stop_the_others() -> None:
    rows, inlets = hall_course()
    inlets["a2"] = np.nan
    forecast = fit_inlets_ahead("hall-1", rows, inlets, CRAHS).forecast(rows, inlets)
    assert np.isfinite(forecast.mean[100:]).all()
    assert (forecast.mean[100:, -1, RACKS.index("a2")] >= forecast.mean[100:, -1, 0] - 0.5).all()


def test_what_is_missing_is_named() -> None:
    rows, inlets = hall_course()
    with pytest.raises(ValueError, match=r"c2\.airflow_setpoint_m3ps: no setpoint is known"):
        fit_inlets_ahead("hall-1", rows.drop(columns="c2.airflow_setpoint_m3ps"), inlets, CRAHS)
    with pytest.raises(ValueError, match="hall-1: 20 whole rows"):
        fit_inlets_ahead("hall-1", rows[:30], inlets[:30], CRAHS)
    with pytest.raises(ValueError, match="an hour ahead needs steps of at most an hour"):
        daily = pd.date_range("2026-05-01", periods=len(rows), freq="1D", tz="UTC")
        fit_inlets_ahead("hall-1", rows.set_index(daily), inlets.set_index(daily), CRAHS)


def test_it_comes_back_the_same_from_its_bytes(model: InletsAhead) -> None:
    rows, inlets = hall_course(rows=60, seed=4)
    again = load_model(dump_model(model))
    np.testing.assert_array_equal(again.forecast(rows, inlets).high, model.forecast(rows, inlets).high)


def test_probability_of_a_hot_spot() -> None:
    mean = np.array([[[26.0, 27.0], [26.5, 28.0]]])
    forecast = Forecast(mean, mean - 0.5, mean + 1.0)
    probability = over_limit_probability(forecast, 27.0)
    assert probability[0, 0].tolist() == pytest.approx([0.05, 0.5], abs=1e-3)
    assert 0.05 < probability[0, 1, 0] < 0.5
    assert probability[0, 1, 1] > 0.99
    assert over_limit_in_hour(forecast, 27.0)[0].tolist() == pytest.approx(probability[0].max(axis=0).tolist())
    turning = Forecast(mean, mean - 0.5, mean + 1.0, np.ones((1, 2)))
    at_some = 1 - np.prod(1 - probability[0], axis=0)
    assert over_limit_in_hour(turning, 27.0)[0].tolist() == pytest.approx(at_some.tolist())
