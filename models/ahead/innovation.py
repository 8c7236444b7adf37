"""Forecasts that follow a steady answer behind a lag, carry on what they were just off by, and know how far off they were.

x(t + 1) = x(t) + share (steady answer - x(t)); forecast(t + h) = x(t + h) + kept(h) x the filtered error at t. The interval is
conformal, standardised by channel and horizon, wider where a plan moves much, and stretched or narrowed as the newest forecasts
turn out, so that it stays honest when the plant changes.

References
----------
Gibbs and Candes, "Adaptive conformal inference under distribution shift", NeurIPS 2021: the stretch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.ahead.lagged import held, lagged, step_share

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

END_SPREADS = 1.645  # standard deviations to either end of a 90 % interval, were errors normal
_AIMED_TAIL_FRAC = (
    0.03  # beyond either end: what nobody foresees, a machine that trips, takes the rest of ten in a hundred
)
_FILTER_S = 840.0  # over which an error is averaged: probes are noisy
_KEPT_PRIOR_FRAC = 0.9  # of an error after the longest horizon, as long as errors are not above
_NOISE_K = 0.1  # ... what a probe alone is off by
_CHANGE_FRAC = 0.15  # of a change that is foreseen: a change that was never made is known no better
_LEAST_SPREAD_K = 0.03
_ADAPTING = 0.08  # how fast the stretch follows


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """Forecasts issued at n times for H steps ahead of K channels, (n, H, K), with the ends of the 90 % interval.

    `turning` is how likely the site's own protection takes turns with the plan then, (n, H); None where that is not looked at.
    """

    mean: FloatArray
    low: FloatArray
    high: FloatArray
    turning: FloatArray | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Innovation:
    """How measurements stray from the lagged steady answer.

    Attributes
    ----------
    step_s, lag_s
        Length of a step and time constant [s].
    kept_frac
        Share of an error that is left after each horizon [-], (H,).
    spread_k
        Typical error by horizon and channel, (H, K).
    ends
        Lower and upper end of the 90 % interval in spreads, (2, H, K); the lower is negative.
    alike
        Channels with the same number share ends and stretch, (K,).
    """

    step_s: float
    lag_s: float
    kept_frac: FloatArray
    spread_k: FloatArray
    ends: FloatArray
    alike: IntArray

    def forecast(self, steady: FloatArray, steady_ahead: FloatArray, measured: FloatArray) -> Forecast:
        """Return the forecasts that would have been issued at each row, knowing only what came before it.

        Parameters
        ----------
        steady
            Steady answer to what is measured, (n, K); NaN for gaps.
        steady_ahead
            Steady answer to what is planned, as seen from each row, (n, H, K).
        measured
            (n, K); NaN for gaps, through which the last error holds.
        """
        mean, moved = _means(self, steady, steady_ahead, measured)
        scale = np.hypot(self.spread_k, _CHANGE_FRAC * moved)
        low, high = (end * scale for end in self.ends)
        stretch = np.ones((len(mean), 2, mean.shape[2]))
        for group in np.unique(self.alike):
            own = self.alike == group
            last = slice(None), -1, own
            stretch[:, :, own] = _stretches(mean[last], low[last], high[last], measured[:, own], mean.shape[1])[
                ..., None
            ]
        return Forecast(mean, mean + stretch[:, None, 0] * low, mean + stretch[:, None, 1] * high)


def calibrated(
    model: tuple[float, float], steady: FloatArray, steady_ahead: FloatArray, measured: FloatArray, alike: IntArray
) -> Innovation:
    """Return how measurements strayed from a steady answer that was learned from none of these rows.

    `model` is the length of a step and the time constant [s]; see `Innovation` for the others.

    Raises
    ------
    ValueError
        If no forecast of these rows can be checked.
    """
    step_s, lag_s = model
    steps, channels = steady_ahead.shape[1:]
    error = measured - lagged(steady, step_share(step_s, lag_s))
    filtered = held(error, step_share(step_s, _FILTER_S))
    kept = np.array([_kept(filtered[:-h], error[h:], h / steps) for h in range(1, steps + 1)])
    nothing = np.zeros((steps, channels))
    mean, moved = _means(
        Innovation(step_s, lag_s, kept, nothing, np.stack([nothing, nothing]), alike), steady, steady_ahead, measured
    )
    miss = np.full(mean.shape, np.nan)
    for h in range(1, steps + 1):
        miss[:-h, h - 1] = measured[h:] - mean[:-h, h - 1]
    if not np.isfinite(miss).any():
        raise ValueError("no forecast can be checked: too few measured rows in sequence")
    spread = _spread(miss)
    standard = miss / np.hypot(spread, _CHANGE_FRAC * moved)
    ends = np.empty((2, steps, channels))
    for group in np.unique(alike):
        for h in range(steps):
            ends[:, h, alike == group] = np.array(_ends(standard[:, h, alike == group]))[:, None]
    return Innovation(step_s, lag_s, kept, spread, ends, alike)


def _means(
    model: Innovation, steady: FloatArray, steady_ahead: FloatArray, measured: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the central forecasts, and how far each moves from where the plant stands; (n, H, K)."""
    share = step_share(model.step_s, model.lag_s)
    start = lagged(steady, share)
    filtered = held(measured - start, step_share(model.step_s, _FILTER_S))  # gaps bridged
    course = np.empty_like(steady_ahead)
    now = start
    for h in range(steady_ahead.shape[1]):
        now = now + share * (steady_ahead[:, h] - now)
        course[:, h] = now
    return course + model.kept_frac[:, None] * filtered[:, None], course - start[:, None]


def _kept(filtered: FloatArray, later: FloatArray, horizon_frac: float) -> float:
    there = np.isfinite(later)
    now, then = filtered[there], later[there]
    weight = _NOISE_K**2 * max(now.size, 1)
    kept = (float(now @ then) + weight * _KEPT_PRIOR_FRAC**horizon_frac) / (float(now @ now) + weight)
    return float(np.clip(kept, 0.0, 1.0))


def _spread(miss: FloatArray) -> FloatArray:
    """Return the typical miss by horizon and channel, (H, K); a channel that never spoke has that of the worst."""
    there = np.isfinite(miss)
    count = there.sum(axis=0)
    mean_square = np.where(there, miss, 0.0) ** 2
    spread = np.sqrt(mean_square.sum(axis=0) / np.maximum(count, 1))
    spread = np.where(count > 0, spread, spread.max(axis=1, keepdims=True))
    return np.asarray(np.maximum(spread, _LEAST_SPREAD_K))


def _ends(standard: FloatArray) -> tuple[float, float]:
    known = np.sort(standard[np.isfinite(standard)])
    if not known.size:
        return -2.0, 2.0
    back = max(int((known.size + 1) * _AIMED_TAIL_FRAC) - 1, 0)
    return min(float(known[back]), -1e-3), max(float(known[known.size - 1 - back]), 1e-3)


def _stretches(mean: FloatArray, low: FloatArray, high: FloatArray, measured: FloatArray, steps: int) -> FloatArray:
    """Return by what the lower and upper halves issued at each row are stretched, (n, 2), from the forecasts due by then."""
    stretch, log = np.ones((len(mean), 2)), np.zeros(2)
    for begin in range(steps, len(mean), steps):  # so many at once: what they were issued with is known by then
        due = slice(begin, min(begin + steps, len(mean)))
        issued = slice(begin - steps, due.stop - steps)
        miss = measured[due] - mean[issued]
        known = np.isfinite(miss).sum(axis=1)
        under = (miss < stretch[issued, :1] * low[issued]).sum(axis=1)
        over = (miss > stretch[issued, 1:] * high[issued]).sum(axis=1)
        beyond = np.stack([under, over], axis=1) / np.maximum(known, 1)[:, None] - _AIMED_TAIL_FRAC
        adapting = _ADAPTING * np.where(known[:, None] > 0, beyond, 0.0)
        logs = np.cumsum(np.vstack([log, adapting]), axis=0)[1:]
        stretch[due], log = np.exp(logs), logs[-1]
    return stretch
