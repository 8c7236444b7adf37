"""What is watched after a write: what the setpoint moves, the air and water it serves, and the power of the site."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from facility.prepare.situation import INLET_TEMPERATURE
from facility.records import Recommendation
from facility.site import Hall, LiquidLoop
from facility.site_file import LoadedSite

LOOP_SUPPLY = "secondary_supply_temperature_degc"
# What a setpoint moves, as measured on the same equipment; a quantity that is not here tells nothing of direction.
ANSWERS: Mapping[str, str] = {
    "supply_air_temperature_setpoint_degc": "supply_air_temperature_degc",
    "fan_speed_setpoint_frac": "fan_speed_frac",
    "leaving_chilled_water_temperature_setpoint_degc": "leaving_chilled_water_temperature_degc",
    "condenser_water_temperature_setpoint_degc": "entering_condenser_water_temperature_degc",
    "secondary_supply_temperature_setpoint_degc": LOOP_SUPPLY,
    "secondary_flow_setpoint_lps": "secondary_flow_lps",
    "charge_power_setpoint_kw": "charge_power_kw",
    "heat_output_setpoint_kw": "heat_output_kw",
    "awake_servers_command": "awake_servers",
    "economizer_mode_command": "economizer_mode",
    "chillers_staged_command": "chillers_staged",
}


@dataclass(frozen=True, slots=True)
class Guard:
    """A temperature with its limits, by `equipment.quantity`."""

    name: str
    low: float
    high: float


def guards_of(loaded: LoadedSite, recommendation: Recommendation) -> list[Guard]:
    """Return the temperatures that a recommendation can make worse: of its hall or loop; all where it is a plant's."""
    concerned = _equipment(loaded, recommendation)
    site = loaded.site
    halls = [hall for hall in site.halls if concerned & _of_hall(loaded, hall)] or list(site.halls)
    loops = [loop for loop in site.liquid_loops if concerned & _of_loop(loop)] or list(site.liquid_loops)
    if any(concerned & _of_hall(loaded, hall) for hall in site.halls):
        loops = [loop for loop in loops if concerned & _of_loop(loop)]
    elif any(concerned & _of_loop(loop) for loop in site.liquid_loops):
        halls = []
    return [
        *(guard for hall in halls for guard in _inlets(hall)),
        *(each for loop in loops for each in _supplies(loop)),
    ]


def answers_of(loaded: LoadedSite, recommendation: Recommendation) -> list[str]:
    """Return what its setpoints move, by `equipment.quantity`, where it is measured."""
    targets = (loaded.points[point] for point in recommendation.points)
    names = {f"{one.equipment}.{ANSWERS[one.quantity]}" for one in targets if one.quantity in ANSWERS}
    return sorted(name for name in names if loaded.points.of(*name.split(".", 1)))


def _equipment(loaded: LoadedSite, recommendation: Recommendation) -> set[str]:
    return {recommendation.equipment, *(loaded.points[point].equipment for point in recommendation.points)}


def _of_hall(loaded: LoadedSite, hall: Hall) -> set[str]:
    return {hall.id, *(crah.id for crah in loaded.site.crahs if crah.hall == hall.id)}


def _of_loop(loop: LiquidLoop) -> set[str]:
    return {loop.id, *(cdu.id for cdu in loop.cdus)}


def _inlets(hall: Hall) -> Iterator[Guard]:
    for rack in hall.racks:
        yield Guard(f"{rack.id}.{INLET_TEMPERATURE}", hall.limits.inlet_min_degc, hall.limits.inlet_max_degc)


def _supplies(loop: LiquidLoop) -> Iterator[Guard]:
    for cdu in loop.cdus:
        yield Guard(f"{cdu.id}.{LOOP_SUPPLY}", loop.supply_min_degc, loop.supply_max_degc)
