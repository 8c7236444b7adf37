"""The example sites measure what the product looks up, and their simulated devices say it as the profiles understand it."""

from __future__ import annotations

import pytest

from facility.points import QUANTITIES
from facility.profile import ProfilePoint
from facility.records import Quality
from facility.site_file import LoadedSite
from tests.acquire.values import of_registers, of_varbinds
from tests.site.examples import SITES, each
from tools.simulated_site.devices import MODBUS_DEVICES, SNMP_DEVICES
from tools.simulated_site.devices.registers import encode
from tools.simulated_site.devices.varbinds import count

# What training and planning look up, by the kind of equipment: the twin, the rows of history, the situation, held machines.
NEEDED = {
    "ICT_Rack": {"power_kw", "inlet_temperature_degc", "inlet_relative_humidity_frac"},
    "CRAH": {
        "supply_air_temperature_degc",
        "supply_air_temperature_setpoint_degc",
        "return_air_temperature_degc",
        "fan_speed_frac",
        "fan_speed_setpoint_frac",
        "fan_power_kw",
        "valve_position_frac",
        "on_status",
    },
    "CDU*": {
        "pump_power_kw",
        "secondary_flow_lps",
        "secondary_flow_setpoint_lps",
        "secondary_supply_temperature_degc",
        "secondary_supply_temperature_setpoint_degc",
        "secondary_return_temperature_degc",
        "valve_position_frac",
    },
    "Chilled_Water_System": {
        "leaving_chilled_water_temperature_degc",
        "leaving_chilled_water_temperature_setpoint_degc",
        "entering_chilled_water_temperature_degc",
        "chilled_water_flow_lps",
        "chillers_staged",
        "chillers_staged_command",
    },
    "Chiller": {"power_kw", "entering_chilled_water_temperature_degc", "load_frac", "on_status", "fault_status"},
    "Cooling_Tower": {"power_kw", "fan_speed_frac"},
    "Dry_Cooler": {"power_kw", "fan_speed_frac", "adiabatic_status", "adiabatic_enable_command"},
    "Water_Pump": {"power_kw"},
    "Economizer": {"economizer_mode", "economizer_mode_command", "outdoor_air_damper_frac", "power_kw"},
    "Humidifier": {"power_kw", "on_status"},
    "Thermal_Storage*": {"state_of_charge_frac", "charge_power_kw", "charge_power_setpoint_kw"},
    "Building_Electrical_Meter": {"power_kw", "utility_status", "generator_status"},
    "UPS*": {"input_power_kw", "output_power_kw", "output_source", "runtime_remaining_min"},
    "Data_Hall*": {"smoke_status", "leak_status"},
    "Server_Pool*": {"awake_servers", "utilisation_frac", "awake_servers_command"},
    "Deferrable_Work*": {"deferrable_power_kw", "deferrable_backlog_kwh", "deferrable_power_command_kw"},
    "Battery": {"state_of_charge_frac", "charge_power_kw", "charge_power_setpoint_kw"},
    "PV_Array": {"power_kw"},
    "Heat_Pump*": {"power_kw", "heat_output_kw", "source_heat_kw", "heat_output_setpoint_kw", "fault_status"},
    "Heat_Contract*": {"heat_demand_kw"},
    "Weather_Station": {"outdoor_temperature_degc", "outdoor_relative_humidity_frac", "outdoor_wet_bulb_degc"},
}


@each
def test_it_measures_what_the_product_needs(name: str) -> None:
    loaded: LoadedSite = SITES[name]
    assert set().union(*NEEDED.values()) <= set(QUANTITIES)
    missing = [
        f"{equipment}.{quantity}"
        for equipment, kind in loaded.site.equipment()
        for quantity in sorted(NEEDED.get(kind, ()))
        if not loaded.points.of(equipment, quantity)
    ]
    for plant in loaded.site.plants:
        wet = {"condenser_water_flow_lps", "entering_condenser_water_temperature_degc", "makeup_water_lps"}
        wet |= {"economizer_mode", "economizer_mode_command", "condenser_water_temperature_setpoint_degc"}
        wanted = wet if plant.towers or plant.dry_coolers else set()
        missing += [f"{plant.id}.{quantity}" for quantity in wanted if not loaded.points.of(plant.id, quantity)]
    assert missing == []


@each
def test_simulated_devices_say_what_the_profiles_understand(name: str) -> None:
    """Every point, in all of its range: what one side encodes the other decodes to the same, within a step of the register."""
    for profile_name in {device.profile for device in SITES[name].site.devices}:
        profile = SITES[name].profiles[profile_name]
        for key, point in profile.points.items():
            if _is_fixed(profile_name, point):
                continue
            low, high = point.range
            for value in [low + part * (high - low) for part in (0.01, 0.37, 0.99)]:
                said, step = _simulated(profile_name, point, profile.quantity_of(key).key, value)
                found = of_registers(point, said) if point.oid is None else of_varbinds(point, said)
                assert found.quality is Quality.GOOD, (profile_name, key, value)
                assert found.value == pytest.approx(value, rel=1e-6, abs=0.5 * step + 1e-9), (profile_name, key)


def _is_fixed(profile: str, point: ProfilePoint) -> bool:
    """Whether the simulated device always says the same there, such as that it has no alarm."""
    return point.oid is not None and any(
        oid == tuple(int(arc) for arc in point.oid.split(".")) for oid, _ in SNMP_DEVICES[profile].fixed
    )


def _simulated(profile: str, point: ProfilePoint, quantity: str, value: float) -> tuple[list[int], float]:
    """Return the registers or integers that the simulated device has where a point looks, and the step of the value in them."""
    if point.oid is not None:
        varbinds = {one.oid: one for one in SNMP_DEVICES[profile].measured if one.quantity == quantity}
        asked = [varbinds[tuple(int(arc) for arc in oid.split("."))] for oid in (point.oid, *point.plus_oids)]
        return [count(one, value) for one in asked], len(asked) / asked[0].per_unit
    served = MODBUS_DEVICES[profile]
    registers = {one.address: one for one in (served.inputs if point.table == "input" else served.holding)}
    register = registers[point.address or 0]
    assert (register.quantity, register.slot) == (quantity, point.slot or "")
    return encode(register, value), 1.0 / register.per_unit if register.kind.whole else 0.0
