"""What can be moved at a site: setpoints that move together, how far one try goes, and how far they may go at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from facility.site import Site
from tools.closed_loop.plant import Key


@dataclass(frozen=True, slots=True)
class Lever:
    """Setpoints of one kind that belong together: the CRAHs of a hall, the CDUs of a loop, a plant."""

    name: str
    keys: tuple[Key, ...]
    low: float
    high: float
    step: float  # of a first try
    whole: bool = False  # modes and counts


def cooling_levers(site: Site) -> list[Lever]:
    """Return the levers of halls, liquid loops and plants. Where facility may write a point, its limits are those of the lever."""
    found = [*_of_halls(site), *_of_loops(site), *_of_plants(site), *_of_heat_pumps(site)]
    return [_as_writable(site, lever) for lever in found]


def frozen_keys(site: Site) -> set[Key]:
    """Return the setpoints that `cooling_only` leaves alone: servers, jobs, storage."""
    keys: set[Key] = {(pool.id, "awake_servers_command") for pool in site.server_pools}
    keys |= {(work.id, "deferrable_power_command_kw") for work in site.deferrable_work}
    keys |= {(battery.id, "charge_power_setpoint_kw") for battery in site.batteries}
    return keys | {(plant.tank.id, "charge_power_setpoint_kw") for plant in site.plants if plant.tank is not None}


def _of_halls(site: Site) -> Iterator[Lever]:
    for hall in site.halls:
        crahs = [crah for crah in site.crahs if crah.hall == hall.id]
        if crahs:
            air = tuple((crah.id, "supply_air_temperature_setpoint_degc") for crah in crahs)
            low = max(crah.supply_air_min_degc for crah in crahs)
            yield Lever(f"{hall.id} supply air", air, low, min(crah.supply_air_max_degc for crah in crahs), 1.0)
            fans = tuple((crah.id, "fan_speed_setpoint_frac") for crah in crahs)
            yield Lever(f"{hall.id} fans", fans, max(crah.min_fan_speed_frac for crah in crahs), 1.0, 0.05)
        if hall.economizer is not None:
            yield Lever(f"{hall.id} dampers", ((hall.economizer.id, "economizer_mode_command"),), 0.0, 1.0, 1.0, True)


def _of_loops(site: Site) -> Iterator[Lever]:
    for loop in site.liquid_loops:
        supply = tuple((cdu.id, "secondary_supply_temperature_setpoint_degc") for cdu in loop.cdus)
        yield Lever(f"{loop.id} supply", supply, loop.supply_min_degc, loop.supply_max_degc, 2.0)
        flow = tuple((cdu.id, "secondary_flow_setpoint_lps") for cdu in loop.cdus)
        rated_lps = min(cdu.rated_flow_lps for cdu in loop.cdus)
        low_lps = max(cdu.min_flow_frac * cdu.rated_flow_lps for cdu in loop.cdus)
        yield Lever(f"{loop.id} flow", flow, min(low_lps, rated_lps), rated_lps, 0.1 * rated_lps)


def _of_plants(site: Site) -> Iterator[Lever]:
    for plant in site.plants:
        low, high = plant.leaving_water_min_degc, plant.leaving_water_max_degc
        yield Lever(
            f"{plant.id} water", ((plant.id, "leaving_chilled_water_temperature_setpoint_degc"),), low, high, 1.0
        )
        if plant.towers or plant.dry_coolers:
            key = (plant.id, "condenser_water_temperature_setpoint_degc")
            yield Lever(f"{plant.id} condenser", (key,), 5.0, 35.0, 2.0)
        if plant.economizer is not None:
            yield Lever(f"{plant.id} mode", ((plant.id, "economizer_mode_command"),), 0.0, 2.0, 1.0, True)
        if len(plant.chillers) > 1:
            key = (plant.id, "chillers_staged_command")
            yield Lever(f"{plant.id} chillers", (key,), 0.0, float(len(plant.chillers)), 1.0, True)


def _of_heat_pumps(site: Site) -> Iterator[Lever]:
    for pump in site.heat_pumps:
        key = (pump.id, "heat_output_setpoint_kw")
        yield Lever(f"{pump.id} heat", (key,), 0.0, pump.rated_heat_kw, 0.25 * pump.rated_heat_kw)


def _as_writable(site: Site, lever: Lever) -> Lever:
    points = {f"{equipment}.{quantity}" for equipment, quantity in lever.keys}
    limits = [(point.low, point.high) for point in site.writable if point.point in points]
    low = max([lever.low, *(low for low, _ in limits)])
    high = min([lever.high, *(high for _, high in limits)])
    return Lever(lever.name, lever.keys, low, max(high, low), lever.step, lever.whole)
