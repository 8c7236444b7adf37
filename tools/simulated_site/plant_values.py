"""What a simulated plant shows: true values, powers of its machines, and what of it could run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.simulated_site.chillers import Machine
from tools.simulated_site.physics.constants import WATER_HEAT_KJPKGK
from tools.simulated_site.setpoints import Key

if TYPE_CHECKING:
    from tools.simulated_site.plant import SimulatedPlant

BROKEN = 1.0  # fault_status; trips follow, by cause


def values_of(plant: SimulatedPlant) -> dict[Key, float]:
    """Return all true values of a plant; electric power is the meters' to tell."""
    state, name, outside = plant.state, plant.plant.id, plant.outside
    found: dict[Key, float] = {
        (name, "leaving_chilled_water_temperature_degc"): state.supply_degc,
        (name, "entering_chilled_water_temperature_degc"): state.return_degc,
        (name, "chilled_water_flow_lps"): state.chilled_kwpk / WATER_HEAT_KJPKGK,
        (name, "economizer_mode"): float(plant.mode),
        (name, "chillers_staged"): sum(plant.chillers_on),
    }
    if outside is not None:
        found[(name, "condenser_water_flow_lps")] = state.condenser_kwpk / WATER_HEAT_KJPKGK
        found[(name, "entering_condenser_water_temperature_degc")] = outside.state.basin_degc
        found[(name, "makeup_water_lps")] = outside.state.makeup_lps
    if plant.plant.economizer is not None:
        found[(plant.plant.economizer.id, "heat_exchanger_leaving_temperature_degc")] = state.exchanger_degc
    for machine in plant.bank.machines:
        found |= _of_chiller(machine, state.exchanger_degc)
    return found | _of_rejection(plant) | _of_tank(plant)


def _of_chiller(machine: Machine, entering_degc: float) -> dict[Key, float]:
    state, name = machine.state, machine.nameplate.id
    found: dict[Key, float] = {
        (name, "leaving_chilled_water_temperature_degc"): state.leaving_degc,
        (name, "entering_chilled_water_temperature_degc"): entering_degc,
        (name, "load_frac"): state.cooling_kw / machine.nameplate.rated_cooling_kw,
        (name, "on_status"): float(state.running),
        (name, "fault_status"): BROKEN if state.broken else float(state.trip and BROKEN + state.trip),
    }
    if machine.water_cooled:
        leaving_degc = state.entering_condenser_degc + state.condenser_rise_k
        found[(name, "leaving_condenser_water_temperature_degc")] = leaving_degc
    return found


def _of_rejection(plant: SimulatedPlant) -> dict[Key, float]:
    outside = plant.outside
    if outside is None:
        return {}
    state = outside.state
    on = set(outside.working()[: state.cells_wet])
    found: dict[Key, float] = {}
    for index, one in enumerate(outside.nameplates):
        found[(one.id, "fan_speed_frac")] = state.fan_frac if index in on else 0.0
        found[(one.id, "fault_status")] = float(one.id in state.broken)
    return found | {(one.id, "adiabatic_status"): float(state.pads_on) for one in plant.plant.dry_coolers}


def _of_tank(plant: SimulatedPlant) -> dict[Key, float]:
    tank = plant.tank
    if tank is None:
        return {}
    name = tank.tank.id
    return {
        (name, "state_of_charge_frac"): tank.charge_frac,
        (name, "charge_power_kw"): tank.state.charge_kw,
        (name, "tank_top_temperature_degc"): tank.top_degc,
        (name, "tank_bottom_temperature_degc"): tank.bottom_degc,
    }


def power_of(plant: SimulatedPlant) -> dict[str, float]:
    """Return the electric power [kW] of every machine of a plant, by equipment id."""
    found = {one.nameplate.id: one.state.compressor_kw + one.state.fan_kw for one in plant.bank.machines}
    if plant.outside is not None:
        found |= plant.outside.fan_kw()
    for pumps in (plant.chilled, plant.condenser):
        if pumps is not None:
            found |= dict(zip(pumps.ids, pumps.state.power_kw, strict=True))
    return found


def units_of(plant: SimulatedPlant) -> dict[str, tuple[list[float], float]]:
    """Return by group the capacity [kW] of each unit that could run, and what the present load takes."""
    found = {
        "chillers": ([one.nameplate.rated_cooling_kw for one in plant.bank.machines if one.able], plant.cooling_kw)
    }
    if plant.outside is not None:
        outside = plant.outside
        able_kw = [outside.nameplates[index].rated_rejection_kw for index in outside.working()]
        found["towers" if outside.wet else "dry_coolers"] = (able_kw, max(outside.state.rejected_kw, 0.0))
    for name, pumps in (("chilled_water_pumps", plant.chilled), ("condenser_water_pumps", plant.condenser)):
        if pumps is not None:  # of a pump the capacity is the flow [kW/K]
            moved = plant.state.chilled_kwpk if pumps is plant.chilled else plant.state.condenser_kwpk
            found[name] = (pumps.able_kwpk(), moved)
    return found
