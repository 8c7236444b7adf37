"""Days to shift in: prices of three real markets or, where they are absent, of a rule; and a base load with peaks of its own."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from facility.records import FloatArray
from tools.bench.shared_data import folder

ZONES = {"DE-LU": "Europe/Berlin", "US-CAL-CISO": "America/Los_Angeles", "US-MIDA-PJM": "America/New_York"}
BURST_DAYS_FRAC = 0.15
_CLOCK, _PRICE = "Datetime (Local)", "Price (USD/MWh)"


def market_prices(zone: str, year: int) -> pd.Series | None:
    """Return the prices of a year [USD/kWh] by the hour, UTC; None where the data set is absent."""
    found = folder("grid_price_carbon_weather")
    return None if found is None else _read(found / f"pr_{zone}_{year}.csv.gz", zone)


def _read(path: Path, zone: str) -> pd.Series:
    frame = pd.read_csv(path)
    # Of the American zones the clock time in the column "Local" is UTC: the data set's README says so.
    clock = frame["Datetime (UTC)"] if zone == "DE-LU" else frame[_CLOCK].str.slice(stop=19)
    times = pd.DatetimeIndex(pd.to_datetime(clock, utc=True))
    prices = pd.Series(frame[_PRICE].to_numpy(float) / 1000.0, times).groupby(level=0).mean().sort_index()
    return prices.resample("h").mean().interpolate(limit=3)


def ruled_prices(start: datetime, hours: int, seed: int) -> pd.Series:
    """Return prices by a rule [per kWh]: dear mornings and evenings, some days dearer than others."""
    times = pd.date_range(start, periods=hours, freq="h")
    random = np.random.default_rng(seed)
    of_day = np.asarray(times.hour, dtype=float)
    course = 0.10 + 0.04 * np.exp(-((of_day - 8.0) ** 2) / 6.0) + 0.08 * np.exp(-((of_day - 18.0) ** 2) / 6.0)
    by_day = np.repeat(random.normal(1.0, 0.25, hours // 24 + 1), 24)[:hours]
    return pd.Series(course * np.maximum(by_day, 0.2), times)


def base_load_kw(times: pd.DatetimeIndex, zone: str, seed: int, mean_kw: float = 300.0) -> FloatArray:
    """Return IT power at times five minutes apart: working days above nights, days that differ, noise, bursts on some days.

    A burst is a job of 40 to 80 kW that nobody announced, one and a half to three hours long, between 9:00 and 20:00.
    """
    random, local = np.random.default_rng(seed), times.tz_convert(zone)
    hour, workday = np.asarray(local.hour + local.minute / 60.0), np.asarray(local.day_of_week < 5)
    day = np.asarray((local.normalize() - local[0].normalize()) // pd.Timedelta("23h"), dtype=int)
    hump_kw = random.normal(60.0, 12.0, day[-1] + 1)[day] * np.where(workday, 1.0, 0.4)
    load_kw = mean_kw + hump_kw * np.exp(-((hour - 14.5) ** 2) / 18.0)
    for one in range(day[-1] + 1):
        begin, lasts = random.uniform(9.0, 17.0), random.uniform(1.5, 3.0)
        burst_kw = random.uniform(40.0, 80.0) * (random.random() < BURST_DAYS_FRAC)
        load_kw += burst_kw * ((day == one) & (hour >= begin) & (hour < begin + lasts))
    return np.asarray(load_kw + _noise_kw(random, len(times)))


def _noise_kw(
    random: np.random.Generator, count: int, spread_kw: float = 5.0, lasts: timedelta = timedelta(hours=1)
) -> FloatArray:
    """Return noise that forgets itself within a while."""
    kept = float(np.exp(-timedelta(minutes=5) / lasts))
    drawn = random.normal(0.0, spread_kw * np.sqrt(1.0 - kept**2), count)
    noise = np.zeros(count)
    for step in range(1, count):
        noise[step] = kept * noise[step - 1] + drawn[step]
    return noise
