"""Forecast of IT load or utilisation from its own history, with quantiles, honest about short histories.

The newest half of the history is forecast as it would have been then. How well each course did there (as now, as on other
days, as in other weeks) decides how they are blended, by steps ahead; what the blend was off by, above all from levels like
the present one, gives the quantiles.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator

from models.load_blend import QUANTILES, Blend, fit_blend
from models.load_courses import DAY_MIN, WEEK_MIN, Profiles, learn_profiles, slots_of_week

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

_MIN_SPAN_H = {"hour of week": 14 * 24.0, "hour of day": 3 * 24.0}
_RECENT_MIN = 60
_MIN_HISTORY_H = 1.0
_NO_HISTORY_SPREAD_FRAC = 0.5  # half-width over the last value when there is nothing to calibrate on
_ORIGINS = 180
_CUTS = (1 / 2, 2 / 3, 5 / 6)  # of the history: profiles are learned up to each, forecasts begin before the next
_HALF_LIFE_DAYS = 60.0  # of what past forecasts count for
_LEAST_OF_DAY_FRAC = 0.5  # of the day before, for its mean to count


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
    profiles_
        Means by slot; not set for persistence.
    blend_
        How courses are blended, and by how much that was off.
    tail_, end_s_
        The last day of the history, and when its last step began [s since 1970].
    """

    profiles_: Profiles

    def __init__(self, step_min: int = 15, horizon_steps: int = 192) -> None:
        self.step_min = step_min
        self.horizon_steps = horizon_steps

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
        steps = steps.loc[: known.index[-1]]
        values, times = np.asarray(steps, np.float64), pd.DatetimeIndex(steps.index)
        slots = slots_of_week(times, self.step_min)
        self.blend_ = self._past_forecasts(values, slots)
        self._learn(values, slots)
        self.tail_ = values[-self._day_steps :]
        self.end_s_ = int(times[-1].timestamp())
        return self

    def predict(self, issued: pd.Timestamp, recent: pd.Series[float], steps: int) -> LoadQuantiles:
        """Return the forecast of `steps` steps from `issued`; `recent` holds the values of the last hour or, better, day."""
        if steps > self.horizon_steps:
            raise ValueError(f"{steps} steps asked, the forecaster was made for {self.horizon_steps}")
        known = recent.dropna()
        level = self.last_
        if len(known):
            level = float(known[known.index > known.index[-1] - pd.Timedelta(minutes=_RECENT_MIN)].mean())
        times = pd.date_range(issued, periods=steps, freq=f"{self.step_min}min")
        day_mean = self._mean_of_day(self._day_before(issued, known))
        courses = self._courses(slots_of_week(times, self.step_min), level, day_mean)
        spread = self.blend_.spread(level, steps, _NO_HISTORY_SPREAD_FRAC * max(abs(self.last_), 1e-6))
        if self.basis_ == "persistence":
            spread = spread - spread[:, 2:3]  # a trend within hours is no reason to expect one for days
        found = np.maximum(self.blend_.centre(courses)[:, None] + spread, 0.0)
        quantiles = {q: found[:, k] for k, q in enumerate(QUANTILES)}
        return LoadQuantiles(quantiles[0.5], quantiles, self.basis_)

    @property
    def _day_steps(self) -> int:
        return max(1, DAY_MIN // self.step_min)

    def _basis(self, steps: pd.Series[float]) -> str:
        hours = float(steps.notna().sum()) * self.step_min / 60
        for basis, least in _MIN_SPAN_H.items():
            if hours >= 0.9 * least and len(steps) * self.step_min / 60 >= least:
                return basis
        return "persistence"

    def _learn(self, values: FloatArray, slots: IntArray) -> None:
        if self.basis_ != "persistence":
            self.profiles_ = learn_profiles(values, slots, self.step_min, weekly=self.basis_ == "hour of week")

    def _courses(self, slots: IntArray, level: float, day_mean: float | None) -> FloatArray:
        if self.basis_ == "persistence":
            return np.full((1, slots.size), level)
        return self.profiles_.courses(slots, level, day_mean)

    def _past_forecasts(self, values: FloatArray, slots: IntArray) -> Blend:
        """Return the blend of forecasts begun in the newest half, with profiles of nothing but what came before."""
        count, hour = values.size, max(1, _RECENT_MIN // self.step_min)
        cuts = [max(int(cut * count), 1) for cut in _CUTS]
        begun = np.unique(np.linspace(cuts[0], count, _ORIGINS).astype(np.intp))
        begun = begun[[bool(np.isfinite(values[max(0, at - hour) : at]).any()) for at in begun]]
        ahead = np.arange(self.horizon_steps)
        courses, levels = [], []
        for cut, end in pairwise([*cuts, count + 1]):
            self._learn(values[:cut], slots[:cut])
            for at in begun[(begun >= cut) & (begun < end)]:
                levels.append(float(np.nanmean(values[max(0, at - hour) : at])))
                day_mean = self._mean_of_day(values[max(0, at - self._day_steps) : at])
                places = (slots[at - 1] + 1 + ahead) % (WEEK_MIN // self.step_min)
                courses.append(self._courses(places, levels[-1], day_mean))
        measured = np.append(values, np.full(self.horizon_steps, np.nan))[begun[:, None] + ahead]
        age_days = (count - begun) * self.step_min / DAY_MIN
        return fit_blend(np.array(courses), measured, np.array(levels), 0.5 ** (age_days / _HALF_LIFE_DAYS))

    def _day_before(self, issued: pd.Timestamp, known: pd.Series[float]) -> FloatArray:
        """Return the steps of the day before a time, as the history ended and as has been seen since; NaN for gaps."""
        day = np.full(self._day_steps, np.nan)
        step_s = 60 * self.step_min
        begin_s = int(issued.timestamp()) - day.size * step_s
        tail_s = self.end_s_ - step_s * np.arange(self.tail_.size - 1, -1, -1)
        seen_s = pd.DatetimeIndex(known.index).as_unit("s").asi8
        for times_s, values in ((tail_s, self.tail_), (seen_s, known.to_numpy(float))):
            place = (times_s - begin_s) // step_s
            inside = (place >= 0) & (place < day.size)
            day[place[inside]] = values[inside]
        return day

    def _mean_of_day(self, day: FloatArray) -> float | None:
        found = day[np.isfinite(day)]
        return float(found.mean()) if found.size >= _LEAST_OF_DAY_FRAC * self._day_steps else None
