"""Experts blended by what they were worth lately."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

_KEEPS = 0.99  # of an old regret
_FASTEST = 0.5
_MOST = 50.0  # exponent


@dataclass(eq=False)
class Blend:
    """Weights of M experts.

    Attributes
    ----------
    weights
        Shares of the experts in the blend, (M,).
    regret, squared
        How much better each expert would have been than the blend, and the sum of its squares, (M,).
    keeps
        Share of an old regret that is kept at each row.

    References
    ----------
    Wintenberger, "Optimal learning with Bernstein online aggregation", Machine Learning 106 (2017), with the gradient of the loss.
    """

    weights: FloatArray
    regret: FloatArray
    squared: FloatArray
    keeps: float = _KEEPS

    def of(self, experts: FloatArray) -> float:
        """Return the blend of what the experts (M,) say."""
        return float(self.weights @ experts)

    def update(self, experts: FloatArray, measured: float, scale: float, level: float = 0.5) -> None:
        """Learn from what the experts (M,) said and what was measured.

        Parameters
        ----------
        scale
            A typical change, in the same unit.
        level
            Quantile that the experts mean to say: the loss is that of quantiles, at 0.5 half the absolute error.
        """
        blended = self.of(experts)
        slope = 2.0 * (float(measured < blended) - level)
        worse = slope * (experts - blended) / scale
        self.squared = self.keeps * self.squared + worse**2
        rate = np.minimum(_FASTEST, np.sqrt(np.log(worse.size) / np.maximum(self.squared, 1e-9)))
        self.regret = self.keeps * self.regret - worse - rate * worse**2
        share = rate * np.exp(np.clip(rate * self.regret, -_MOST, _MOST))
        self.weights = share / share.sum()


def equal_blend(experts: int, overlap: int = 1) -> Blend:
    """Return a blend in which all experts count alike; errors of `overlap` rows in sequence count as one."""
    return Blend(np.full(experts, 1.0 / experts), np.zeros(experts), np.zeros(experts), _KEEPS ** (1.0 / overlap))
