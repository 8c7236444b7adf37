"""The coming hours: close to what comes, with intervals that hold, by energies as by powers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.serialise import dump_model, load_model
from models.whole.ahead import AheadModel, SiteAhead, fit_ahead
from models.whole.as_operated import ThinRowsError
from models.whole.site_rows import site_rows
from tests.models.whole.making import WEATHER, site_frame

STEPS = 192
PARTS = ("chiller_kw", "fan_kw")


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return site_frame("2025-05-01", 40)


@pytest.fixture(scope="module")
def model(frame: pd.DataFrame) -> AheadModel:
    return fit_ahead(site_rows(frame.iloc[: 96 * 30], PARTS, WEATHER), 15, STEPS)


def _issued(model: AheadModel, frame: pd.DataFrame, day: int) -> tuple[pd.DataFrame, SiteAhead]:
    begin = 96 * day
    ahead = frame.iloc[begin : begin + STEPS]
    return ahead, model.forecast(ahead.index[0], _recent(frame, begin), ahead[list(WEATHER)])


def _recent(frame: pd.DataFrame, begin: int) -> pd.DataFrame:
    return site_rows(frame.iloc[begin - 96 : begin], PARTS, WEATHER).table


def test_two_days_ahead(model: AheadModel, frame: pd.DataFrame) -> None:
    covered, errors = [], []
    for day in range(30, 38):
        ahead, forecast = _issued(model, frame, day)
        errors.append(forecast.facility_kw / ahead["facility_kw"].to_numpy() - 1)
        ratio = (ahead["facility_kw"] / ahead["it_kw"]).to_numpy()
        covered.append(np.abs(ratio - forecast.power_ratio) <= forecast.ratio_half_width)
    assert np.sqrt(np.mean(np.square(errors))) < 0.02
    assert 0.8 < np.mean(covered) < 0.98


def test_the_whole_is_its_parts(model: AheadModel, frame: pd.DataFrame) -> None:
    _, forecast = _issued(model, frame, 30)
    assert forecast.it_kw + sum(forecast.parts_kw.values()) == pytest.approx(forecast.facility_kw)
    assert forecast.energy_ratio[-1] == pytest.approx(forecast.facility_kw.sum() / forecast.it_kw.sum())


def test_a_period_is_surer_than_a_moment_where_days_are_alike() -> None:
    frame = site_frame("2025-05-01", 40, drift_k=0.3)
    _, forecast = _issued(fit_ahead(site_rows(frame.iloc[: 96 * 30], PARTS, WEATHER), 15, STEPS), frame, 30)
    assert forecast.energy_ratio_half_width[95] < forecast.ratio_half_width[95]


def test_a_doubtful_weather_forecast_widens(model: AheadModel, frame: pd.DataFrame) -> None:
    begin = 96 * 31
    weather = frame[list(WEATHER)].iloc[begin : begin + STEPS]
    recent = _recent(frame, begin)
    sure = model.forecast(weather.index[0], recent, weather)
    doubtful = model.forecast(weather.index[0], recent, weather, spread=(weather - 3.0, weather + 3.0))
    assert (doubtful.ratio_half_width > sure.ratio_half_width).mean() > 0.9


def test_beyond_what_the_site_has_seen_it_is_less_sure(model: AheadModel, frame: pd.DataFrame) -> None:
    weather = frame[list(WEATHER)].iloc[96 * 30 : 96 * 32]
    recent = _recent(frame, 96 * 30)
    usual, hot = (model.forecast(weather.index[0], recent, weather + warmer_k) for warmer_k in (0.0, 15.0))
    assert hot.unseen.any() and not usual.unseen[~hot.unseen].any()
    assert (hot.ratio_half_width[hot.unseen] > 1.5 * usual.ratio_half_width[hot.unseen]).all()
    assert hot.ratio_half_width[~hot.unseen] == pytest.approx(usual.ratio_half_width[~hot.unseen])


def test_a_new_season_counts_as_it_was_missed() -> None:
    """The heat that models met unprepared, weeks ago, does not widen what is now known; what it taught of the unknown stays."""
    mild, hot = site_frame("2025-05-01", 20), site_frame("2025-05-21", 20, warmer_k=12.0, seed=2)
    learned = fit_ahead(site_rows(pd.concat([mild, hot]), PARTS, WEATHER), 15, STEPS)
    later = site_frame("2025-06-10", 2, warmer_k=12.0, seed=3)
    known = learned.forecast(later.index[0], _recent(hot, len(hot)), later[list(WEATHER)])
    largest = np.nanmax(np.abs(learned.past.facility_kw.missed))
    assert known.facility_half_width_kw.mean() < 0.5 * largest


def test_further_ahead_than_history_reaches_it_is_less_sure(frame: pd.DataFrame) -> None:
    short = fit_ahead(site_rows(frame.iloc[: 96 * 4], PARTS, WEATHER), 15, STEPS)
    _, forecast = _issued(short, frame, 4)
    assert np.isfinite(forecast.facility_half_width_kw).all()
    assert forecast.facility_half_width_kw[-1] > forecast.facility_half_width_kw[140]


def test_two_days_of_history_are_too_few() -> None:
    with pytest.raises(ThinRowsError, match="288 are needed: 3 days or more"):
        fit_ahead(site_rows(site_frame("2025-05-01", 2), PARTS, WEATHER), 15, STEPS)


def test_survives_storage(model: AheadModel, frame: pd.DataFrame) -> None:
    _, before = _issued(model, frame, 30)
    _, after = _issued(load_model(dump_model(model)), frame, 30)
    assert np.array_equal(before.facility_kw, after.facility_kw)
    assert np.array_equal(before.energy_ratio_half_width, after.energy_ratio_half_width)
