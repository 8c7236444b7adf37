"""The next value of power series that drift, recur weekly and follow what drives them: a few simple experts, blended.

Each series is expected to change from its last value: part of the way back to its recent levels, with the week, and with what
is known of the coming step. How far, the series has shown itself. Experts differ in how long they remember, and in whether they
look at the whole or at its parts; the last value is one of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.overhead.calendar import WEEK_S, WeekProfile, no_profile
from models.overhead.regression import ForgettingRegression, answers, no_influence
from models.uncertainty.blend import Blend, equal_blend

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

_DAY_S = 86400.0
# Chosen on 2017-2019 of one site; the errors hardly depend on them.
_KEEPS = np.array([0.98, 0.998])  # two months of days; more than a year
_SHORT, _MIDDLE, _LONG = 3, 10, 30  # rows of daily means
_CHANGES = 60  # rows that the typical change is of
_MOST_CHANGES = 4.0  # medians; that one row may count for in it
_MOST = 10.0  # typical changes that one reason may count for
_LEAST_CHANGE_FRAC = 1e-3  # of the value
_FEW = 5
_UNKNOWN_CHANGE_FRAC = 0.1
_MOST_IT_CHANGE = 0.3
_LEAST_MOVED = 0.35  # in the logarithm of the whole: the experts soon follow a smaller change of regime by themselves
_OWN_REASONS = 8  # for a change, beside the drivers
_TIME, _SLOT, _IT, _PRIOR, _DRIVERS = range(5)  # columns of what was known


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What is known of a row before its power is.

    Attributes
    ----------
    time_s
        When [s since 1970].
    slot
        Of the week, by the site's clock.
    it_kw
        IT power, given or forecast.
    drivers
        Weather and its like, (D,); NaN where unknown.
    prior_kw
        What the whole should draw by the physics of its parts; NaN where unknown.
    """

    time_s: float
    slot: int
    it_kw: float
    drivers: FloatArray
    prior_kw: float = float("nan")


@dataclass(eq=False)
class Course:
    """Learns K series that add up to a whole, row by row.

    Attributes
    ----------
    ahead
        Rows from the newest known to the predicted one.
    windows
        Rows of the short, middle and long level, (3,).
    past
        Newest rows of the whole and of the series, (n, 1 + K); those of an old regime are moved to the new level.
    past_known
        Beside them: time, slot, IT power, prior and drivers, (n, 4 + D).
    change
        Typical absolute change of each series over `ahead` rows; the first element is of the whole, (1 + K,).
    weights
        Of the regressions after each of the newest `ahead` rows, newest last, (ahead, M, 1 + K, p): errors are judged by the
        weights that were there when a prediction was due, not by those that have learned from its neighbours.
    """

    ahead: int
    windows: IntArray
    past: FloatArray
    past_known: FloatArray
    change: FloatArray
    profile: WeekProfile
    regression: ForgettingRegression
    weights: FloatArray
    blend: Blend

    def predict(self, coming: Known, but: int = 0) -> float:
        """Return the whole `ahead` rows after the newest known one, or as if the newest few (`but`) were not known yet.

        Raises
        ------
        ValueError
            If nothing is known.
        """
        if len(self.past) <= but:
            raise ValueError("nothing to predict from: update with a first row")
        rows = len(self.past) - but
        past, past_known = self.past[:rows], self.past_known[:rows]
        return self.blend.of(self._experts(past, self._features(past, past_known, coming), self.weights[-1 - but]))

    def update(self, values: FloatArray, known: Known) -> None:
        """Learn a row: the series (K,), and what was known of it."""
        before = len(self.past) - self.ahead + 1
        if before >= _FEW:
            self._learn(self.past[:before], self.past_known[:before], values, known)
        rows = max(int(self.windows.max()), _CHANGES, len(self.profile.deviation)) + self.ahead
        row = np.concatenate([[known.time_s, known.slot, known.it_kw, known.prior_kw], known.drivers])
        self.weights = np.concatenate([self.weights[1:], self.regression.weights()[None]])
        self.past = np.vstack([self.past[1 - rows :], _with_whole(values)])
        self.past_known = np.vstack([self.past_known[1 - rows :], row])
        self._measure_change()
        week = len(self.profile.deviation)
        if len(self.past) >= week:
            self.profile.learn(known.slot, self.past[-week:], self.change)

    def begin_regime(self, time_s: float) -> None:
        """Take the plant for another one since a time: what it was before is moved to the new level, if that is far."""
        new = self.past_known[:, _TIME] >= time_s
        old = np.flatnonzero(~new)
        if not new.any() or not old.size:
            return
        before, after = (np.median(rows, axis=0) for rows in (self.past[old[-int(self.windows[1]) :]], self.past[new]))
        if after[0] > 0 and before[0] > 0 and abs(np.log(after[0] / before[0])) >= _LEAST_MOVED:
            self.past[old] += after - before

    def _learn(self, past: FloatArray, past_known: FloatArray, values: FloatArray, known: Known) -> None:
        features = self._features(past, past_known, known)
        whole = _with_whole(values)
        self.blend.update(self._experts(past, features, self.weights[0]), float(whole[0]), float(self.change[0]))
        self.regression.update(features, (whole - past[-1]) / self.change)

    def _experts(self, past: FloatArray, features: FloatArray, weights: FloatArray) -> FloatArray:
        """Return what each expert says of the whole: the last value; the whole, then the sum of its parts, by memory."""
        said = past[-1] + answers(weights, features) * self.change
        return np.concatenate([[past[-1, 0]], said[:, 0], said[:, 1:].sum(axis=1)])

    def _features(self, past: FloatArray, past_known: FloatArray, coming: Known) -> FloatArray:
        """Return the expected reasons for a change of each series in typical changes, (1 + K, p)."""
        last, known = past[-1], past_known[-1]
        week = self.profile.deviation
        short, middle, long = self.windows
        level = np.median(past[-long:], axis=0)
        back = [past[-short:].mean(axis=0) - last, np.median(past[-middle:], axis=0) - last, level - last]
        momentum = last - past[-1 - self.ahead] if len(past) > self.ahead else np.zeros_like(last)
        it_change = np.clip(coming.it_kw / known[_IT] - 1, -_MOST_IT_CHANGE, _MOST_IT_CHANGE)
        per_it = np.median(past[-long:] / past_known[-long:, _IT, None], axis=0)
        at_this_it = np.clip(per_it * coming.it_kw - level, -0.5 * level, 0.5 * level)
        calendar = week[coming.slot] - week[int(known[_SLOT])]
        prior = last * (coming.prior_kw / known[_PRIOR] - 1)
        own = np.stack([*back, momentum, last * it_change, at_this_it, calendar, prior]) / self.change
        drivers = np.broadcast_to(self._driver_changes(past_known, coming)[:, None], (coming.drivers.size, last.size))
        return np.asarray(np.nan_to_num(np.clip(np.concatenate([own, drivers]), -_MOST, _MOST).T))

    def _driver_changes(self, past_known: FloatArray, coming: Known) -> FloatArray:
        """Return the changes of the drivers in their typical changes; NaN for gaps."""
        drivers = past_known[-_CHANGES:, _DRIVERS:]
        if len(drivers) <= self.ahead:
            return np.full(coming.drivers.size, np.nan)
        steps = np.abs(drivers[self.ahead :] - drivers[: -self.ahead])
        typical = np.where(np.isfinite(steps), steps, 0.0).sum(axis=0) / np.maximum(np.isfinite(steps).sum(axis=0), 1)
        return np.asarray((coming.drivers - drivers[-1]) / np.maximum(typical, 1e-9))

    def _measure_change(self) -> None:
        recent = self.past[-_CHANGES - self.ahead :]
        steps = np.abs(recent[self.ahead :] - recent[: -self.ahead])
        if len(steps) >= _FEW:
            bounded = np.minimum(steps, _MOST_CHANGES * np.median(steps, axis=0))
            self.change = bounded.mean(axis=0) + _LEAST_CHANGE_FRAC * np.abs(recent[-1]) + 1e-9
        elif not np.isfinite(self.change).all():
            self.change = _UNKNOWN_CHANGE_FRAC * np.abs(recent[-1]) + 1e-9


def new_course(series: int, drivers: int, step_s: float, ahead: int) -> Course:
    """Return a course that has seen nothing.

    Parameters
    ----------
    series
        Series that add up to the whole.
    drivers
        What else is known ahead.
    step_s
        Length of a step [s]. Steps shorter than a day have their levels over a day and a week.
    ahead
        Steps ahead that it predicts.
    """
    day, week = round(_DAY_S / step_s), round(WEEK_S / step_s)
    windows = np.array([_SHORT, _MIDDLE, _LONG] if day <= 1 else [_SHORT, day, week])
    channels, features = series + 1, _OWN_REASONS + drivers
    return Course(
        ahead=ahead,
        windows=windows,
        past=np.zeros((0, channels)),
        past_known=np.zeros((0, _DRIVERS + drivers)),
        change=np.full(channels, np.nan),
        profile=no_profile(step_s, channels),
        regression=no_influence(_KEEPS ** (1.0 / ahead), channels, features),
        weights=np.zeros((ahead, _KEEPS.size, channels, features)),
        blend=equal_blend(1 + 2 * _KEEPS.size, ahead),
    )


def _with_whole(values: FloatArray) -> FloatArray:
    return np.concatenate([[values.sum()], values])
