"""The power ratio a step or more ahead where IT power is not given.

From the overhead at the IT power that is expected, from the ratio's own past, or from its last value: whichever did well lately.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from models.overhead.course import Course, Known, new_course
from models.overhead.forecaster import OverheadForecaster, measured_kw, new_forecaster
from models.uncertainty.adaptive import AdaptiveInterval, new_interval
from models.uncertainty.blend import Blend, equal_blend

FloatArray = npt.NDArray[np.float64]

_LEAST_IT_FRAC = 0.1  # of the last value: a forecast of no IT power has no ratio


@dataclass(frozen=True, slots=True)
class RatioAhead:
    """A predicted power ratio (interim PUE) with its interval [-], and the IT power [kW] that it is at."""

    it_kw: float
    mean: float
    low: float
    high: float


@dataclass(eq=False)
class RatioForecaster:
    """Learns IT power, overhead and their ratio; `new_ratio_forecaster` makes one.

    Attributes
    ----------
    overhead
        The overhead at an IT power.
    it, share
        The courses of IT power, and of overhead over IT power, by their own past and the week.
    blend
        Of three experts of that share: the last value, its own course, and the overhead at the IT power that is expected.
    interval
        How far measured ratios strayed from predicted ones.
    """

    overhead: OverheadForecaster
    it: Course
    share: Course
    blend: Blend
    interval: AdaptiveInterval

    @property
    def step_s(self) -> float:
        """Length of a step [s]."""
        return self.overhead.step_s

    @property
    def ahead(self) -> int:
        """Steps ahead that are predicted."""
        return self.overhead.ahead

    def predict(self, known: Known) -> RatioAhead:
        """Return the ratio of a row `ahead` steps after the newest learned one, whose IT power is not looked at.

        Raises
        ------
        ValueError
            If nothing was learned yet.
        """
        mean = 1.0 + self.blend.of(self._experts(known, 0))
        low, high = self.interval.ends(mean)
        return RatioAhead(self._it_kw(known, 0), mean, max(low, 1.0), high)

    def update(self, known: Known, parts_kw: FloatArray) -> None:
        """Learn the next row: its IT power, and the parts (K,) of its overhead [kW].

        Raises
        ------
        ValueError
            If power is missing, or there is none; `models.overhead.rows` leaves such rows out.
        """
        share = measured_kw(known, parts_kw) / known.it_kw
        if len(self.it.past) >= self.ahead:
            experts = self._experts(known, self.ahead - 1)
            self.interval.update(self.blend.of(experts), share)
            self.blend.update(experts, share, float(self.share.change[0]))
        change = self.overhead.update(known, parts_kw)
        self.it.update(np.array([known.it_kw]), _alone(known))
        self.share.update(np.array([share]), _alone(known))
        if change is not None:
            self.share.begin_regime(change.at_s)

    def _experts(self, known: Known, but: int) -> FloatArray:
        it_kw = self._it_kw(known, but)
        last = float(self.share.past[-1 - but, 0])
        own = self.share.predict(_alone(known), but)
        return np.array([last, own, self.overhead.mean_kw(replace(known, it_kw=it_kw), but) / it_kw])

    def _it_kw(self, known: Known, but: int) -> float:
        expected_kw = self.it.predict(_alone(known), but)
        return max(expected_kw, _LEAST_IT_FRAC * float(self.it.past[-1 - but, 0]))


def new_ratio_forecaster(step_s: float, parts: int = 1, drivers: int = 0, ahead: int = 1) -> RatioForecaster:
    """Return a forecaster that has seen nothing; see `models.overhead.forecaster.new_forecaster`."""
    overhead = new_forecaster(step_s, parts, drivers, ahead)
    it, share = (new_course(1, 0, step_s, ahead) for _ in range(2))
    return RatioForecaster(overhead, it, share, equal_blend(3, ahead), new_interval(overlap=ahead))


def _alone(known: Known) -> Known:
    """Return what is known of a row to a course that looks at nothing but its own past and the week."""
    return replace(known, it_kw=1.0, drivers=np.zeros(0), prior_kw=float("nan"))
