"""Made-up plants: IT power, and parts of the overhead that follow it, the weather and habits of their own."""

from __future__ import annotations

import numpy as np
import pandas as pd

PARTS = ("cooling_kw", "loss_kw")


def daily(days: int, seed: int, step_frac: float = 0.0, begin: int | None = None) -> pd.DataFrame:
    """Days of a plant whose cooling returns to its level, with quiet Sundays; from `begin` on all is a share more or less."""
    generator = np.random.default_rng(seed)
    times = pd.date_range("2022-01-01", periods=days, freq="D", tz="UTC")
    it_kw = 1000 + 60 * generator.normal(size=days) + 100 * np.sin(np.arange(days) / 50)
    level = np.empty(days)
    level[0] = 0.0
    for day in range(1, days):
        level[day] = 0.6 * level[day - 1] + generator.normal(0, 1.5)
    quiet = 3.0 * (times.day_of_week == 6)
    cooling_kw = 20 + level - quiet + 0.01 * (it_kw - 1000)
    loss_kw = 0.012 * it_kw + generator.normal(0, 0.3, days)
    share = np.where(np.arange(days) >= (days if begin is None else begin), 1 + step_frac, 1.0)
    return pd.DataFrame({"it_kw": it_kw, "cooling_kw": share * cooling_kw, "loss_kw": share * loss_kw}, index=times)


def hourly(days: int, seed: int) -> pd.DataFrame:
    """Hours of a plant whose cooling follows the wet bulb."""
    generator = np.random.default_rng(seed)
    times = pd.date_range("2026-01-01", periods=24 * days, freq="h", tz="Europe/Berlin")
    hours = np.arange(times.size)
    day = np.sin(2 * np.pi * (hours - 9) / 24)
    it_kw = 800 + 100 * day * (times.day_of_week < 5) + np.cumsum(generator.normal(0, 3, times.size))
    wet_bulb_degc = 8 + 5 * day + np.cumsum(generator.normal(0, 0.3, times.size))
    cooling_kw = 0.15 * it_kw * (1 + 0.03 * (wet_bulb_degc - 8)) + generator.normal(0, 3, times.size)
    loss_kw = 0.05 * it_kw + generator.normal(0, 0.5, times.size)
    columns = {"it_kw": it_kw, "cooling_kw": cooling_kw, "loss_kw": loss_kw, "wet_bulb_degc": wet_bulb_degc}
    return pd.DataFrame(columns, index=times)
