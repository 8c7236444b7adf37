"""Forecast of IT load or utilisation from its own history, with quantiles, honest about short histories.

value(t + h) = profile(t + h) + persistence^h x (recent level - profile now): the week's profile where there are two weeks and
more, the day's where there are three days, else the last value alone. Intervals are conformal by horizon, from forecasts made
within the newest part of the history.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_WEEK_H, _DAY_H = 168, 24
_MIN_SPAN_H = {"hour of week": 14 * 24.0, "hour of day": 3 * 24.0}
_PERIOD_H = {"hour of week": _WEEK_H, "hour of day": _DAY_H}
_RECENT_H = 1.0
_MIN_HISTORY_H = 1.0
_NO_HISTORY_SPREAD_FRAC = 0.5  # half-width over the last value when there is nothing to calibrate on
_ORIGINS = 60


@dataclass(frozen=True, slots=True, eq=False)
class LoadQuantiles:
    """A forecast: the median as `values`, `quantiles` by probability, each (steps,)."""

    values: FloatArray
    quantiles: Mapping[float, FloatArray]
    basis: str


class LoadForecaster(BaseEstimator):  # type: ignore[misc]
    """Forecasts a load at equal steps.

    Parameters
    ----------
    step_min
        Length of a step [min].
    horizon_steps
        Longest forecast.

    Attributes
    ----------
    basis_
        `hour of week`, `hour of day` or `persistence`: what the history was long enough for.
    profile_
        Mean by slot of the basis' period; empty for persistence.
    decay_
        Share of a deviation from the profile that is left after one step.
    spread_
        Residual quantiles by horizon, (horizon_steps, quantiles).
    """

    def __init__(self, step_min: int = 15, horizon_steps: int = 192) -> None:
        self.step_min = step_min
        self.horizon_steps = horizon_steps

    profile_: FloatArray

    def fit(self, history: pd.Series[float]) -> LoadForecaster:
        """Fit on a series with UTC time index; it is averaged to steps, gaps stay gaps.

        Raises
        ------
        ValueError
            With less than an hour of values.
        """
        steps = history.sort_index().resample(f"{self.step_min}min").mean()
        known = steps.dropna()
        if len(known) * self.step_min / 60 < _MIN_HISTORY_H:
            raise ValueError(f"{len(known)} known steps of load; at least an hour is needed")
        self.basis_ = self._basis(steps)
        self.last_ = float(known.iloc[-1])
        self._calibrate(steps)
        self._learn(steps)
        return self

    def predict(self, issued: pd.Timestamp, recent: pd.Series[float], steps: int) -> LoadQuantiles:
        """Return the forecast of `steps` steps from `issued`; `recent` holds the values of the last hour or more."""
        if steps > self.horizon_steps:
            raise ValueError(f"{steps} steps asked, the forecaster was made for {self.horizon_steps}")
        known = recent.dropna()
        level = self.last_
        if len(known):
            level = float(known[known.index > known.index[-1] - pd.Timedelta(hours=_RECENT_H)].mean())
        times = pd.date_range(issued, periods=steps, freq=f"{self.step_min}min")
        centre = self._course(times, level)
        quantiles = {q: np.maximum(centre + self.spread_[:steps, k], 0.0) for k, q in enumerate(QUANTILES)}
        return LoadQuantiles(quantiles[0.5], quantiles, self.basis_)

    def _basis(self, steps: pd.Series[float]) -> str:
        hours = float(steps.notna().sum()) * self.step_min / 60
        for basis, least in _MIN_SPAN_H.items():
            if hours >= 0.9 * least and len(steps) * self.step_min / 60 >= least:
                return basis
        return "persistence"

    def _learn(self, steps: pd.Series[float]) -> None:
        """Set profile and decay from steps."""
        if self.basis_ == "persistence":
            self.profile_ = np.zeros(0)
            self.decay_ = 1.0
            return
        slots = self._slots(pd.DatetimeIndex(steps.index))
        size = _PERIOD_H[self.basis_] * 60 // self.step_min
        means = pd.Series(steps.to_numpy(float)).groupby(slots).mean().reindex(range(size))
        self.profile_ = np.asarray(means.interpolate(limit_direction="both"), float)
        deviation = steps.to_numpy(float) - self.profile_[slots]
        both = np.isfinite(deviation[:-1]) & np.isfinite(deviation[1:])
        now, later = deviation[:-1][both], deviation[1:][both]
        self.decay_ = float(np.clip(np.sum(now * later) / (np.sum(now**2) + 1e-9), 0.0, 0.999))

    def _calibrate(self, steps: pd.Series[float]) -> None:
        """Set residual quantiles by horizon from forecasts made inside the newest third, learned on what came before."""
        cut = 2 * len(steps) // 3
        self._learn(steps.iloc[:cut])
        residuals = self._residuals(steps, cut)
        wide = _NO_HISTORY_SPREAD_FRAC * max(abs(self.last_), 1e-6)
        spread = np.empty((self.horizon_steps, len(QUANTILES)))
        for h in range(self.horizon_steps):
            near = residuals[:, max(0, h - 2) : h + 3]
            found = near[np.isfinite(near)]
            if found.size >= 20:
                spread[h] = np.quantile(found, QUANTILES)
            else:  # too few to say: never narrower than what nearer horizons showed
                before = np.abs(spread[h - 1]).max() if h else 0.0
                spread[h] = np.interp(QUANTILES, [0.05, 0.5, 0.95], [-max(wide, before), 0.0, max(wide, before)])
        # Persistence stays flat: a trend within hours is no reason to expect one for days.
        self.spread_ = spread - spread[:, 2:3] if self.basis_ == "persistence" else spread

    def _residuals(self, steps: pd.Series[float], cut: int) -> FloatArray:
        """Return measured minus forecast, (origins, horizon_steps), NaN beyond the end."""
        values, times = steps.to_numpy(float), pd.DatetimeIndex(steps.index)
        back = max(1, int(_RECENT_H * 60 / self.step_min))
        origins = np.unique(np.linspace(cut, len(values) - 1, _ORIGINS).astype(int))
        residuals = np.full((origins.size, self.horizon_steps), np.nan)
        for row, origin in enumerate(origins):
            recent = values[max(0, origin - back) : origin]
            if not np.isfinite(recent).any():
                continue
            ahead = slice(origin, min(origin + self.horizon_steps, len(values)))
            course = self._course(times[ahead], float(np.nanmean(recent)))
            residuals[row, : course.size] = values[ahead] - course
        return residuals

    def _course(self, times: pd.DatetimeIndex, level: float) -> FloatArray:
        """Return the central forecast at times that begin one step after the level was seen."""
        if self.basis_ == "persistence":
            return np.full(len(times), level)
        slots = self._slots(times)
        now = self.profile_[(slots[0] - 1) % self.profile_.size]
        fading = self.decay_ ** np.arange(1, len(times) + 1)
        return np.asarray(self.profile_[slots] + fading * (level - now))

    def _slots(self, times: pd.DatetimeIndex) -> IntArray:
        """Return the slot of the basis' period that each time falls in."""
        minutes = (times.day_of_week * _DAY_H + times.hour) * 60 + times.minute
        return np.asarray(minutes % (_PERIOD_H[self.basis_] * 60) // self.step_min, dtype=np.intp)
