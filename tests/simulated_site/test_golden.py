"""What each simulated device puts on the wire, typed by hand from docs/demo_bms_map.md and the vendors' documents.

Nothing here is computed by the code under test: bytes on one side, meaning on the other.
"""

from __future__ import annotations

import math

import pytest

from tools.simulated_site.devices import MODBUS_DEVICES, SNMP_DEVICES
from tools.simulated_site.devices.registers import Register
from tools.simulated_site.devices.varbinds import count
from tools.simulated_site.faults import Fault
from tools.simulated_site.protocol.modbus_server import ModbusDevice
from tools.simulated_site.setpoints import SetpointRefusedError

Values = dict[str, float]

# (profile, request PDU, what is true, response PDU)
READS: list[tuple[str, str, Values, str]] = [
    (
        "bms_crah",
        "04 0000 0008",
        {
            "supply_air_temperature_degc": 19.24,
            "return_air_temperature_degc": -1.5,
            "return_air_relative_humidity_frac": 0.4567,
            "fan_speed_frac": 0.85,
            "valve_position_frac": 1.0,
            "fan_power_kw": 2.347,
            "on_status": 1,
            "fault_status": 0,
        },
        "04 10 00C0 FFF1 01C9 0352 03E8 00EB 0001 0000",
    ),
    (
        "bms_crah",
        "03 0000 0002",
        {"supply_air_temperature_setpoint_degc": 21.5, "fan_speed_setpoint_frac": 0.755},
        "03 04 00D7 02F3",
    ),
    (
        "bms_cdu",
        "04 000A 0008",
        {
            "primary_supply_temperature_degc": 8.0,
            "primary_return_temperature_degc": 29.3,
            "secondary_supply_temperature_degc": 25.0,
            "secondary_return_temperature_degc": 29.9,
            "secondary_flow_lps": 7.6,
            "pump_power_kw": 2.95,
            "valve_position_frac": 0.151,
            "fault_status": 3,
        },
        "04 10 0050 0125 00FA 012B 004C 0127 0097 0003",
    ),
    ("bms_cdu", "03 000B 0001", {"secondary_flow_setpoint_lps": 8.8}, "03 02 0058"),
    # 10.0 L/s are 36.0 m3/h, 0x42100000, low word first
    (
        "bms_plant",
        "04 0064 0006",
        {
            "plant.leaving_chilled_water_temperature_degc": 8.5,
            "plant.entering_chilled_water_temperature_degc": 17.0,
            "plant.chilled_water_flow_lps": 10.0,
        },
        "04 0C 0000 4108 0000 4188 0000 4210",
    ),
    # chiller 2 at 50 % load: 50.0 is 0x42480000
    ("bms_plant", "04 009C 0002", {"chiller_2.load_frac": 0.5}, "04 04 0000 4248"),
    # tower 1 at 35.5 %: 0x420E0000
    ("bms_plant", "04 00AA 0002", {"tower_1.fan_speed_frac": 0.355}, "04 04 0000 420E"),
    # economizer 7.3 C: 0x40E9999A
    ("bms_plant", "04 0078 0002", {"economizer.heat_exchanger_leaving_temperature_degc": 7.3}, "04 04 999A 40E9"),
    (
        "bms_plant",
        "04 00C8 0004",
        {
            "plant.economizer_mode": 2,
            "plant.chillers_staged": 1,
            "chiller_1.on_status": 1,
            "chiller_2.on_status": 0,
        },
        "04 08 0002 0001 0001 0000",
    ),
    (
        "bms_plant",
        "03 0000 0004",
        {
            "plant.leaving_chilled_water_temperature_setpoint_degc": 8.0,
            "plant.condenser_water_temperature_setpoint_degc": 24.0,
            "plant.economizer_mode_command": 1,
            "plant.chillers_staged_command": 2,
        },
        "03 08 0050 00F0 0001 0002",
    ),
    ("bms_plant", "04 00CC 0002", {"chiller_1.fault_status": 2, "chiller_2.fault_status": 3}, "04 04 0002 0003"),
    # 40.0 L/s are 144.0 m3/h: 1440
    (
        "bms_plant_air",
        "04 0000 0004",
        {
            "plant.leaving_chilled_water_temperature_degc": 9.96,
            "plant.entering_chilled_water_temperature_degc": 15.5,
            "plant.chilled_water_flow_lps": 40.0,
            "plant.chillers_staged": 2,
        },
        "04 08 0064 009B 05A0 0002",
    ),
    (
        "bms_plant_air",
        "04 001E 0005",
        {
            "chiller_3.leaving_chilled_water_temperature_degc": 9.9,
            "chiller_3.entering_chilled_water_temperature_degc": 15.6,
            "chiller_3.load_frac": 0.333,
            "chiller_3.on_status": 1,
            "chiller_3.fault_status": 4,
        },
        "04 0A 0063 009C 014D 0001 0004",
    ),
    (
        "bms_plant_air",
        "03 0000 0002",
        {"plant.leaving_chilled_water_temperature_setpoint_degc": 12.5, "plant.chillers_staged_command": 3},
        "03 04 007D 0003",
    ),
    (
        "bms_dry_cooler",
        "04 0000 0004",
        {"fan_speed_frac": 0.455, "adiabatic_status": 1, "power_kw": 7.36, "fault_status": 1},
        "04 08 01C7 0001 004A 0001",
    ),
    ("bms_dry_cooler", "03 0000 0001", {"adiabatic_enable_command": 1}, "03 02 0001"),
    (
        "bms_economizer",
        "04 0000 0004",
        {
            "economizer.economizer_mode": 1,
            "economizer.outdoor_air_damper_frac": 0.302,
            "economizer.mixed_air_temperature_degc": -0.7,
            "economizer.power_kw": 1.234,
        },
        "04 08 0001 012E FFF9 007B",
    ),
    ("bms_economizer", "04 000A 0002", {"humidifier.on_status": 1, "humidifier.power_kw": 37.5}, "04 04 0001 0EA6"),
    (
        "bms_tank",
        "04 0000 0004",
        {
            "state_of_charge_frac": 0.75,
            "charge_power_kw": -12.5,
            "tank_top_temperature_degc": 13.0,
            "tank_bottom_temperature_degc": 5.8,
        },
        "04 08 02EE FF83 0082 003A",
    ),
    ("bms_tank", "03 0000 0001", {"charge_power_setpoint_kw": -300.0}, "03 02 F448"),
    (
        "bms_heat_pump",
        "04 0000 0006",
        {
            "heat_pump.heat_output_kw": 118.2,
            "heat_pump.source_heat_kw": 88.0,
            "heat_pump.source_leaving_temperature_degc": 21.3,
            "heat_pump.sink_leaving_temperature_degc": 70.1,
            "heat_pump.on_status": 1,
            "heat_pump.fault_status": 0,
        },
        "04 0C 049E 0370 00D5 02BD 0001 0000",
    ),
    ("bms_heat_pump", "04 000A 0001", {"contract.heat_demand_kw": 64.4}, "04 02 0284"),
    ("bms_heat_pump", "03 0000 0001", {"heat_pump.heat_output_setpoint_kw": 120.0}, "03 02 04B0"),
    # 40.5 kW is 0x42220000, 1,000 kWh 0x447A0000
    ("bms_pv", "04 0000 0004", {"power_kw": 40.5, "energy_kwh": 1000.0}, "04 08 4222 0000 447A 0000"),
    ("bms_alarms", "04 0000 0002", {"meter.utility_status": 1, "meter.generator_status": 2}, "04 04 0001 0002"),
    ("bms_alarms", "04 000C 0002", {"hall_2.smoke_status": 1, "hall_2.leak_status": 2}, "04 04 0001 0002"),
    ("bms_alarms", "04 000F 0003", {"hall_3.leak_status": 7, "hall_4.smoke_status": 8}, "04 06 0007 0008 0000"),
    (
        "bms_weather",
        "04 0000 0003",
        {"outdoor_temperature_degc": -3.21, "outdoor_relative_humidity_frac": 0.87, "outdoor_wet_bulb_degc": -4.0},
        "04 06 FFE0 0366 FFD8",
    ),
    (
        "bms_battery",
        "04 0000 0003",
        {"state_of_charge_frac": 0.602, "charge_power_kw": -80.0, "fault_status": 0},
        "04 06 025A FCE0 0000",
    ),
    ("bms_battery", "03 0000 0001", {"charge_power_setpoint_kw": 12.3}, "03 02 007B"),
    # 70,000 servers need the high word: 0x00011170; utilisation 0.4321 is 4321; 12.772 kW is 12,772 W; 1.5 kWh is 1,500 Wh
    (
        "bms_workload",
        "04 0000 0008",
        {
            "pool.awake_servers": 70_000,
            "pool.utilisation_frac": 0.4321,
            "work.deferrable_power_kw": 12.772,
            "work.deferrable_backlog_kwh": 1.5,
        },
        "04 10 0001 1170 0000 10E1 0000 31E4 0000 05DC",
    ),
    # 230.5 V is 0x43668000; 40.0 A is 0x42200000
    ("eastron_sdm630", "04 0000 0002", {"voltage_l1_v": 230.5}, "04 04 4366 8000"),
    ("eastron_sdm630", "04 0006 0002", {"current_l1_a": 40.0}, "04 04 4220 0000"),
    # 472.5 kW is 472,500 W: 0x48E6B680; power factor 0.95 is 0x3F733333; 50 Hz is 0x42480000
    ("eastron_sdm630", "04 0034 0002", {"power_kw": 472.5}, "04 04 48E6 B680"),
    ("eastron_sdm630", "04 003E 0002", {"power_factor": 0.95}, "04 04 3F73 3333"),
    ("eastron_sdm630", "04 0046 0002", {"frequency_hz": 50.0}, "04 04 4248 0000"),
]

# (profile, request PDU, what it sets)
WRITES: list[tuple[str, str, Values]] = [
    ("bms_crah", "06 0000 00EB", {"supply_air_temperature_setpoint_degc": 23.5}),
    ("bms_crah", "06 0001 0258", {"fan_speed_setpoint_frac": 0.6}),
    ("bms_cdu", "06 000A 0118", {"secondary_supply_temperature_setpoint_degc": 28.0}),
    (
        "bms_plant",
        "10 0000 0002 04 0078 00F5",
        {
            "plant.leaving_chilled_water_temperature_setpoint_degc": 12.0,
            "plant.condenser_water_temperature_setpoint_degc": 24.5,
        },
    ),
    ("bms_plant", "06 0002 0002", {"plant.economizer_mode_command": 2}),
    ("bms_plant_air", "06 0000 0069", {"plant.leaving_chilled_water_temperature_setpoint_degc": 10.5}),
    ("bms_plant_air", "06 0001 0002", {"plant.chillers_staged_command": 2}),
    ("bms_dry_cooler", "06 0000 0001", {"adiabatic_enable_command": 1}),
    ("bms_economizer", "06 0000 0001", {"economizer.economizer_mode_command": 1}),
    ("bms_tank", "06 0000 FE0C", {"charge_power_setpoint_kw": -50.0}),
    ("bms_heat_pump", "06 0000 0320", {"heat_pump.heat_output_setpoint_kw": 80.0}),
    ("bms_battery", "06 0000 FCE0", {"charge_power_setpoint_kw": -80.0}),
    ("bms_workload", "10 0000 0002 04 0000 0190", {"pool.awake_servers_command": 400}),
    ("bms_workload", "10 0002 0002 04 0000 7530", {"work.deferrable_power_command_kw": 30.0}),
]

REFUSED: list[tuple[str, str, str]] = [
    ("bms_crah", "04 0008 0001", "84 02"),  # nothing behind the map
    ("bms_crah", "04 0007 0002", "84 02"),  # half outside
    ("bms_weather", "03 0000 0001", "83 02"),  # no holding registers at all
    ("bms_crah", "04 0000 0000", "84 03"),
    ("bms_crah", "04 0000 007E", "84 03"),  # 126 registers
    ("bms_crah", "01 0000 0001", "81 01"),  # no coils
    ("bms_crah", "06 0007 0001", "86 02"),
    ("bms_plant_air", "04 002C 0002", "84 02"),  # half behind the last chiller
    ("bms_alarms", "06 0000 0000", "86 02"),  # alarms are told, not set
    ("bms_crah", "06 0000 7FFF", "86 03"),  # the controller refuses 3,276.7 C
    ("bms_workload", "06 0000 0190", "86 03"),  # half a 32-bit value
    ("bms_crah", "04 00", "84 03"),  # cut short
]

RPDU2 = "1.3.6.1.4.1.318.1.1.26."
UPS = "1.3.6.1.2.1.33.1."
VARBINDS: list[tuple[str, str, str, float, int]] = [
    ("apc_rpdu2", RPDU2 + "4.3.1.4.1", "load_state", 2, 2),
    ("apc_rpdu2", RPDU2 + "4.3.1.5.1", "power_kw", 7.349, 735),
    ("apc_rpdu2", RPDU2 + "4.3.1.9.1", "energy_kwh", 72_794.72, 727_947),
    ("apc_rpdu2", RPDU2 + "4.3.1.16.1", "apparent_power_kva", 7.58, 758),
    ("apc_rpdu2", RPDU2 + "4.3.1.17.1", "power_factor", 0.97, 97),
    ("apc_rpdu2", RPDU2 + "6.3.1.5.3", "current_l3_a", 10.84, 108),
    ("apc_rpdu2", RPDU2 + "6.3.1.6.1", "voltage_l1_v", 230.6, 231),
    ("apc_rpdu2", RPDU2 + "10.2.2.1.8.1", "inlet_temperature_degc", 22.37, 224),
    ("apc_rpdu2", RPDU2 + "10.2.2.1.10.1", "inlet_relative_humidity_frac", 0.446, 45),
    ("rfc1628_ups", UPS + "2.1.0", "battery_status", 2, 2),
    ("rfc1628_ups", UPS + "2.3.0", "runtime_remaining_min", 14.6, 15),
    ("rfc1628_ups", UPS + "2.4.0", "state_of_charge_frac", 1.0, 100),
    ("rfc1628_ups", UPS + "2.7.0", "battery_temperature_degc", 23.6, 24),
    ("rfc1628_ups", UPS + "3.3.1.5.2", "input_power_kw", 390.0, 130_000),  # watts of one of three lines
    ("rfc1628_ups", UPS + "4.1.0", "output_source", 3, 3),
    ("rfc1628_ups", UPS + "4.2.0", "frequency_hz", 50.0, 500),
    ("rfc1628_ups", UPS + "4.4.1.2.1", "voltage_l1_v", 230.0, 230),
    ("rfc1628_ups", UPS + "4.4.1.3.1", "current_l1_a", 534.2, 5342),
    ("rfc1628_ups", UPS + "4.4.1.4.3", "output_power_kw", 368.4, 122_800),
    ("rfc1628_ups", UPS + "4.4.1.5.1", "load_frac", 0.614, 61),
]


def name_of(register: Register) -> str:
    return f"{register.slot}.{register.quantity}" if register.slot else register.quantity


def device(profile: str, values: Values, fault: Fault = Fault.NONE) -> ModbusDevice:
    def write(register: Register, value: float) -> None:
        if abs(value) > 1000.0:
            raise SetpointRefusedError(name_of(register))
        values[name_of(register)] = value

    return ModbusDevice(
        7, MODBUS_DEVICES[profile], lambda one: values.get(name_of(one), 0.0), write, lambda: (fault, 0.0)
    )


@pytest.mark.parametrize(("profile", "request_pdu", "values", "response"), READS)
def test_reads(profile: str, request_pdu: str, values: Values, response: str) -> None:
    assert device(profile, values).answer(7, bytes.fromhex(request_pdu)) == bytes.fromhex(response)


@pytest.mark.parametrize(("profile", "request_pdu", "sets"), WRITES)
def test_writes(profile: str, request_pdu: str, sets: Values) -> None:
    values: Values = {}
    response = device(profile, values).answer(7, bytes.fromhex(request_pdu))
    assert response == bytes.fromhex(request_pdu)[:5]
    assert values == pytest.approx(sets)


@pytest.mark.parametrize(("profile", "request_pdu", "response"), REFUSED)
def test_refusals(profile: str, request_pdu: str, response: str) -> None:
    assert device(profile, {}).answer(7, bytes.fromhex(request_pdu)) == bytes.fromhex(response)


def test_another_unit_is_not_answered_for() -> None:
    assert device("bms_crah", {}).answer(8, bytes.fromhex("04 0000 0001")) == bytes.fromhex("84 0B")


@pytest.mark.parametrize(
    ("profile", "request_pdu", "response"),
    [
        ("bms_crah", "04 0000 0003", "04 06 8000 8000 FFFF"),
        ("bms_plant", "04 0064 0002", "04 04 0000 7FC0"),  # NaN, low word first
        ("bms_workload", "04 0000 0002", "04 04 FFFF FFFF"),
    ],
)
def test_no_value(profile: str, request_pdu: str, response: str) -> None:
    assert device(profile, {}, Fault.NO_VALUE).answer(7, bytes.fromhex(request_pdu)) == bytes.fromhex(response)


@pytest.mark.parametrize(("profile", "oid", "quantity", "value", "answer"), VARBINDS)
def test_varbinds(profile: str, oid: str, quantity: str, value: float, answer: int) -> None:
    arcs = tuple(int(arc) for arc in oid.split("."))
    varbind = next(one for one in SNMP_DEVICES[profile].measured if one.oid == arcs)
    assert varbind.quantity == quantity
    assert count(varbind, value) == answer
    assert count(varbind, math.nan) == -1
