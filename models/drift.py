"""Whether a part of a site has left its model: a cumulative sum of what predictions miss, beside what they may miss.

Hours count, not readings: what a model misses at one reading it misses at the next. An hour inside the interval counts for
nothing, one beyond it by how far it lies beyond, and a wild one for no more than twice the interval: a wave that the interval
allows for, as with the weather of a thin history, never adds up. How far the sum went on rows that took no part in fitting is no
drift either.

References
----------
Page, "Continuous inspection schemes", Biometrika 41 (1954): the two-sided cumulative sum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.accuracy import conformal_half_width

FloatArray = npt.NDArray[np.float64]

LEAST_LIMIT = 9.0  # half-widths times hours: nine hours that miss by twice the interval
_MOST = 2.0  # half-widths that an hour may count
_BEYOND_USUAL = 1.5  # tests are shorter than service


@dataclass(frozen=True, slots=True)
class DriftFinding:
    """A part that draws more or less than its model says.

    Attributes
    ----------
    since
        Begin of the hour since which it does.
    size
        Mean of measured less predicted since then, in the part's unit.
    """

    since: pd.Timestamp
    size: float


@dataclass(frozen=True, slots=True)
class UsualMiss:
    """What a model misses on rows that took no part in fitting: half of the 90 % interval, and how far its sum goes."""

    half_width: float
    limit: float


def usual_miss(residuals: pd.Series[float]) -> UsualMiss:
    """Return what is usual for a model.

    Parameters
    ----------
    residuals
        Measured less predicted by time, of rows that took no part in fitting; at least one is no gap.
    """
    hourly = _hourly(residuals)
    half_width = conformal_half_width(hourly.to_numpy(float))
    highest = max(sums.max(initial=0.0) for sums in _sums(_scores(hourly, half_width)))
    return UsualMiss(half_width, max(LEAST_LIMIT, _BEYOND_USUAL * float(highest)))


def may_have_drifted(hours: float, limit: float = LEAST_LIMIT) -> bool:
    """Tell whether so many hours can pass a limit at all: the worst of them adds no more than one to a sum."""
    return hours * (_MOST - 1.0) > limit


def drifted(residuals: pd.Series[float], half_width: float, limit: float = LEAST_LIMIT) -> DriftFinding | None:
    """Return since when, and by how much, a part has left its model; None where it has not, or is back.

    Parameters
    ----------
    residuals
        Measured less predicted by time (UTC), NaN for gaps.
    half_width
        How much an hour may miss: half of the 90 % interval, or the least change that is worth a word.
    limit
        What the sum must pass, as `usual_miss` found it.
    """
    hourly = _hourly(residuals)
    for sums in _sums(_scores(hourly, half_width)):
        if sums.size and sums[-1] > limit:
            calm = np.flatnonzero(sums <= 0)
            first = int(calm[-1]) + 1 if calm.size else 0
            return DriftFinding(hourly.index[first], float(hourly.iloc[first:].mean()))
    return None


def _hourly(residuals: pd.Series[float]) -> pd.Series[float]:
    return residuals.resample("1h").mean().dropna() if len(residuals) else residuals


def _scores(hourly: pd.Series[float], half_width: float) -> FloatArray:
    return np.clip(hourly.to_numpy(float) / max(half_width, 1e-9), -_MOST, _MOST)


def _sums(scores: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the sums upwards and downwards, which begin anew at nothing."""
    upwards, downwards = (_one_sided(side) for side in (scores, -scores))
    return upwards, downwards


def _one_sided(scores: FloatArray) -> FloatArray:
    walked = np.cumsum(scores - 1.0)
    return walked - np.minimum(np.minimum.accumulate(walked), 0.0)
