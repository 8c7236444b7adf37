"""Overhead power one or more steps ahead, with an interval, and the days on which the plant became another one.

One row after the other: predict it, then learn it. Nothing is fitted at once, so that history and service are the same thing
(`models/overhead/replay.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.overhead.course import Course, Known, new_course
from models.regime.days import Day, DayMeans
from models.regime.step_watch import RegimeChange, StepWatch
from models.uncertainty.adaptive import AdaptiveInterval, new_interval

FloatArray = npt.NDArray[np.float64]

_DAY_S = 86400.0
_LEAST_IT_STEP = 0.25  # in the logarithm: what IT power does by itself within a week


@dataclass(frozen=True, slots=True)
class PowerAhead:
    """A predicted power with its interval [kW]."""

    mean_kw: float
    low_kw: float
    high_kw: float


@dataclass(eq=False)
class OverheadForecaster:
    """Learns the overhead of a site; `new_forecaster` makes one.

    Attributes
    ----------
    step_s
        Length of a step [s].
    course, interval
        The expected power, and how far measurements strayed from it.
    days, watch, it_watch
        What finds changes of the plant, and of IT power.
    changes, it_changes
        Those found so far, oldest first.
    """

    step_s: float
    course: Course
    interval: AdaptiveInterval
    days: DayMeans
    watch: StepWatch
    it_watch: StepWatch
    changes: tuple[RegimeChange, ...] = ()
    it_changes: tuple[RegimeChange, ...] = ()

    @property
    def ahead(self) -> int:
        """Steps ahead that are predicted."""
        return self.course.ahead

    def predict(self, known: Known) -> PowerAhead:
        """Return the overhead of a row `ahead` steps after the newest learned one.

        Raises
        ------
        ValueError
            If nothing was learned yet.
        """
        mean_kw = self.mean_kw(known)
        low_kw, high_kw = self.interval.ends(mean_kw)
        return PowerAhead(mean_kw, max(low_kw, 0.0), high_kw)

    def mean_kw(self, known: Known, but: int = 0) -> float:
        """Return the expected overhead, as if the newest few rows (`but`) were not learned yet."""
        return max(self.course.predict(known, but), 0.0)

    def update(self, known: Known, parts_kw: FloatArray) -> RegimeChange | None:
        """Learn the parts (K,) [kW] of the next row, and return the change of the plant that this made certain, if it did.

        Raises
        ------
        ValueError
            If power is missing or negative, or there is none; `models.overhead.rows` leaves such rows out.
        """
        overhead_kw = measured_kw(known, parts_kw)
        if len(self.course.past) >= self.ahead:
            self.interval.update(self.mean_kw(known, self.ahead - 1), overhead_kw)
        self.course.update(parts_kw, known)
        day = self.days.add(known.time_s, parts_kw, known.it_kw)
        return None if day is None else self._changed(day)

    def _changed(self, day: Day) -> RegimeChange | None:
        """Note what became certain with a day; IT power that stepped is no other plant, and its course is followed as it is."""
        of_it = self.it_watch.update(day.begin_s, day.driver)
        self.it_changes += () if of_it is None else (of_it,)
        change = self.watch.update(day.begin_s, day.parts, day.driver)
        if change is not None:
            self.course.begin_regime(change.at_s)
            self.changes += (change,)
        return change


def measured_kw(known: Known, parts_kw: FloatArray) -> float:
    """Return the overhead of a row to learn from: the sum of its parts (K,) [kW].

    Raises
    ------
    ValueError
        If power is missing or negative, or there is none; `models.overhead.rows` leaves such rows out.
    """
    overhead_kw = float(parts_kw.sum())
    if not (overhead_kw > 0 and known.it_kw > 0 and np.isfinite(overhead_kw * known.it_kw)) or parts_kw.min() < 0:
        raise ValueError(f"a row to learn needs power: IT {known.it_kw} kW, parts {parts_kw.tolist()} kW")
    return overhead_kw


def new_forecaster(
    step_s: float, parts: int = 1, drivers: int = 0, ahead: int = 1, level: float = 0.9
) -> OverheadForecaster:
    """Return a forecaster that has seen nothing.

    Parameters
    ----------
    step_s
        Length of a step [s], a day or a part of one.
    parts
        Metered parts that add up to the overhead; 1 where only the whole is known.
    drivers
        Columns of weather and its like.
    ahead
        Steps ahead that are predicted.
    level
        Share of measurements that the interval shall hold.

    Raises
    ------
    ValueError
        If the step is not within a second and a day, or nothing is to be predicted.
    """
    if not 1.0 <= step_s <= _DAY_S:
        raise ValueError(f"steps must be within a second and a day, not {step_s} s")
    if ahead < 1 or parts < 1:
        raise ValueError(f"at least one step ahead of one part is needed, not {ahead} of {parts}")
    return OverheadForecaster(
        step_s,
        new_course(parts, drivers, step_s, ahead),
        new_interval(level, ahead),
        DayMeans(round(_DAY_S / step_s)),
        StepWatch(),
        StepWatch(_LEAST_IT_STEP),
    )
