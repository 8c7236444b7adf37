"""What servers take beyond their work as their inlet warms: internal fans and silicon leakage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

REFERENCE_INLET_DEGC = (
    18.0  # coldest recommended inlet (ASHRAE TC 9.9): where a site allows no colder one, extra power is positive
)
RATED_INLET_DEGC = 25.0  # where fan_power_share_frac holds
_LEAST_FRAC = 0.1  # of the rated power: a steep law ends somewhere


@dataclass(frozen=True, slots=True)
class ServerFans:
    """Server power against inlet temperature, at constant work.

    Fan speed follows the inlet temperature linearly, down to a floor; fan power is its cube; leakage is linear.
    With the defaults a server takes 6 % more at 30 degC and 13 % more at 35 degC than at 25 degC, inside the band that
    ASHRAE TC 9.9 publishes for volume servers (Thermal Guidelines, 5th edition, server power increase).
    "Extra" is counted from the reference inlet, 18 degC.

    Attributes
    ----------
    fan_power_share_frac
        Fans' share of server power at 25 degC inlet [-].
    speed_per_k
        Rise of relative fan speed per kelvin of inlet [1/K].
    min_speed_frac
        Fan speed floor over that at 25 degC [-].
    leakage_per_k
        Rise of server power by leakage per kelvin [1/K].
    """

    fan_power_share_frac: float = 0.1
    speed_per_k: float = 0.03
    min_speed_frac: float = 0.95
    leakage_per_k: float = 0.001

    def extra_frac(self, inlet_degc: npt.ArrayLike) -> FloatArray:
        """Return power beyond that at the reference inlet over power there [-]; negative below it."""
        inlet = np.asarray(inlet_degc, float)
        extra: FloatArray = self._relative(inlet) / self._relative(np.float64(REFERENCE_INLET_DEGC)) - 1
        return extra

    def _relative(self, inlet_degc: FloatArray | np.float64) -> FloatArray:
        """Return power over that at the rated inlet."""
        warmer_k = inlet_degc - RATED_INLET_DEGC
        speed = np.maximum(1 + self.speed_per_k * warmer_k, self.min_speed_frac)
        power = 1 + self.fan_power_share_frac * (speed**3 - 1) + self.leakage_per_k * warmer_k
        return np.asarray(np.maximum(power, _LEAST_FRAC))

    def at_reference_kw(self, it_kw: npt.ArrayLike, inlet_degc: npt.ArrayLike) -> FloatArray:
        """Return measured IT power [kW] brought to the reference inlet, so that histories at different inlets compare."""
        power: FloatArray = np.asarray(it_kw, float) / (1 + self.extra_frac(inlet_degc))
        return power
