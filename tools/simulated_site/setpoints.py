"""What can be set on the site, and what the controllers accept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from facility.site import Cdu, ChilledWaterTank, Crah, LiquidLoop, Plant, Site
from tools.simulated_site.physics.constants import WATER_HEAT_KJPKGK

Key = tuple[str, str]  # equipment id, quantity

TANK_RANGE_K = 10.0  # widest that water enters and leaves a tank


class SetpointRefusedError(ValueError):
    """No such setpoint, or a value that the controller does not accept."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The range that a setpoint's controller accepts."""

    low: float
    high: float


class Setpoints:
    """All setpoints, at first as the plant was commissioned: cold air, cold water, everything running.

    `book` holds what is in force. It keeps its identity, so that controllers may read it directly.
    """

    def __init__(self, site: Site) -> None:
        self.book: dict[Key, float] = {}
        self._accepted: dict[Key, Accepted] = {}
        for hall in site.halls:
            if hall.economizer is not None:
                self._add(hall.economizer.id, "economizer_mode_command", 1.0, 0.0, 1.0)
        for crah in site.crahs:
            self._add_crah(crah)
        for loop in site.liquid_loops:
            for cdu in loop.cdus:
                self._add_cdu(loop, cdu)
        for plant in site.plants:
            self._add_plant(plant)
        for pump in site.heat_pumps:
            self._add(pump.id, "heat_output_setpoint_kw", pump.rated_heat_kw, 0.0, pump.rated_heat_kw)
        for battery in site.batteries:
            self._add(battery.id, "charge_power_setpoint_kw", 0.0, -battery.power_kw, battery.power_kw)
        for pool in site.server_pools:
            self._add(pool.id, "awake_servers_command", pool.servers, 0.0, pool.servers)
        for work in site.deferrable_work:
            self._add(work.id, "deferrable_power_command_kw", work.max_power_kw, 0.0, work.max_power_kw)

    def __getitem__(self, key: Key) -> float:
        return self.book[key]

    def values(self) -> dict[Key, float]:
        """Return every setpoint's value."""
        return dict(self.book)

    def in_force(self, key: Key) -> float | None:
        """Return a setpoint's value; None where the key is not a setpoint."""
        return self.book.get(key)

    def set(self, key: Key, value: float) -> None:
        """Put a value in force.

        Raises
        ------
        SetpointRefusedError
            If there is no such setpoint, or the value is outside what its controller accepts.
        """
        accepted = self._accepted.get(key)
        if accepted is None:
            raise SetpointRefusedError(f"nothing to set: {key[0]}.{key[1]}")
        if not accepted.low <= value <= accepted.high:  # also refuses NaN
            raise SetpointRefusedError(f"{key[0]}.{key[1]}: {value:g} is outside {accepted.low:g}..{accepted.high:g}")
        self.book[key] = float(value)

    def recall(self, values: Mapping[Key, float]) -> None:
        """Put back what `values` returned."""
        self.book.update(values)

    def _add(self, equipment: str, quantity: str, value: float, low: float, high: float) -> None:
        self.book[(equipment, quantity)] = float(value)
        self._accepted[(equipment, quantity)] = Accepted(low, high)

    def _add_crah(self, crah: Crah) -> None:
        self._add(crah.id, "supply_air_temperature_setpoint_degc", 19.0, 10.0, 35.0)
        self._add(crah.id, "fan_speed_setpoint_frac", 0.85, 0.2, 1.0)

    def _add_cdu(self, loop: LiquidLoop, cdu: Cdu) -> None:
        degc = min(loop.supply_min_degc + 7.0, loop.supply_max_degc)
        highest_degc = max(50.0, loop.supply_max_degc + 5.0)
        self._add(cdu.id, "secondary_supply_temperature_setpoint_degc", degc, 10.0, highest_degc)
        flow_lps = cdu.rated_flow_lps
        self._add(cdu.id, "secondary_flow_setpoint_lps", round(0.85 * flow_lps, 1), 0.2 * flow_lps, flow_lps)

    def _add_plant(self, plant: Plant) -> None:
        degc = min(plant.leaving_water_min_degc + 2.0, plant.leaving_water_max_degc)
        highest_degc = max(25.0, plant.leaving_water_max_degc)
        self._add(plant.id, "leaving_chilled_water_temperature_setpoint_degc", degc, 4.0, highest_degc)
        self._add(plant.id, "condenser_water_temperature_setpoint_degc", 24.0, 5.0, 45.0)
        self._add(plant.id, "economizer_mode_command", _commissioned_mode(plant), 0.0, 2.0)
        self._add(plant.id, "chillers_staged_command", len(plant.chillers), 0.0, len(plant.chillers))
        for cooler in plant.dry_coolers:
            self._add(cooler.id, "adiabatic_enable_command", 1.0, 0.0, 1.0)
        if plant.tank is not None:
            self._add_tank(plant.tank)

    def _add_tank(self, tank: ChilledWaterTank) -> None:
        most_kw = tank.max_flow_lps * WATER_HEAT_KJPKGK * TANK_RANGE_K
        self._add(tank.id, "charge_power_setpoint_kw", 0.0, -most_kw, most_kw)


def _commissioned_mode(plant: Plant) -> float:
    """Return the economizer mode: where chillers only trim what dry coolers leave, they cannot carry the plant alone."""
    if not plant.chillers:
        return 2.0
    return 1.0 if plant.dry_coolers and plant.economizer is not None else 0.0
