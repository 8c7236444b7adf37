"""The least water that towers use up for a heat."""

from __future__ import annotations

from dataclasses import dataclass

from tools.simulated_site.condenser_loop import IDLE_LOSS_PER_K
from tools.simulated_site.least_power.boxes import Box
from tools.simulated_site.physics.air import saturated_enthalpy_kjpkg
from tools.simulated_site.physics.constants import AIR_HEAT_KJPKGK, VAPORISATION_KJPKG
from tools.simulated_site.physics.tower import DRAUGHT_FRAC
from tools.simulated_site.plant import SimulatedPlant

WARMEST_BASIN_DEGC = 45.0


@dataclass(frozen=True, slots=True)
class WaterLine:
    """Litres a second: at least `base_lps + per_kw * (heat taken outside)`."""

    base_lps: float
    per_kw: float


def water_line(plant: SimulatedPlant, box: Box) -> WaterLine:
    """Return a line below the make-up of a plant's towers: what does not warm dry air evaporates; air is least in a still cell."""
    outside = plant.outside
    if outside is None or not outside.wet or any(not one.water_cooled for one in plant.bank.machines):
        return WaterLine(0.0, 0.0)
    pressure = outside._towers[0].pressure_kpa
    wet = box.wet_low_degc
    per_5k = saturated_enthalpy_kjpkg(wet + 5.0, pressure) - saturated_enthalpy_kjpkg(wet, pressure)
    share = max(1.0 - 5.0 * AIR_HEAT_KJPKGK / per_5k, 0.0)
    made_up = outside._cycles / (outside._cycles - 1.0) / VAPORISATION_KJPKG
    idle_kw = IDLE_LOSS_PER_K * outside._rated_kw * max(WARMEST_BASIN_DEGC - box.dry_low_degc, 0.0)
    still_kgps = DRAUGHT_FRAC * min(one.rated_air_kgps for one in outside._towers)
    dried_kw = still_kgps * AIR_HEAT_KJPKGK * max(box.dry_low_degc - box.wet_high_degc, 0.0)
    return WaterLine(made_up * (dried_kw - share * idle_kw), made_up * share)
