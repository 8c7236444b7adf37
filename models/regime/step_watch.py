"""Steps in a daily series: a plant that was rebuilt, or has lost a part, draws more or less from one day on.

A series that wanders makes steps hard to see, and a single bad day is none. So the days are whitened first: each is foreseen from
those before it, as part of the way back to its usual level. A step is then a large surprise on its first day and smaller ones of
the same sign on the next, a known signature. The likelihood ratio weighs that signature against usual surprises, for the whole and
for each of its parts, as a step may drown in the whole and yet be plain in the pumps. The whole must also have moved and stayed,
by medians that a few bad days cannot move. The day with the highest ratio is the step's.

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

# The law of a calm series, and the limits: chosen on 2017-2019 of one warm-water-cooled site, and the same for all.
_LEVEL_DAYS, _BACK = 30, 0.4  # their median, and the part of the way back to it that a day goes
_DRIVER_ELASTICITY, _MOST_DRIVER_CHANGE = 0.2, 0.3  # overhead follows IT power, but most of it stands
# Of a step in a week's surprises: its first day comes whole, the next are still foreseen part of the way back to before.
_SIGNATURE = np.array([1.0, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4])
_WEEK = _SIGNATURE.size
_SETTLED_DAYS = 6  # from the likeliest first day on: a few bad days look like steps at both of their ends
_LIMIT_WHOLE, _LIMIT_PART = 3.0, 4.5  # standard deviations
_STAYED_FRAC = 0.5  # of the move, by the newest days alone
_BEFORE_DAYS, _NEWEST_DAYS = 14, 2
_USUAL_DAYS, _FEWEST_USUAL_DAYS = 80, 30
_NO_PART_FRAC = 0.05  # of the whole, added to each part: what is less than that may stop and start


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
    """Watches a positive daily series, its parts and what drives it, for steps.

    Attributes
    ----------
    least
        Smallest step, in the logarithm: less than that, weather does.
    days_s
        Newest days, oldest first, (n,).
    level, driver
        Logarithms of the whole and its parts, (n, 1 + K), and of the driver, (n,); those before a step are moved to after it.
    surprise
        Newest differences between measured and foreseen logarithms, (m, 1 + K), without what steps explain.
    """

    least: float = 0.15
    days_s: FloatArray = field(default_factory=lambda: np.zeros(0))
    level: FloatArray = field(default_factory=lambda: np.zeros((0, 0)))
    driver: FloatArray = field(default_factory=lambda: np.zeros(0))
    surprise: FloatArray = field(default_factory=lambda: np.zeros((0, 0)))

    def update(self, day_s: float, parts: npt.ArrayLike, driver: float = 1.0) -> RegimeChange | None:
        """Take in a day's means, and return the change that became certain on it, if one did.

        Parameters
        ----------
        day_s
            When [s since 1970], later than the days before.
        parts
            What adds up to the positive series, (K,), none negative; or the series itself.
        driver
            Positive.

        Raises
        ------
        ValueError
            If a value is negative or not finite, or the whole or the driver is not positive.
        """
        values = np.atleast_1d(np.asarray(parts, float))
        whole = float(values.sum())
        if not ((values >= 0).all() and 0 < whole < np.inf and 0 < driver < np.inf):
            raise ValueError(f"steps are found in positive series: parts {values.tolist()}, driver {driver}")
        level, driving = np.log(np.append(whole, values + _NO_PART_FRAC * whole)), math.log(driver)
        if not self.days_s.size:
            self.level, self.surprise = np.zeros((0, level.size)), np.zeros((0, level.size))
        else:
            self.surprise = np.vstack([self.surprise[1 - _USUAL_DAYS :], level - self._foreseen(driving)])
        kept = slice(1 - _LEVEL_DAYS - _WEEK, None)
        self.days_s = np.append(self.days_s[kept], day_s)
        self.level = np.vstack([self.level[kept], level])
        self.driver = np.append(self.driver[kept], driving)
        return self._found()

    def _foreseen(self, driving: float) -> FloatArray:
        last, usual = self.level[-1], np.median(self.level[-_LEVEL_DAYS:], axis=0)
        moved = float(np.clip(driving - self.driver[-1], -_MOST_DRIVER_CHANGE, _MOST_DRIVER_CHANGE))
        return np.asarray(last + _BACK * (usual - last) + _DRIVER_ELASTICITY * moved)

    def _found(self) -> RegimeChange | None:
        """Return the change that the newest days make certain, and take it for explained."""
        if len(self.surprise) < _FEWEST_USUAL_DAYS + _WEEK:
            return None
        evidence = self._evidence()
        days = 1 + int(np.argmax(np.abs(evidence).max(axis=1)))
        if days < _SETTLED_DAYS:
            return None
        moved = self._moved(days, days)
        step = float(moved[0])
        stayed = float(self._moved(days, _NEWEST_DAYS)[0]) / step if step else 0.0
        if abs(step) < self.least or stayed < _STAYED_FRAC or (math.copysign(1, step) * evidence[days - 1]).max() < 1:
            return None
        self.level[:-days] += moved
        self.surprise[-days:] -= np.outer(_SIGNATURE[:days], moved)
        return RegimeChange(float(self.days_s[-days]), float(self.days_s[-1]), math.expm1(step))

    def _evidence(self) -> FloatArray:
        """Return how sure a step of the whole and of each part is, over its limit, had it begun 1 to 7 days ago, (7, 1 + K)."""
        told = [_SIGNATURE[:days] @ self.surprise[-days:] for days in range(1, _WEEK + 1)]
        strength = np.sqrt(np.cumsum(_SIGNATURE**2))[:, None]
        limit = np.full(self.level.shape[1], _LIMIT_PART)
        limit[0] = _LIMIT_WHOLE
        return np.asarray(told / (strength * limit * _usual(self.surprise[:-_WEEK])))

    def _moved(self, days: int, newest: int) -> FloatArray:
        """Return the median levels of the newest days less those before the last `days` ones, at the same driver, (1 + K,)."""
        level = self.level - _DRIVER_ELASTICITY * self.driver[:, None]
        return np.asarray(
            np.median(level[-newest:], axis=0) - np.median(level[-days - _BEFORE_DAYS : -days], axis=0), float
        )


def _usual(surprise: FloatArray) -> FloatArray:
    """Return the standard deviations of surprises: between that of the middle and that of all, wild ones bounded."""
    size = np.abs(surprise)
    middle = np.maximum(np.median(size, axis=0), 1e-6)
    return np.asarray(0.5 * 1.4826 * middle + 0.5 * np.sqrt(np.mean(np.minimum(size, 5 * middle) ** 2, axis=0)))
