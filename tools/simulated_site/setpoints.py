"""What can be set on the site, and what the controllers accept."""

from __future__ import annotations

from dataclasses import dataclass

from facility.site import Cdu, Crah, LiquidLoop, Plant, Site

Key = tuple[str, str]  # equipment id, quantity


class SetpointRefusedError(ValueError):
    """No such setpoint, or a value that the controller does not accept."""


@dataclass(slots=True)
class Setpoint:
    """A value in force with the range its controller accepts."""

    value: float
    low: float
    high: float


class Setpoints:
    """All setpoints, at first as the plant was commissioned: cold air, cold water, everything running."""

    def __init__(self, site: Site) -> None:
        self._book: dict[Key, Setpoint] = {}
        for crah in site.crahs:
            self._add_crah(crah)
        for loop in site.liquid_loops:
            for cdu in loop.cdus:
                self._add_cdu(loop, cdu)
        for plant in site.plants:
            self._add_plant(plant)
        for battery in site.batteries:
            self._add(battery.id, "charge_power_setpoint_kw", 0.0, -battery.power_kw, battery.power_kw)
        for pool in site.server_pools:
            self._add(pool.id, "awake_servers_command", pool.servers, 0.0, pool.servers)
        for work in site.deferrable_work:
            self._add(work.id, "deferrable_power_command_kw", work.max_power_kw, 0.0, work.max_power_kw)

    def __getitem__(self, key: Key) -> float:
        return self._book[key].value

    def values(self) -> dict[Key, float]:
        """Return every setpoint's value."""
        return {key: setpoint.value for key, setpoint in self._book.items()}

    def in_force(self, key: Key) -> float | None:
        """Return a setpoint's value; None where the key is not a setpoint."""
        setpoint = self._book.get(key)
        return None if setpoint is None else setpoint.value

    def set(self, key: Key, value: float) -> None:
        """Put a value in force.

        Raises
        ------
        SetpointRefusedError
            If there is no such setpoint, or the value is outside what its controller accepts.
        """
        setpoint = self._book.get(key)
        if setpoint is None:
            raise SetpointRefusedError(f"nothing to set: {key[0]}.{key[1]}")
        if not setpoint.low <= value <= setpoint.high:  # also refuses NaN
            raise SetpointRefusedError(f"{key[0]}.{key[1]}: {value:g} is outside {setpoint.low:g}..{setpoint.high:g}")
        setpoint.value = float(value)

    def _add(self, equipment: str, quantity: str, value: float, low: float, high: float) -> None:
        self._book[(equipment, quantity)] = Setpoint(value, low, high)

    def _add_crah(self, crah: Crah) -> None:
        self._add(crah.id, "supply_air_temperature_setpoint_degc", 19.0, 10.0, 35.0)
        self._add(crah.id, "fan_speed_setpoint_frac", 0.85, 0.2, 1.0)

    def _add_cdu(self, loop: LiquidLoop, cdu: Cdu) -> None:
        degc = min(loop.supply_min_degc + 7.0, loop.supply_max_degc)
        self._add(cdu.id, "secondary_supply_temperature_setpoint_degc", degc, 10.0, 50.0)
        flow_lps = cdu.rated_flow_lps
        self._add(cdu.id, "secondary_flow_setpoint_lps", round(0.85 * flow_lps, 1), 0.2 * flow_lps, flow_lps)

    def _add_plant(self, plant: Plant) -> None:
        self._add(plant.id, "leaving_chilled_water_temperature_setpoint_degc", 8.0, 4.0, 25.0)
        self._add(plant.id, "condenser_water_temperature_setpoint_degc", 24.0, 5.0, 35.0)
        self._add(plant.id, "economizer_mode_command", 0.0, 0.0, 2.0)
        self._add(plant.id, "chillers_staged_command", len(plant.chillers), 0.0, len(plant.chillers))
