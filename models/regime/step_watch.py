"""Steps in a daily series: a plant that was rebuilt, or has lost a part, draws more or less from one day on.

A series that wanders makes steps hard to see, and a single bad day is none. So the days are whitened first: each is foreseen from
those before it, as half way back to its recent level. A step is then a large surprise on its first day and smaller ones of the same
sign on the next, a known signature. A week after each day, the likelihood ratio weighs that signature against usual surprises; the
level must also have stayed, by medians that three bad days cannot move. The day with the highest ratio is the step's.

References
----------
Willsky, Jones, "A generalized likelihood ratio approach to the detection of jumps in linear systems", IEEE TAC 21 (1976).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

# The law of a calm series, and the limit: chosen on 2017-2019 of one warm-water-cooled site, and the same for all.
_SHORT_DAYS, _LONG_DAYS = 10, 30
_BACK_SHORT, _BACK_LONG = 0.2, 0.2  # of the way back to either median that a day goes
_DRIVER_ELASTICITY, _MOST_DRIVER_CHANGE = 0.35, 0.3  # overhead follows IT power, but part of it stands
# Of a step in a week's surprises: its first day comes whole, the next are still foreseen part of the way back to before.
_SIGNATURE = np.array([1.0, 0.4, 0.4, 0.4, 0.4, 0.2, 0.2])
_WEEK = _SIGNATURE.size
_SETTLED_DAYS = 6  # from the likeliest first day on: a few bad days look like steps at both of their ends
_LIMIT = 4.25  # standard deviations
_LEAST_STEP = 0.15  # in the logarithm: less than that, weather does
_STAYED_FRAC = 0.6  # of the step, between the medians of the days after and before
_BEFORE_DAYS, _NEWEST_DAYS = 10, 3
_USUAL_DAYS, _FEWEST_USUAL_DAYS = 120, 30


@dataclass(frozen=True, slots=True)
class RegimeChange:
    """A step that stayed.

    Attributes
    ----------
    at_s
        First day of the new regime, as it was given to the watch [s since 1970].
    found_at_s
        Day on which it was found [s since 1970].
    size_frac
        New level over the old, less one, at the same driver.
    """

    at_s: float
    found_at_s: float
    size_frac: float

    @property
    def direction(self) -> str:
        """`up` or `down`."""
        return "up" if self.size_frac > 0 else "down"


@dataclass(eq=False)
class StepWatch:
    """Watches a positive daily series, and what drives it, for steps.

    Attributes
    ----------
    days_s, level, driver
        Days of this regime, newest last, with the logarithms of the series and its driver, (n,).
    surprise
        Newest differences between measured and foreseen logarithms, through regimes.
    """

    days_s: FloatArray = field(default_factory=lambda: np.zeros(0))
    level: FloatArray = field(default_factory=lambda: np.zeros(0))
    driver: FloatArray = field(default_factory=lambda: np.zeros(0))
    surprise: FloatArray = field(default_factory=lambda: np.zeros(0))

    def update(self, day_s: float, value: float, driver: float = 1.0) -> RegimeChange | None:
        """Take in a day's mean, and return the change that became certain on it, if one did.

        Parameters
        ----------
        day_s
            When [s since 1970], later than the days before.
        value, driver
            Means of the day, positive.

        Raises
        ------
        ValueError
            If one of them is not positive.
        """
        if not (value > 0 and driver > 0):
            raise ValueError(f"steps are found in positive series: value {value}, driver {driver}")
        level, driving = math.log(value), math.log(driver)
        if self.level.size:
            self.surprise = np.append(self.surprise[1 - _USUAL_DAYS :], level - self._foreseen(driving))
        kept = slice(1 - _LONG_DAYS - _WEEK, None)
        self.days_s = np.append(self.days_s[kept], day_s)
        self.level = np.append(self.level[kept], level)
        self.driver = np.append(self.driver[kept], driving)
        return self._found()

    def _foreseen(self, driving: float) -> float:
        last = float(self.level[-1])
        short, long = (float(np.median(self.level[-days:])) for days in (_SHORT_DAYS, _LONG_DAYS))
        moved = float(np.clip(driving - self.driver[-1], -_MOST_DRIVER_CHANGE, _MOST_DRIVER_CHANGE))
        return last + _BACK_SHORT * (short - last) + _BACK_LONG * (long - last) + _DRIVER_ELASTICITY * moved

    def _found(self) -> RegimeChange | None:
        """Return the change that a week makes certain, and begin anew with its first day."""
        known = self.surprise.size >= _FEWEST_USUAL_DAYS + _WEEK and self.level.size >= _BEFORE_DAYS + _WEEK
        if not known or not self._certain():
            return None
        days = max(range(1, _WEEK + 1), key=lambda length: abs(self._evidence(length)))
        if days < _SETTLED_DAYS:
            return None
        change = RegimeChange(float(self.days_s[-days]), float(self.days_s[-1]), math.expm1(self._moved(days, days)))
        self.days_s, self.level, self.driver = (each[-days:] for each in (self.days_s, self.level, self.driver))
        return change

    def _certain(self) -> bool:
        """Return whether a step a week ago surprises more than the limit, and has stayed."""
        evidence = self._evidence(_WEEK)
        step = evidence / float(np.linalg.norm(_SIGNATURE))
        if abs(evidence) <= _LIMIT * _usual(self.surprise[:-_WEEK]) or abs(step) < _LEAST_STEP:
            return False
        return min(self._moved(_WEEK, newest) / step for newest in (_WEEK, _NEWEST_DAYS)) >= _STAYED_FRAC

    def _evidence(self, days: int) -> float:
        """Return the likeliest step that began some days ago, times the root of what its signature tells."""
        signature = _SIGNATURE[:days]
        return float(self.surprise[-days:] @ signature) / float(np.linalg.norm(signature))

    def _moved(self, days: int, newest: int) -> float:
        """Return the median level of the newest days less that of those before the last `days` ones, at the same driver."""
        level = self.level - _DRIVER_ELASTICITY * self.driver
        return float(np.median(level[-newest:]) - np.median(level[-days - _BEFORE_DAYS : -days]))


def _usual(surprise: FloatArray) -> float:
    """Return the standard deviation of surprises: between that of the middle and that of all, wild ones bounded."""
    size = np.abs(surprise)
    middle = max(float(np.median(size)), 1e-6)
    return 0.5 * 1.4826 * middle + 0.5 * float(np.sqrt(np.mean(np.minimum(size, 5 * middle) ** 2)))
