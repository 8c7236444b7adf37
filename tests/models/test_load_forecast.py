"""Load forecasts: the week's shape, intervals that cover, honesty about short histories."""

from __future__ import annotations

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
