"""A made-up site whose overhead is known: a base, a share of IT, and chillers that follow the air."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

FloatArray = npt.NDArray[np.float64]

WEATHER = ("outdoor_degc", "wet_bulb_degc")
SETPOINT = "supply_air_setpoint_degc"


def chiller_kw(it_kw: FloatArray, wet_bulb_degc: FloatArray, supply_degc: FloatArray | float) -> FloatArray:
    return np.asarray(
        0.10 * it_kw * np.clip((wet_bulb_degc - 5.0) / 15.0, 0.0, 1.5) * (1 - 0.03 * (supply_degc - 20.0))
    )


def site_frame(
    begin: str,
    days: int,
    *,
    warmer_k: float = 0.0,
    load_kw: float = 400.0,
    supply_degc: float = 20.0,
    drift_k: float = 2.5,
    seed: int = 1,
) -> pd.DataFrame:
    """Return quarters of an hour of a site, facility metered with a little noise."""
    random = np.random.default_rng(seed)
    times = pd.date_range(begin, periods=96 * days, freq="15min", tz="UTC")
    hour = times.hour.to_numpy() + times.minute.to_numpy() / 60
    drift = np.repeat(random.normal(0, drift_k, days), 96)
    wet = 12.0 + warmer_k + drift + 4.0 * np.cos((hour - 15) / 24 * 2 * np.pi)
    it = load_kw * (1 + 0.15 * np.cos((hour - 14) / 24 * 2 * np.pi)) + random.normal(0, 3.0, times.size)
    supply = supply_degc + random.choice([-0.5, 0.0, 0.5], times.size)
    chiller = chiller_kw(it, wet, supply) + random.normal(0, 0.2, times.size)
    fan = 12.0 + 0.02 * it + random.normal(0, 0.1, times.size)
    rest = 8.0 + 0.03 * it + random.normal(0, 0.2, times.size)
    return pd.DataFrame(
        {
            "it_kw": it,
            "outdoor_degc": wet + 5.0,
            "wet_bulb_degc": wet,
            SETPOINT: supply,
            "chiller_kw": chiller,
            "fan_kw": fan,
            "facility_kw": it + chiller + fan + rest,
        },
        index=times,
    )
