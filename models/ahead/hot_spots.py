"""Hot spots in the next hour: how likely each rack passes its limit."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from models.ahead.innovation import Forecast

FloatArray = npt.NDArray[np.float64]

ALARM_PROBABILITY = 0.5  # as many false alarms as a limit passed unseen
_END_SPREADS = 1.645  # of the ends of a 90 % interval, were errors normal


def over_limit_probability(forecast: Forecast, limit_degc: npt.ArrayLike) -> FloatArray:
    """Return the probability [-] that each channel is above its limit, (n, H, K).

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
    return np.asarray(ndtr(-room * _END_SPREADS / np.maximum(half, 1e-6)))


def worst_in_hour(probability: FloatArray) -> FloatArray:
    """Return the probability [-] at the worst step ahead, (n, K)."""
    return np.asarray(probability.max(axis=1))
