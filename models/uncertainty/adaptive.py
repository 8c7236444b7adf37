"""A 90 % interval that adapts row by row: to the recent size of errors, to their shape, and to what proved right.

Either end for itself is a blend of experts. Each takes a quantile of recent errors, counted in their typical size; experts differ
in how fast that size follows and in the quantile. Whichever said the end best lately, by the loss that a quantile minimises, counts
most. So nothing has to be known of how the plant drifts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.uncertainty.blend import Blend, equal_blend

FloatArray = npt.NDArray[np.float64]

# Chosen on 2017-2019 of one site.
_SIZE_RATES = np.array([0.01, 0.1])  # months of days; two weeks
_TAILS = np.array([0.5, 0.9, 1.5])  # times the tail that is asked for
_AIMED_FRAC = 0.9  # of that tail: what was right for the last rows misses one more in a hundred of the next
_MOST_SIZES = 4.0  # that one error may count for in the size
_KEPT, _MOST_KEPT = 365, 3000  # errors; where they overlap more, of fewer independent ones
_FEW = 30  # of them say nothing of tails
_FEW_ENDS = 2.5  # sizes; the mean absolute error of a Gaussian, 95 % of which lies within


@dataclass(eq=False)
class AdaptiveInterval:
    """Interval around predictions that come one after the other.

    Attributes
    ----------
    level
        Share of measurements that shall lie inside [-].
    overlap
        Rows in sequence whose errors are much the same: the rows ahead that a prediction is for.
    seen
        Errors so far.
    size
        Typical absolute error by rate, in the unit of what is predicted, (2,); NaN before the first.
    standard
        Newest errors in either size, oldest first, (n, 2).
    blends
        Of the lower and the upper end.

    References
    ----------
    Zaffran et al., "Adaptive conformal predictions for time series", ICML 2022: experts of conformal ends, aggregated by the loss
    of quantiles. Lei et al., JASA 113 (2018), section 5.2: errors in their local size.
    """

    level: float
    overlap: int
    seen: int
    size: FloatArray
    standard: FloatArray
    blends: tuple[Blend, Blend]

    def ends(self, predicted: float) -> tuple[float, float]:
        """Return the lower and the upper end around a prediction; infinite before the first measurement."""
        if not self.seen:
            return -np.inf, np.inf
        if len(self.standard) < _FEW:
            reach = _FEW_ENDS * float(self.size.mean())
            return predicted - reach, predicted + reach
        low, high = (blend.of(said) for blend, said in zip(self.blends, self._experts(), strict=True))
        return predicted + min(low, high), predicted + max(low, high)

    def update(self, predicted: float, measured: float) -> None:
        """Learn from a prediction and what was then measured; a gap teaches nothing."""
        error = measured - predicted
        if not np.isfinite(error):
            return
        self.seen += 1
        least = max(1e-9 * abs(measured), 1e-12)
        if self.seen == 1:
            self.size[:] = max(abs(error), least)
            return
        if len(self.standard) >= _FEW:
            tail = _AIMED_FRAC * (1 - self.level) / 2
            for blend, said, level in zip(self.blends, self._experts(), (tail, 1 - tail), strict=True):
                blend.update(said, error, float(self.size.mean()), level)
        self.standard = np.vstack([self.standard[1 - min(_KEPT * self.overlap, _MOST_KEPT) :], error / self.size])
        rate = np.maximum(_SIZE_RATES / self.overlap, 1 / self.seen)
        bounded = np.minimum(abs(error), _MOST_SIZES * self.size) if self.seen > _FEW else abs(error)
        self.size = np.maximum(self.size + rate * (bounded - self.size), least)

    def _experts(self) -> tuple[FloatArray, FloatArray]:
        """Return what each expert says of the lower and of the upper end of errors."""
        ordered = np.sort(self.standard, axis=0)
        ranks = np.arange(1, len(ordered) + 1) / (len(ordered) + 1)
        tails = _TAILS * (1 - self.level) / 2
        low, high = (
            np.concatenate(
                [size * np.interp(at, ranks, errors) for size, errors in zip(self.size, ordered.T, strict=True)]
            )
            for at in (tails, 1 - tails)
        )
        return low, high


def new_interval(level: float = 0.9, overlap: int = 1) -> AdaptiveInterval:
    """Return an interval that has seen no error."""
    experts = _SIZE_RATES.size * _TAILS.size
    blends = equal_blend(experts, overlap), equal_blend(experts, overlap)
    return AdaptiveInterval(
        level, overlap, 0, np.full(_SIZE_RATES.size, np.nan), np.zeros((0, _SIZE_RATES.size)), blends
    )
