"""Counterflow exchangers by effectiveness-NTU, scaled from one rated point: cooling coils, CDUs, plate economizers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

AIR_KJ_PER_M3K = 1.2 * 1.006  # standard air at sea level
WATER_KJ_PER_LK = 4.186
_BISECTIONS = 9
_NEVER_SHUT = 0.02  # lowest flow ratio that a control valve holds
_LEAST_FLOW = 1e-6  # a stream at rest: its own effectiveness is then 1, the other's 0
_MOST_EXPONENT = 500.0


def counterflow(ntu: npt.ArrayLike, ratio: npt.ArrayLike) -> FloatArray:
    """Return the effectiveness of one stream in counterflow [-].

    Parameters
    ----------
    ntu
        UA over the stream's own heat-capacity rate [-].
    ratio
        Its capacity rate over the other's [-]: 0 where the other changes phase, above 1 where the other is the lesser.

    References
    ----------
    Incropera et al., Fundamentals of Heat and Mass Transfer, counterflow effectiveness-NTU relation.
    """
    share = _not_one(ratio)
    fade = np.exp(np.minimum(-np.asarray(ntu, float) * (1 - share), _MOST_EXPONENT))
    result: FloatArray = (1 - fade) / (1 - share * fade)
    return result


@dataclass(frozen=True, slots=True)
class HeatExchanger:
    """A counterflow exchanger known at one rated point.

    Attributes
    ----------
    effectiveness
        (hot in - hot out) / (hot in - cold in) at rated flows [-].
    capacity_ratio
        Hot over cold heat-capacity rate at rated flows [-].
    hot_share
        Share of the rated thermal resistance on the hot side [-]; about 0.8 for an air coil, 0.5 for a plate exchanger.
    hot_exponent, cold_exponent
        Film coefficient ~ flow^exponent (ASHRAE Fundamentals, forced convection: 0.6 over finned tubes, 0.8 in tubes).
    conductance_frac
        UA over that of the rated point [-]: below 1 where it is fouled.
    """

    effectiveness: float
    capacity_ratio: float
    hot_share: float = 0.5
    hot_exponent: float = 0.8
    cold_exponent: float = 0.8
    conductance_frac: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.effectiveness < 1 or self.effectiveness * self.capacity_ratio >= 1:
            raise ValueError(
                f"an exchanger of effectiveness {self.effectiveness:.3g} at capacity ratio {self.capacity_ratio:.3g} "
                "would warm the cold stream above the hot one; check rated flow, heat and approach"
            )

    @property
    def rated_ntu(self) -> float:
        """UA as it is over the hot stream's capacity rate at rated flows."""
        return self.conductance_frac * _rated_ntu(self.effectiveness, self.capacity_ratio)

    def effectiveness_at(self, hot: npt.ArrayLike, cold: npt.ArrayLike) -> FloatArray:
        """Return the hot-side effectiveness at other flows.

        Parameters
        ----------
        hot, cold
            Flow over rated flow of each stream [-], broadcast together.

        Returns
        -------
        FloatArray
            (hot in - hot out) / (hot in - cold in) [-]; 1 without hot, 0 without cold flow.
        """
        cold_flow: FloatArray = np.maximum(np.asarray(cold, float), _LEAST_FLOW)
        return self._by_cold(hot)(self._cold_resistance(cold_flow), 1 / cold_flow)

    def _cold_resistance(self, cold_flow: FloatArray) -> FloatArray:
        return (1 - self.hot_share) * cold_flow**-self.cold_exponent

    def _by_cold(self, hot: npt.ArrayLike) -> Callable[[FloatArray, FloatArray], FloatArray]:
        """Return the hot-side effectiveness by the cold side's resistance and one over its flow: a search asks it many times."""
        hot_flow: FloatArray = np.maximum(np.asarray(hot, float), _LEAST_FLOW)
        hot_resistance, ntu = self.hot_share * hot_flow**-self.hot_exponent, self.rated_ntu / hot_flow
        ratio = self.capacity_ratio * hot_flow

        def effectiveness(cold_resistance: FloatArray, per_flow: FloatArray) -> FloatArray:
            return counterflow(ntu / (hot_resistance + cold_resistance), ratio * per_flow)

        return effectiveness

    def cold_flow_for(self, hot: npt.ArrayLike, effectiveness: npt.ArrayLike, most: float = 1.0) -> FloatArray:
        """Return the cold flow ratio that gives an effectiveness, between a nearly shut valve and `most`.

        Bisection on the logarithm, then one secant step so that the answer is continuous in its inputs. All rows meet the same
        flows on the way, of which resistances are known.
        """
        hot, wanted = np.broadcast_arrays(np.asarray(hot, float), np.asarray(effectiveness, float))
        flows = _cold_flows(most)
        resistances, per_flow, by_cold = self._cold_resistance(flows), 1 / flows, self._by_cold(hot)

        def at(place: npt.NDArray[np.int_]) -> FloatArray:
            return by_cold(resistances[place], per_flow[place])

        low = np.zeros(hot.shape, int)
        for bisection in reversed(range(_BISECTIONS)):
            step = 2**bisection
            low += step * (at(low + step) < wanted)
        at_low, at_high = at(low), at(low + 1)
        part = np.clip((wanted - at_low) / np.maximum(at_high - at_low, 1e-12), 0, 1)
        flow: FloatArray = flows[low] * (flows[1] / flows[0]) ** part
        return flow


@lru_cache(maxsize=256)  # asked of the same few exchangers again and again
def _rated_ntu(effectiveness: float, capacity_ratio: float) -> float:
    ratio = _not_one(np.float64(capacity_ratio))
    return float(np.log((1 - effectiveness * ratio) / (1 - effectiveness)) / (1 - ratio))


@lru_cache(maxsize=16)
def _cold_flows(most: float) -> FloatArray:
    """Return the flows that a bisection may meet; nearly always of a valve that opens to 1."""
    return np.geomspace(_NEVER_SHUT, most, 2**_BISECTIONS + 1)


def _not_one(ratio: npt.ArrayLike) -> FloatArray:
    """Step off the removable singularity at equal capacity rates; the error is of order 1e-6."""
    value = np.asarray(ratio, float)
    near = np.abs(value - 1) < 1e-6
    return np.where(near, 1 + 1e-6, value) if near.any() else value
