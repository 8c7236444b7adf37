"""What changes of a hall's IT power say of its server fans, once the work that is known has explained its part.

Work that nobody measures comes and goes over hours. So a step is compared with the one before it, as much of which is
expected to last as the history itself shows.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import least_squares

from models.servers import ServerFans

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

# In the order of `ServerFans`: how far the prior may be off, and what is possible at all (power stays above 0 at 18 degC).
PRIOR_DEVIATION = np.array([0.05, 0.02, 0.2, 0.008])
_LOWEST, _HIGHEST = np.array([0.0, 0.0, 0.2, 0.0]), np.array([0.6, 0.12, 1.0, 0.05])
_PASSES = 4  # the law, then how much of the unknown work lasts a step, and again
_FIRST_MEMORY, _LONGEST_MEMORY = 0.9, 0.98
_AS_DATA_HAVE_IT = (
    0.1  # of the noise about the prior, which holds what the law will explain: the first fit finds the noise
)
_LEAST_NOISE_KW = 1e-9  # a history without noise is no reason to divide by it
_DAY_H = 24
_WEEK_FROM = pd.Timedelta(days=14)  # less has hardly two of each hour


@dataclass(frozen=True, slots=True, eq=False)
class HallHistory:
    """Rows (n,) without gaps, what work is a weighted sum of (n, parts), and the rows that come one step after the last."""

    it_kw: FloatArray
    inlet_degc: FloatArray
    work: FloatArray
    steps: IntArray

    @classmethod
    def of(cls, whole: pd.DataFrame) -> HallHistory:
        """Take `it_kw`, `inlet_degc` and what measures work; without the last, the hours stand for it."""
        times = pd.DatetimeIndex(whole.index)
        apart_s = np.diff(times.as_unit("s").asi8)
        measured = whole.drop(columns=["it_kw", "inlet_degc"]).to_numpy(float)
        work = np.column_stack([np.ones(len(whole)), measured]) if measured.size else _hours(times)
        steps = 1 + np.flatnonzero(apart_s == np.median(apart_s))
        return cls(whole["it_kw"].to_numpy(float), whole["inlet_degc"].to_numpy(float), work, steps)

    def at_one_inlet_kw(self, fans: ServerFans) -> FloatArray:
        """Return IT power as it would have been at one inlet between those seen, if the law holds.

        It is the inlet of the geometric mean of power: at a fixed one, a steep law would seem likely for shrinking the noise.
        """
        logarithm = np.log1p(fans.extra_frac(self.inlet_degc))
        return np.asarray(self.it_kw * np.exp(logarithm.mean() - logarithm))


class Changes:
    """Changes over some steps of a history; `memory` is the share of unknown work that is expected to last a step."""

    def __init__(self, history: HallHistory, steps: IntArray, memory: float = _FIRST_MEMORY) -> None:
        self.history, self.steps, self.memory = history, steps, memory
        change = self._change(history.work)
        size, directions = np.linalg.eigh(change.T @ change)
        kept = size > 1e-9 * size[-1]
        self._explained = change @ directions[:, kept] / np.sqrt(size[kept])  # orthonormal

    def unexplained_kw(self, fans: ServerFans) -> FloatArray:
        """Return the changes at one inlet temperature that work does not explain (steps,), if the law holds."""
        change = self._change(self.history.at_one_inlet_kw(fans))
        return np.asarray(change - self._explained @ (self._explained.T @ change))

    def noise_kw(self, fans: ServerFans) -> float:
        """Return how large unexplained changes are where the inlet changes, which is where they mislead: work may change then."""
        weight = self._change(self.history.inlet_degc - self.history.inlet_degc.mean()) ** 2
        return float(np.sqrt(np.average(self.unexplained_kw(fans) ** 2, weights=weight)) + _LEAST_NOISE_KW)

    def remembering(self, fans: ServerFans) -> Changes:
        """Return the same with the memory that the history shows, if the law holds."""
        course = self.history.at_one_inlet_kw(fans)
        parts, *_ = np.linalg.lstsq(self._change(self.history.work), self._change(course), rcond=None)
        unknown = course - self.history.work @ parts
        now, before = unknown[self.steps], unknown[self.steps - 1]
        lasting = float(now @ before) / max(float(before @ before), 1e-12)
        memory = min(max(lasting, 0.0), _LONGEST_MEMORY)
        return Changes(self.history, self.steps, memory)

    def _change(self, course: FloatArray) -> FloatArray:
        return np.asarray(course[self.steps] - self.memory * course[self.steps - 1])


@dataclass(frozen=True, slots=True, eq=False)
class LikelyLaw:
    """The most probable law, its parameters and their covariance, and the changes that it rests on."""

    fans: ServerFans
    parameters: FloatArray
    covariance: FloatArray
    changes: Changes


def likely_law(history: HallHistory, steps: IntArray, prior: ServerFans) -> LikelyLaw:
    """Return the law that some steps and the prior make most probable."""
    changes = Changes(history, steps)
    for _ in range(_PASSES):
        found = _most_probable(changes, prior)
        changes = changes.remembering(found.fans)
    return _most_probable(changes, prior)


def law_of(parameters: FloatArray) -> ServerFans:
    """Return the law with these parameters, in its own order."""
    share, speed, floor, leakage = (float(each) for each in parameters)
    return ServerFans(share, speed, floor, leakage)


def _most_probable(changes: Changes, prior: ServerFans) -> LikelyLaw:
    before = np.array(dataclasses.astuple(prior))
    noise_kw = _AS_DATA_HAVE_IT * changes.noise_kw(prior)
    for _ in range(2):
        found = least_squares(
            _misses(changes, before, noise_kw),
            np.clip(before, _LOWEST, _HIGHEST),
            bounds=(_LOWEST, _HIGHEST),
            x_scale=PRIOR_DEVIATION,
        )
        noise_kw = changes.noise_kw(law_of(found.x))
    slopes = np.asarray(found.jac, np.float64)
    covariance = np.asarray(np.linalg.inv(slopes.T @ slopes), np.float64)
    return LikelyLaw(law_of(found.x), np.asarray(found.x, np.float64), covariance, changes)


def _misses(changes: Changes, before: FloatArray, noise_kw: float) -> Callable[[FloatArray], FloatArray]:
    """Return what is to be small: changes unexplained and departures from the prior, in standard deviations."""

    def misses(parameters: FloatArray) -> FloatArray:
        unexplained = changes.unexplained_kw(law_of(parameters)) / noise_kw
        return np.append(unexplained, (parameters - before) / PRIOR_DEVIATION)

    return misses


def _hours(times: pd.DatetimeIndex) -> FloatArray:
    """Return one column for each hour of the week, or of the day where the history is short: 1 in that hour."""
    of_day = times.hour.to_numpy()
    slot = times.day_of_week.to_numpy() * _DAY_H + of_day if times[-1] - times[0] >= _WEEK_FROM else of_day
    return np.asarray(slot[:, None] == np.unique(slot), float)
