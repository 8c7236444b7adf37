"""An air-cooled chiller: its condenser fans follow the load, and slow down in the cold to keep the refrigerant's head."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tools.simulated_site.physics.chiller import ChillerLaw

RATED_LEAVING_DEGC = 7.0
RATED_OUTDOOR_DEGC = 35.0
CONDENSER_K = 13.0  # refrigerant above the outdoor air at full load and full fans
FAN_SHARE = 0.09  # of the rated power, in the rated COP
CONDUCTANCE_EXPONENT = 0.6  # of the condenser, over its air
LEAST_FAN_FRAC = 0.12
LEAST_CONDENSING_DEGC = 26.0  # what the expansion valve needs


@dataclass(frozen=True, slots=True)
class AirCooledLaw:
    """One machine, fans included; its sink is the outdoor dry bulb."""

    compressor: ChillerLaw
    rated_fan_kw: float

    @property
    def rated_cooling_kw(self) -> float:
        """Cooling at 7 C leaving water and 35 C outdoors."""
        return self.compressor.rated_cooling_kw

    @property
    def min_load_kw(self) -> float:
        """The least cooling without cycling."""
        return self.compressor.min_load_kw

    def capacity_kw(self, leaving_degc: float, outdoor_degc: float) -> float:
        """Return the most it can cool."""
        condensing_degc = max(outdoor_degc + CONDENSER_K, LEAST_CONDENSING_DEGC)
        return self.compressor.capacity_between_kw(leaving_degc, condensing_degc)

    def fan_frac(self, heat_kw: float, outdoor_degc: float) -> float:
        """Return the fans' speed: with the root of the load, slower where that would cost the refrigerant its head."""
        load = heat_kw / self.rated_cooling_kw
        wanted = min(math.sqrt(max(load, 0.0)), 1.0)
        spare_k = LEAST_CONDENSING_DEGC - outdoor_degc
        if spare_k > 0.0:
            wanted = min(wanted, math.pow(max(CONDENSER_K * load / spare_k, 0.0), 1.0 / CONDUCTANCE_EXPONENT))
        return max(wanted, LEAST_FAN_FRAC)

    def condensing_degc(self, heat_kw: float, outdoor_degc: float) -> float:
        """Return the condensing temperature that the fans leave."""
        load = heat_kw / self.rated_cooling_kw
        fans = math.pow(self.fan_frac(heat_kw, outdoor_degc), CONDUCTANCE_EXPONENT)
        return outdoor_degc + CONDENSER_K * load / fans

    def compressor_kw(self, heat_kw: float, leaving_degc: float, outdoor_degc: float) -> float:
        """Return the power of the running compressor."""
        held_kw = max(heat_kw, self.min_load_kw)
        return self.compressor.between_kw(held_kw, leaving_degc, self.condensing_degc(held_kw, outdoor_degc))

    def fan_kw(self, heat_kw: float, outdoor_degc: float) -> float:
        """Return the power of the running machine's condenser fans: a cube over a motor's floor."""
        return self.rated_fan_kw * (0.03 + 0.97 * self.fan_frac(max(heat_kw, self.min_load_kw), outdoor_degc) ** 3)

    def power_kw(self, heat_kw: float, leaving_degc: float, outdoor_degc: float) -> float:
        """Return mean power at a steady load, fans included: below the least load it runs a part of the time."""
        if heat_kw <= 0.0:
            return 0.0
        duty = min(heat_kw / self.min_load_kw, 1.0) if self.min_load_kw > 0.0 else 1.0
        running_kw = self.compressor_kw(heat_kw, leaving_degc, outdoor_degc) + self.fan_kw(heat_kw, outdoor_degc)
        return duty * running_kw


def sized_air_cooled(rated_cooling_kw: float, rated_cop: float, min_load_kw: float) -> AirCooledLaw:
    """Return the machine that has its rated COP, fans included, at 7 C leaving water and 35 C outdoors."""
    rated_kw = rated_cooling_kw / rated_cop
    compressor = ChillerLaw(
        rated_cooling_kw,
        rated_cop / (1.0 - FAN_SHARE),
        min_load_kw,
        RATED_LEAVING_DEGC,
        RATED_OUTDOOR_DEGC + CONDENSER_K,
    )
    return AirCooledLaw(compressor, FAN_SHARE * rated_kw)
