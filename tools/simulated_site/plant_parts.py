"""The machines of a plant as they are: what hidden parameters make of the nameplates."""

from __future__ import annotations

from facility.site import Plant
from tools.simulated_site.noise import Hidden
from tools.simulated_site.physics.air_cooled import AirCooledLaw, sized_air_cooled
from tools.simulated_site.physics.chiller import ChillerLaw
from tools.simulated_site.physics.dry_cooler import DryCoolerLaw, sized_dry_cooler
from tools.simulated_site.physics.exchanger import Exchanger, sized
from tools.simulated_site.physics.movers import Mover
from tools.simulated_site.physics.tower import TowerLaw, sized_tower
from tools.simulated_site.pumps import Pumps


def hidden_chiller(plant: Plant, index: int, hidden: Hidden) -> ChillerLaw | AirCooledLaw:
    """Return the machine behind a chiller's nameplate, fouled since it was new."""
    nameplate = plant.chillers[index]
    cooling_kw = hidden.around(f"{nameplate.id}.cooling", nameplate.rated_cooling_kw, 0.03)
    cop = hidden.around(f"{nameplate.id}.cop", nameplate.rated_cop * 0.95, 0.05)
    min_load_kw = nameplate.min_part_load_frac * nameplate.rated_cooling_kw
    if nameplate.condenser == "air":
        return sized_air_cooled(cooling_kw, cop, min_load_kw)
    return ChillerLaw(cooling_kw, cop, min_load_kw)


def hidden_tower(plant: Plant, index: int, hidden: Hidden, pressure_kpa: float) -> TowerLaw:
    """Return the cell behind a tower's nameplate."""
    nameplate = plant.towers[index]
    rejection_kw = hidden.around(f"{nameplate.id}.rejection", nameplate.rated_rejection_kw * 0.96, 0.05)
    fan_kw = hidden.around(f"{nameplate.id}.fan", nameplate.rated_fan_kw, 0.06)
    return sized_tower(rejection_kw, nameplate.rated_flow_lps, fan_kw, nameplate.min_fan_speed_frac, pressure_kpa)


def hidden_dry_cooler(plant: Plant, index: int, hidden: Hidden) -> DryCoolerLaw:
    """Return the cooler behind a nameplate, its fins a little fouled."""
    nameplate = plant.dry_coolers[index]
    fan_kw = hidden.around(f"{nameplate.id}.fan", nameplate.rated_fan_kw, 0.06)
    return sized_dry_cooler(
        nameplate.rated_rejection_kw,
        nameplate.rated_flow_lps,
        hidden.around(f"{nameplate.id}.approach", nameplate.rated_approach_k * 1.06, 0.08),
        fan=Mover(1.0, fan_kw, 0.0, 0.03 * fan_kw),
        min_fan_frac=nameplate.min_fan_speed_frac,
        pad_effectiveness_frac=hidden.around(f"{nameplate.id}.pads", 0.96, 0.04)
        * nameplate.adiabatic_effectiveness_frac,
    )


def hidden_pumps(plant: Plant, duty: str, hidden: Hidden) -> Pumps:
    """Return the pumps of a duty, in parallel on their system."""
    group = [pump for pump in plant.pumps if pump.duty == duty]
    static_frac = hidden.around(f"{plant.id}.{duty}.static", group[0].static_head_frac, 0.2)
    rated_kw = {pump.id: pump.rated_kw * hidden.around(f"{pump.id}.power", 1.0, 0.06) for pump in group}
    return Pumps({pump.id: pump.rated_flow_lps for pump in group}, rated_kw, min(static_frac, 0.9))


def hidden_plate(plant: Plant, chilled: Pumps, condenser: Pumps, hidden: Hidden) -> Exchanger | None:
    """Return the economizer's plate: its rating at the nameplate approach, both sides at rated flow."""
    economizer = plant.economizer
    if economizer is None:
        return None
    hot, cold = chilled.rated_kwpk, condenser.rated_kwpk
    approach_k = hidden.around(f"{economizer.id}.approach", economizer.approach_k * 1.1, 0.1)
    range_k = economizer.rated_kw / hot
    effectiveness_frac = min(range_k / (range_k + approach_k) * hot / min(hot, cold), 0.95)
    return sized(hot, cold, effectiveness_frac)
