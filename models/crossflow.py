"""Crossflow exchangers by effectiveness-NTU, both streams unmixed: dry coolers and other finned coils in open air."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

_LEAST_FLOW = 1e-6
_LEAST_RATIO = 1e-9
_BISECTIONS = 60
_MOST_NTU = 50.0


def effectiveness(ntu: npt.ArrayLike, ratio: npt.ArrayLike) -> FloatArray:
    """Return heat over the most that could flow [-].

    Parameters
    ----------
    ntu
        UA over the lesser heat-capacity rate [-].
    ratio
        Lesser over greater capacity rate [-], 0 for a stream that changes phase.

    References
    ----------
    Incropera et al., Fundamentals of Heat and Mass Transfer, table 11.3: crossflow, both fluids unmixed (exact for a ratio of 0
    and 1, within a percent between).
    """
    units, share = np.asarray(ntu, float), np.maximum(np.asarray(ratio, float), _LEAST_RATIO)
    inner = np.expm1(-share * units**0.78)
    result: FloatArray = -np.expm1(units**0.22 / share * inner)
    return result


@dataclass(frozen=True, slots=True)
class CrossflowExchanger:
    """A crossflow exchanger known at one rated point; the cold stream is air over fins.

    Attributes
    ----------
    effectiveness
        (hot in - hot out) / (hot in - cold in) at rated flows [-].
    capacity_ratio
        Hot over cold heat-capacity rate at rated flows [-].
    hot_share
        Share of the rated thermal resistance on the hot side [-].
    hot_exponent, cold_exponent
        Film coefficient ~ flow^exponent: 0.8 in tubes, 0.6 over fins (ASHRAE Fundamentals, forced convection).
    """

    effectiveness: float
    capacity_ratio: float
    hot_share: float = 0.2
    hot_exponent: float = 0.8
    cold_exponent: float = 0.6

    def __post_init__(self) -> None:
        reached = float(_of_hot(np.float64(_MOST_NTU), np.float64(self.capacity_ratio)))
        if not 0 < self.effectiveness < reached:
            raise ValueError(
                f"no crossflow exchanger has an effectiveness of {self.effectiveness:.3g} at capacity ratio "
                f"{self.capacity_ratio:.3g}; check rated heat, flow and approach"
            )

    @property
    def rated_ntu(self) -> float:
        """UA over the hot stream's capacity rate at rated flows."""
        return _rated_ntu(self.effectiveness, self.capacity_ratio)

    def effectiveness_at(self, hot: npt.ArrayLike, cold: npt.ArrayLike) -> FloatArray:
        """Return the hot-side effectiveness [-] at flows over rated flow of each stream [-]; 1 without hot, 0 without cold flow."""
        hot_ratio = np.maximum(np.asarray(hot, float), _LEAST_FLOW)
        cold_ratio = np.maximum(np.asarray(cold, float), _LEAST_FLOW)
        hot_film, cold_film = hot_ratio**-self.hot_exponent, cold_ratio**-self.cold_exponent
        resistance = self.hot_share * hot_film + (1 - self.hot_share) * cold_film
        return _of_hot(self.rated_ntu / (resistance * hot_ratio), self.capacity_ratio * hot_ratio / cold_ratio)


@lru_cache(maxsize=64)
def _rated_ntu(effectiveness_frac: float, capacity_ratio: float) -> float:
    """Return it by bisection; remembered, as a plan asks for it thousands of times."""
    low, high = 0.0, _MOST_NTU
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        short = _of_hot(np.float64(middle), np.float64(capacity_ratio)) < effectiveness_frac
        low, high = (middle, high) if short else (low, middle)
    return 0.5 * (low + high)


def _of_hot(hot_ntu: npt.ArrayLike, hot_over_cold: npt.ArrayLike) -> FloatArray:
    """Return the hot-side effectiveness from UA over the hot capacity rate, whichever of the two streams is the lesser."""
    units, ratio = np.asarray(hot_ntu, float), np.asarray(hot_over_cold, float)
    hot_is_less = ratio <= 1
    of_lesser = effectiveness(
        np.where(hot_is_less, units, units * ratio), np.where(hot_is_less, ratio, 1 / np.maximum(ratio, 1.0))
    )
    result: FloatArray = np.where(hot_is_less, of_lesser, of_lesser / np.maximum(ratio, 1.0))
    return result
