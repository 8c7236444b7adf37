"""Load forecasts: the week's shape, intervals that cover, honesty about short histories."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest

from models.load_forecast import LoadForecaster


def weeks(count: float, seed: int = 0, freq: str = "15min") -> pd.Series:
    """Office days on a base load, with slow drift and noise."""
    times = pd.date_range("2026-01-05", periods=int(count * 7 * 96), freq=freq, tz="UTC")
    generator = np.random.default_rng(seed)
    hour, day = times.hour + times.minute / 60, times.day_of_week
    office = np.exp(-((hour - 14) ** 2) / 18) * np.where(day < 5, 60, 15)
    drift = pd.Series(generator.normal(0, 1, len(times))).rolling(20, min_periods=1).mean().to_numpy() * 8
    return pd.Series(180 + office + drift + generator.normal(0, 2, len(times)), index=times)


def test_it_knows_the_week() -> None:
    load = weeks(5)
    history, ahead = load.iloc[: 4 * 7 * 96], load.iloc[4 * 7 * 96 :]
    model = LoadForecaster().fit(history)
    assert model.basis_ == "hour of week"
    forecast = model.predict(ahead.index[0], history.iloc[-8:], 192)
    error = np.abs(forecast.values - ahead.iloc[:192].to_numpy())
    lazy = np.abs(history.iloc[-1] - ahead.iloc[:192].to_numpy())
    assert error.mean() < 0.4 * lazy.mean()


def test_its_quantiles_cover_out_of_sample() -> None:
    load = weeks(8)
    cut = 6 * 7 * 96
    model = LoadForecaster().fit(load.iloc[:cut])
    inside = []
    for origin in range(cut, len(load) - 192, 97):
        forecast = model.predict(load.index[origin], load.iloc[origin - 8 : origin], 192)
        truth = load.iloc[origin : origin + 192].to_numpy()
        inside.append((truth >= forecast.quantiles[0.05]) & (truth <= forecast.quantiles[0.95]))
    assert 0.82 <= np.mean(inside) <= 0.97
    stacked = np.stack([forecast.quantiles[q] for q in sorted(forecast.quantiles)])
    assert (np.diff(stacked, axis=0) >= 0).all()


@pytest.mark.parametrize(
    ("count", "basis"), [(0.1, "persistence"), (0.6, "hour of day"), (1.9, "hour of day"), (2.1, "hour of week")]
)
def test_the_basis_follows_the_length(count: float, basis: str) -> None:
    assert LoadForecaster().fit(weeks(count)).basis_ == basis


def test_a_short_history_gives_a_wide_flat_forecast_by_name() -> None:
    load = weeks(0.05)
    forecast = LoadForecaster().fit(load).predict(load.index[-1], load.iloc[-4:], 96)
    assert forecast.basis == "persistence"
    assert np.ptp(forecast.values) == pytest.approx(0.0, abs=1e-9)
    assert (forecast.quantiles[0.95] - forecast.quantiles[0.05])[-1] > 0.5 * forecast.values[-1]


def test_a_deviation_fades_towards_the_profile() -> None:
    load = weeks(4)
    model = LoadForecaster().fit(load)
    high = pd.Series([400.0] * 4, index=load.index[-4:])
    forecast = model.predict(load.index[-1], high, 192).values
    assert forecast[0] > forecast[96] > 0
    assert forecast[191] < 300


def test_gaps_stay_gaps_and_nothing_known_is_refused() -> None:
    load = weeks(4)
    load.iloc[500:700] = np.nan
    assert LoadForecaster().fit(load).basis_ == "hour of week"
    with pytest.raises(ValueError, match="at least an hour"):
        LoadForecaster().fit(load.iloc[:2])
    with pytest.raises(ValueError, match="300 steps asked"):
        LoadForecaster().fit(load).predict(load.index[-1], load.iloc[-4:], 300)


def bursts(days: int, seed: int = 0) -> pd.Series:
    """A machine that is idle or at work for hours, whatever the clock says."""
    generator = np.random.default_rng(seed)
    times = pd.date_range("2026-01-05", periods=days * 24, freq="h", tz="UTC")
    turns = generator.random(len(times)) < 1 / 20
    busy = np.cumsum(turns) % 2
    return pd.Series(30 + 220 * busy + generator.normal(0, 2, len(times)), index=times)


def test_a_load_without_a_pattern_is_not_given_one() -> None:
    load = bursts(120)
    ours, lazy = [], []
    for origin in range(60 * 24, len(load) - 24, 31):
        before, truth = load.iloc[:origin], load.iloc[origin : origin + 8].to_numpy()
        found = LoadForecaster(60, 24).fit(before).predict(load.index[origin], before.iloc[-24:], 8)
        ours.append(np.abs(found.values - truth).mean())
        lazy.append(np.abs(before.iloc[-1] - truth).mean())
    assert np.mean(ours) < 1.12 * np.mean(lazy)


def test_quantiles_know_whether_the_load_can_rise_or_fall() -> None:
    load = bursts(90)
    model = LoadForecaster(60, 24).fit(load)
    issued = load.index[-1] + pd.Timedelta(hours=1)
    for level, can_rise in ((30.0, True), (250.0, False)):
        recent = pd.Series(level, index=load.index[-24:])
        found = {q: values[11] - level for q, values in model.predict(issued, recent, 24).quantiles.items()}
        assert (found[0.95] > 100) == can_rise
        assert (found[0.05] < -100) != can_rise


def test_a_holiday_in_the_history_and_a_new_level_are_taken_in() -> None:
    load = weeks(6)
    load.iloc[3 * 7 * 96 : 3 * 7 * 96 + 3 * 96] = 182.0  # three days off
    load.iloc[5 * 7 * 96 :] += 60.0  # a row was added a week ago
    history, truth = load.iloc[:-192], load.iloc[-192:]
    found = LoadForecaster().fit(history).predict(truth.index[0], history.iloc[-96:], 192)
    assert np.abs(found.values - truth.to_numpy()).mean() < 12


def test_days_are_steps_too() -> None:
    load = weeks(30).resample("D").mean()
    found = LoadForecaster(1440, 7).fit(load.iloc[:-7]).predict(load.index[-7], load.iloc[-8:-7], 7)
    assert np.abs(found.values - load.iloc[-7:].to_numpy()).max() < 15


def test_one_value_in_an_old_history_is_enough_to_answer() -> None:
    load = weeks(4)
    load.iloc[400:-4] = np.nan
    found = LoadForecaster().fit(load).predict(load.index[-1], load.iloc[-4:], 192)
    assert np.isfinite(found.values).all()
    assert (found.quantiles[0.95] >= found.quantiles[0.05]).all()


def test_ninety_days_are_fitted_within_a_third_of_a_second() -> None:
    load = weeks(13)
    began = time.process_time()
    LoadForecaster().fit(load).predict(load.index[-1], load.iloc[-96:], 192)
    assert time.process_time() - began < 0.3
