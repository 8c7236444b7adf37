"""Forecast of a photovoltaic array's power from its own past: the clearest course of the last days, times how clear it is.

The best of the last days at each time of day is the array under a clear sky, with its plane, its horizon and its dust; no place and
no geometry need be known. How clear the last hours were goes over into how clear the last days were.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

FloatArray = npt.NDArray[np.float64]

DAY = pd.Timedelta(days=1)
DAYS = 10  # of the past: enough for a clear moment at each time of day, too few for the season to move much
_RECENT = pd.Timedelta(hours=3)
_MEMORY = pd.Timedelta(hours=12)  # in which what the last hours differed by fades to a third
_LEAST_SUN_FRAC = 0.5  # hours of the clear day's mean power that must lie in the last hours for these to tell anything


def solar_forecast(history_kw: pd.Series[float], start: pd.Timestamp, steps: int, step: pd.Timedelta) -> FloatArray:
    """Return the power expected in each step.

    Parameters
    ----------
    history_kw
        Mean power by step [kW], time index at the starts of steps; missing where it was not measured or held down.
    start, steps, step
        The steps to forecast; a day is a whole number of them.

    Returns
    -------
    FloatArray
        Power [kW] (steps,); 0 where the history is empty.
    """
    past = history_kw[(history_kw.index < start) & (history_kw.index >= start - DAYS * DAY)].dropna().clip(lower=0.0)
    if past.empty:
        return np.zeros(steps)
    slots = round(DAY / step)
    clear_kw = np.zeros(slots)
    np.maximum.at(clear_kw, _slot(past.index, slots, step), past.to_numpy(float))
    in_past = clear_kw[_slot(past.index, slots, step)]
    lately = np.asarray(past.index >= start - _RECENT)
    power_kw = past.to_numpy(float)
    usual = _ratio(power_kw, in_past)
    told = in_past[lately].sum() > _LEAST_SUN_FRAC * clear_kw.mean() * (pd.Timedelta(hours=1) / step)
    now = _ratio(power_kw[lately], in_past[lately]) if told else usual
    times = start + step * np.arange(steps)
    fading = np.exp(-np.arange(steps) * (step / _MEMORY))
    return np.asarray(clear_kw[_slot(pd.DatetimeIndex(times), slots, step)] * (usual + (now - usual) * fading))


def _slot(times: pd.Index[pd.Timestamp], slots: int, step: pd.Timedelta) -> npt.NDArray[np.int64]:
    since = pd.DatetimeIndex(times).tz_convert("UTC") - pd.Timestamp(0, tz="UTC")
    return np.asarray(np.floor(since / step), dtype=np.int64) % slots


def _ratio(power_kw: npt.NDArray[np.floating], clear_kw: FloatArray) -> float:
    return float(power_kw.sum() / max(clear_kw.sum(), 1e-9))
