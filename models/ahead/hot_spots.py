"""Hot spots in the next hour: how likely each rack passes its limit."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from models.ahead.innovation import END_SPREADS, Forecast

FloatArray = npt.NDArray[np.float64]

ALARM_PROBABILITY = 0.3  # a limit passed unseen weighs more than a false alarm


def over_limit_probability(forecast: Forecast, limit_degc: npt.ArrayLike) -> FloatArray:
    """Return the probability [-] that each channel is above its limit at each step ahead, (n, H, K).

    The half of the interval that points to the limit says how far off the forecast may be.

    Parameters
    ----------
    forecast
        From `models.ahead.inlets.InletsAhead.forecast`.
    limit_degc
        One limit, or one a channel [degC].
    """
    room = np.asarray(limit_degc, float) - forecast.mean
    half = np.where(room > 0, forecast.high - forecast.mean, forecast.mean - forecast.low)
    return np.asarray(ndtr(-room * END_SPREADS / np.maximum(half, 1e-6)))


def over_limit_in_hour(forecast: Forecast, limit_degc: npt.ArrayLike) -> FloatArray:
    """Return the probability [-] that each channel passes its limit within the hour, (n, K).

    An error of the forecast lasts, so the worst step says it. Where protection takes turns every step is a new chance.
    """
    at_step = over_limit_probability(forecast, limit_degc)
    worst = at_step.max(axis=1)
    if forecast.turning is None:
        return np.asarray(worst)
    at_some = 1.0 - np.prod(1.0 - at_step, axis=1)
    return np.asarray(worst + forecast.turning.max(axis=1, keepdims=True) * (at_some - worst))


def alarm_margin_k(forecast: Forecast) -> FloatArray:
    """Return how far below a limit each channel has to be expected so that no alarm is due [K], (n, H, K)."""
    return np.asarray(ndtri(1.0 - ALARM_PROBABILITY) / END_SPREADS * (forecast.high - forecast.mean))
