"""What a site would have drawn, from rows before a change: a Gaussian process whose mean over a window has an honest interval.

Power is a linear answer to load, weather and hour, bends of it in load and weather, and what is left: a slow part that remembers
(people, modes, dirt) and noise. The slow part is what makes hours of one day resemble each other; taken for independent they would
promise intervals several times too narrow. How strong and how slow it is, and what bends and how much, is not chosen but averaged
over by how well each explains the rows before (marginal likelihood). Conditions that were not seen before widen the interval by
themselves. How wide all of it is say errors from hour to hour, and where these are larger those of windows of the past.

Sources
-------
Rasmussen, Williams, "Gaussian processes for machine learning" (2006), 2.2, 2.7 and 5.4: prediction, linear bases, evidence.
O'Hagan, "Curve fitting and optimal design for prediction", JRSS B 40 (1978): unknown scale, hence Student's t.
IPMVP Core Concepts 2022, 9; ASHRAE Guideline 14-2014, 4.2.11 and B4: uncertainty under autocorrelated residuals.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import brentq
from scipy.stats import t as student

from models.savings.past_windows import PastWindows

FloatArray = npt.NDArray[np.float64]

LEAST_ROWS = 48
_LINEAR = 1e3  # variance of a coefficient over that of the noise: as good as free; collinear weather stays solvable
_BENDS = (3.0, 30.0)  # variance of what is bent, over that of the noise
_ALL_BEND, _WEATHER_BENDS = 1.5, 0.7  # standard deviations over which load and weather bend, or weather alone
_SLOW = (0.3, 3.0, 30.0)  # variance of the slow part, likewise
_MEMORY_H = (1.0, 4.0, 16.0, 64.0)
_ROUGHER = (0.0, 0.04)  # an hour, by which what is left was rougher long ago, in its variance's logarithm
_TAIL = 0.05
_LEAST_SCALE = 1e-12  # kW²: a meter that stands still has no noise to learn from


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows of one period.

    Attributes
    ----------
    time_h
        Hours since any moment, (n,).
    load
        What was asked for, whatever is changed, (n, k).
    weather
        Such as dry and wet bulb, (n, w).
    hour
        The hour of the day, as harmonics: a clock bends nothing, (n, h).
    power_kw
        Measured, (n,).
    """

    time_h: FloatArray
    load: FloatArray
    weather: FloatArray
    hour: FloatArray
    power_kw: FloatArray

    @property
    def conditions(self) -> FloatArray:
        """All that power depends on, (n, k + w + h)."""
        return np.column_stack([self.load, self.weather, self.hour])


@dataclass(frozen=True, slots=True)
class MeanSaving:
    """Mean power saved over a window [kW]: what is expected, and the bounds of its 90 % interval."""

    saved_kw: float
    low_kw: float
    high_kw: float

    @property
    def distinguishable(self) -> bool:
        """Whether the interval leaves nothing out of question."""
        return self.low_kw > 0.0 or self.high_kw < 0.0


def mean_saving(before: Rows, during: Rows, weight: FloatArray | None = None) -> MeanSaving:
    """Return baseline less measured power, in the mean over a window, with its 90 % interval.

    Parameters
    ----------
    before, during
        Rows without and with the change.
    weight
        What each row during it counts, such as its price (m,): the saving is then the sum of these. None: the mean.

    Raises
    ------
    ValueError
        If there are fewer than `LEAST_ROWS` rows before, or none during.
    """
    rows = max(during.time_h.size, 1)
    shares = np.full(rows, 1.0 / rows) if weight is None else np.asarray(weight, float)
    return savings(before, during, shares[None, :])[0]


def savings(before: Rows, during: Rows, weights: FloatArray) -> list[MeanSaving]:
    """Return what each of several weighings of the rows during a change makes of the saving, (q, m) -> q; see `mean_saving`."""
    if before.time_h.size < LEAST_ROWS or not during.time_h.size:
        raise ValueError(f"a baseline needs {LEAST_ROWS} rows before and one during a change")
    tried = PastWindows.like(during.time_h.size, before.time_h.size)
    found = list(_explanations(before, during, weights, tried))
    best = max(one.evidence for one in found)
    likely = np.exp([one.evidence - best for one in found])
    likely /= likely.sum()
    centres = np.array([one.mean_kw for one in found]) - weights @ during.power_kw  # (explanations, q)
    spreads = np.array([one.spread_kw for one in found])
    return [_mixed(likely, centre, spread, tried.freedom) for centre, spread in zip(centres.T, spreads.T, strict=True)]


def _mixed(likely: FloatArray, centre: FloatArray, spread: FloatArray, freedom: int) -> MeanSaving:
    low, high = (_quantile(chance, likely, centre, spread, freedom) for chance in (_TAIL, 1.0 - _TAIL))
    return MeanSaving(float(likely @ centre), low, high)


@dataclass(frozen=True, slots=True, eq=False)
class _Explanation:
    """One way to explain the rows before: its log evidence, and by weighing the baseline with its spread [kW]."""

    evidence: float
    mean_kw: FloatArray
    spread_kw: FloatArray


def _explanations(before: Rows, during: Rows, shares: FloatArray, tried: PastWindows) -> Iterator[_Explanation]:
    load, weather, hour = (
        _scaled(getattr(before, name), getattr(during, name)) for name in ("load", "weather", "hour")
    )
    time_h = np.concatenate([before.time_h, during.time_h])
    apart_h = np.abs(time_h[:, None] - time_h[None, :])
    linear = _LINEAR * (1.0 + load @ load.T + weather @ weather.T + hour @ hour.T)
    every, outside = _bent(np.hstack([load, weather]), _ALL_BEND), _bent(weather, _WEATHER_BENDS)
    bends = [np.zeros_like(every), *(much * bent for bent in (every, outside) for much in _BENDS)]
    noise = np.eye(time_h.size)
    age_h = np.maximum(before.time_h.max() - time_h, 0.0)
    for slow, memory_h, rougher in product(_SLOW, _MEMORY_H, _ROUGHER):
        rough = np.exp(0.5 * rougher * age_h)
        left = linear + np.outer(rough, rough) * (slow * np.exp(-apart_h / memory_h) + noise)
        for bent in bends:
            yield _explained(left + bent, before.power_kw, shares, tried)


def _explained(covariance: FloatArray, power_kw: FloatArray, shares: FloatArray, tried: PastWindows) -> _Explanation:
    n = power_kw.size
    factor = cholesky(covariance[:n, :n], lower=True)
    innovations = solve_triangular(factor, power_kw - power_kw.mean(), lower=True)
    known = solve_triangular(factor, covariance[:n, n:] @ shares.T, lower=True)  # of what is asked, by the rows before
    hourly = max(float(innovations @ innovations) / n, _LEAST_SCALE)
    evidence = -float(np.log(np.diag(factor)).sum()) - 0.5 * n * np.log(hourly)
    mean_kw = shares.sum(axis=1) * power_kw.mean() + innovations @ known
    variance = np.sum((shares @ covariance[n:, n:]) * shares, axis=1) - np.sum(known**2, axis=0)
    scale = max(tried.scale(factor, innovations), _LEAST_SCALE)
    return _Explanation(evidence, mean_kw, np.sqrt(np.maximum(scale * variance, 0.0)))


def _bent(scaled: FloatArray, length: float) -> FloatArray:
    square = np.sum((scaled[:, None, :] - scaled[None, :, :]) ** 2, axis=2)
    return np.asarray(np.exp(-0.5 * square / length**2))


def _scaled(before: FloatArray, during: FloatArray) -> FloatArray:
    """Return conditions in standard deviations of the rows before; what stood still there is left out if it still does."""
    spread = before.std(axis=0)
    both = np.concatenate([before, during])
    moved = (both.max(axis=0) - both.min(axis=0)) > 0.0
    return np.asarray((both[:, moved] - before[:, moved].mean(axis=0)) / np.where(spread > 0, spread, 1.0)[moved])


def _quantile(chance: float, weight: FloatArray, centre: FloatArray, spread: FloatArray, freedom: int) -> float:
    """Return a quantile of a mixture of Student's distributions."""
    reach = 50.0 * float(spread.max()) + 1e-9
    low, high = float(centre.min()) - reach, float(centre.max()) + reach
    return float(
        brentq(
            lambda x: float(weight @ student.cdf((x - centre) / np.maximum(spread, 1e-12), freedom)) - chance, low, high
        )
    )
