"""A forecast, scaled to heats that a plant might have to remove instead."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from models.cooling import Load

FloatArray = npt.NDArray[np.float64]
LEAST_HEAT_KW = 1e-3


def loads_at(forecast: Load, heat_kw: FloatArray) -> Load:
    """Return the forecast scaled to given total heats (T, N), rows step by step: (T * N) rows."""
    total = forecast.heat_kw
    factor = heat_kw / np.maximum(total, LEAST_HEAT_KW)[:, None]

    def scaled(power_kw: FloatArray) -> FloatArray:
        grid: FloatArray = power_kw[:, None, :] * factor[:, :, None]
        return grid.reshape(grid.shape[0] * grid.shape[1], grid.shape[2])

    knots = heat_kw.shape[1]
    return Load(
        it_air_kw=scaled(forecast.it_air_kw),
        it_liquid_kw=scaled(forecast.it_liquid_kw),
        outdoor_degc=np.repeat(forecast.outdoor_degc, knots),
        wet_bulb_degc=np.repeat(forecast.wet_bulb_degc, knots),
        breathes=None if forecast.breathes is None else np.repeat(forecast.breathes, knots),
    )


def loads_beside(forecast: Load, it_kw: FloatArray, heat_kw: FloatArray) -> Load:
    """Return the forecast scaled to IT heats (T,), the rest of the plant room's heat (T, N) direct: (T * N) rows."""
    load = loads_at(forecast, np.broadcast_to(it_kw[:, None], heat_kw.shape))
    return replace(load, direct_kw=(heat_kw - it_kw[:, None]).ravel())
