"""Golden vectors: what goes over the wire, typed by hand from docs/demo_bms_map.md, and what it means.

Each request and answer is a protocol data unit in hexadecimal. The request is checked too: a wrong address would read a neighbour.
"""

from __future__ import annotations

import math

import pytest

from facility.acquire.encode import encode_registers
from facility.profile import load_profile
from facility.records import Quality
from tests.acquire.golden import assert_registers_mean, read_registers, typed
from tests.acquire.values import is_about

GOLDEN: dict[str, tuple[dict[str, str], dict[str, float]]] = {
    # docs/demo_bms_map.md, CRAH: 18.2 C, 30.5 C, 45.0 %, 62.5 %, 40.0 %, 2.75 kW, on, no fault; setpoints 18.0 C, 60.0 %
    "bms_crah": (
        {
            "04 0000 0008": "04 10 00B6 0131 01C2 0271 0190 0113 0001 0000",
            "03 0000 0002": "03 04 00B4 0258",
        },
        {
            "supply_air_temperature_degc": 18.2,
            "return_air_temperature_degc": 30.5,
            "return_air_relative_humidity_frac": 0.45,
            "fan_speed_frac": 0.625,
            "valve_position_frac": 0.4,
            "fan_power_kw": 2.75,
            "on_status": 1,
            "fault_status": 0,
            "supply_air_temperature_setpoint_degc": 18.0,
            "fan_speed_setpoint_frac": 0.6,
        },
    ),
    # CDU: 14.1, 21.9, 30.0, 39.5 C, 6.5 L/s, 1.23 kW, 55.5 %, fault 7; setpoints 30.0 C, 6.6 L/s
    "bms_cdu": (
        {
            "04 000A 0008": "04 10 008D 00DB 012C 018B 0041 007B 022B 0007",
            "03 000A 0002": "03 04 012C 0042",
        },
        {
            "primary_supply_temperature_degc": 14.1,
            "primary_return_temperature_degc": 21.9,
            "secondary_supply_temperature_degc": 30.0,
            "secondary_return_temperature_degc": 39.5,
            "secondary_flow_lps": 6.5,
            "pump_power_kw": 1.23,
            "valve_position_frac": 0.555,
            "fault_status": 7,
            "secondary_supply_temperature_setpoint_degc": 30.0,
            "secondary_flow_setpoint_lps": 6.6,
        },
    ),
    # Plant, floats with the low word first: 7.5 C is 0x40F00000, sent 0000 40F0; 180 m3/h (50 L/s) is 0x43340000.
    "bms_plant": (
        {
            "04 0064 0026": "04 4C"
            " 0000 40F0 0000 4148 0000 4334 0000 4370 0000 41C0 0000 3F00"  # 100: 7.5, 12.5, 180, 240, 24, 0.5
            " 0000 0000 0000 0000 0000 0000 0000 0000"  # 112..119
            " 0000 4130" + " 0000" * 8 +  # 120: 11.0
            " 0000 40E0 0000 4140 0000 41F0 0000 4296",  # 130: 7.0, 12.0, 30.0, 75 %
            "04 0096 0008": "04 10 0000 4100 0000 4144 0000 41E8 0000 41C8",  # 150: 8.0, 12.25, 29.0, 25 %
            "04 00AA 000C": "04 18 0000 4248" + " 0000" * 8 + " 0000 42A0",  # 170: 50 %, 180: 80 %
            "04 00C8 0006": "04 0C 0001 0002 0001 0000 0000 0005",
            "03 0000 0004": "03 08 004B 00F0 0001 0002",
        },
        {
            "leaving_chilled_water_temperature_degc": 7.5,
            "entering_chilled_water_temperature_degc": 12.5,
            "chilled_water_flow_lps": 50.0,
            "condenser_water_flow_lps": 240 / 3.6,
            "entering_condenser_water_temperature_degc": 24.0,
            "makeup_water_lps": 0.5,
            "heat_exchanger_leaving_temperature_degc": 11.0,
            "chiller_1_leaving_chilled_water_temperature_degc": 7.0,
            "chiller_1_entering_chilled_water_temperature_degc": 12.0,
            "chiller_1_leaving_condenser_water_temperature_degc": 30.0,
            "chiller_1_load_frac": 0.75,
            "chiller_2_leaving_chilled_water_temperature_degc": 8.0,
            "chiller_2_entering_chilled_water_temperature_degc": 12.25,
            "chiller_2_leaving_condenser_water_temperature_degc": 29.0,
            "chiller_2_load_frac": 0.25,
            "tower_1_fan_speed_frac": 0.5,
            "tower_2_fan_speed_frac": 0.8,
            "economizer_mode": 1,
            "chillers_staged": 2,
            "chiller_1_on_status": 1,
            "chiller_2_on_status": 0,
            "chiller_1_fault_status": 0,
            "chiller_2_fault_status": 5,
            "leaving_chilled_water_temperature_setpoint_degc": 7.5,
            "condenser_water_temperature_setpoint_degc": 24.0,
            "economizer_mode_command": 1,
            "chillers_staged_command": 2,
        },
    ),
    # Air-cooled plant: 10.2, 16.8 C, 180 m3/h (50 L/s), 3 chillers; then temperatures, load, on and fault of each; setpoint 10.0 C
    "bms_plant_air": (
        {
            "04 0000 002D": "04 5A 0066 00A8 0708 0003" + " 0000" * 6 +
            " 0065 00A8 0271 0001 0000" + " 0000" * 5 +  # 10: 10.1, 16.8, 62.5 %
            " 0067 00A7 0244 0001 0000" + " 0000" * 5 +  # 20: 10.3, 16.7, 58.0 %
            " 0066 00A8 0259 0001 0000" + " 0000" * 5 +  # 30: 10.2, 16.8, 60.1 %
            " 00A8 00A8 0000 0000 0009",  # 40: off with fault 9
            "03 0000 0002": "03 04 0064 0003",
        },
        {
            "leaving_chilled_water_temperature_degc": 10.2,
            "entering_chilled_water_temperature_degc": 16.8,
            "chilled_water_flow_lps": 50.0,
            "chillers_staged": 3,
            "chiller_1_leaving_chilled_water_temperature_degc": 10.1,
            "chiller_1_entering_chilled_water_temperature_degc": 16.8,
            "chiller_1_load_frac": 0.625,
            "chiller_1_on_status": 1,
            "chiller_1_fault_status": 0,
            "chiller_2_leaving_chilled_water_temperature_degc": 10.3,
            "chiller_2_entering_chilled_water_temperature_degc": 16.7,
            "chiller_2_load_frac": 0.58,
            "chiller_2_on_status": 1,
            "chiller_2_fault_status": 0,
            "chiller_3_leaving_chilled_water_temperature_degc": 10.2,
            "chiller_3_entering_chilled_water_temperature_degc": 16.8,
            "chiller_3_load_frac": 0.601,
            "chiller_3_on_status": 1,
            "chiller_3_fault_status": 0,
            "chiller_4_leaving_chilled_water_temperature_degc": 16.8,
            "chiller_4_entering_chilled_water_temperature_degc": 16.8,
            "chiller_4_load_frac": 0.0,
            "chiller_4_on_status": 0,
            "chiller_4_fault_status": 9,
            "leaving_chilled_water_temperature_setpoint_degc": 10.0,
            "chillers_staged_command": 3,
        },
    ),
    # Dry cooler: 72.5 %, pads wetted, 18.6 kW, fault 2; pads allowed
    "bms_dry_cooler": (
        {"04 0000 0004": "04 08 02D5 0001 00BA 0002", "03 0000 0001": "03 02 0001"},
        {
            "fan_speed_frac": 0.725,
            "adiabatic_status": 1,
            "power_kw": 18.6,
            "fault_status": 2,
            "adiabatic_enable_command": 1,
        },
    ),
    # Dampers open 63.5 %, -2.5 C mixed, 4.32 kW; humidifier on with 11.05 kW; commanded closed
    "bms_economizer": (
        {
            "04 0000 000C": "04 18 0001 027B FFE7 01B0" + " 0000" * 6 + " 0001 0451",
            "03 0000 0001": "03 02 0000",
        },
        {
            "economizer_mode": 1,
            "outdoor_air_damper_frac": 0.635,
            "mixed_air_temperature_degc": -2.5,
            "power_kw": 4.32,
            "humidifier_on_status": 1,
            "humidifier_power_kw": 11.05,
            "economizer_mode_command": 0,
        },
    ),
    # Tank: 40.2 %, giving 350.5 kW, 14.6 C above 6.1 C; asked to take 200.0 kW
    "bms_tank": (
        {"04 0000 0004": "04 08 0192 F24F 0092 003D", "03 0000 0001": "03 02 07D0"},
        {
            "state_of_charge_frac": 0.402,
            "charge_power_kw": -350.5,
            "tank_top_temperature_degc": 14.6,
            "tank_bottom_temperature_degc": 6.1,
            "charge_power_setpoint_kw": 200.0,
        },
    ),
    # Heat pump: 85.3 kW from 62.1 kW, source left at 24.7 C, sink at 69.8 C, on; 110.0 kW asked for; limit 100.0 kW
    "bms_heat_pump": (
        {
            "04 0000 000B": "04 16 0355 026D 00F7 02BA 0001 0000" + " 0000" * 4 + " 044C",
            "03 0000 0001": "03 02 03E8",
        },
        {
            "heat_output_kw": 85.3,
            "source_heat_kw": 62.1,
            "source_leaving_temperature_degc": 24.7,
            "sink_leaving_temperature_degc": 69.8,
            "on_status": 1,
            "fault_status": 0,
            "heat_demand_kw": 110.0,
            "heat_output_setpoint_kw": 100.0,
        },
    ),
    # Inverter, floats with the high word first: 85.25 kW is 0x42AA8000, 123,456 kWh 0x47F12000
    "bms_pv": ({"04 0000 0004": "04 08 42AA 8000 47F1 2000"}, {"power_kw": 85.25, "energy_kwh": 123_456.0}),
    # Alarms: mains lost, generator failed; a leak in hall 1, smoke in hall 2, a leak of kind 3 in hall 4
    "bms_alarms": (
        {"04 0000 0012": "04 24 0001 0002" + " 0000" * 8 + " 0000 0001 0001 0000 0000 0000 0000 0003"},
        {
            "utility_status": 1,
            "generator_status": 2,
            "hall_1_smoke_status": 0,
            "hall_1_leak_status": 1,
            "hall_2_smoke_status": 1,
            "hall_2_leak_status": 0,
            "hall_3_smoke_status": 0,
            "hall_3_leak_status": 0,
            "hall_4_smoke_status": 0,
            "hall_4_leak_status": 3,
        },
    ),
    # Weather: -5.5 C, 81.2 %, -6.3 C
    "bms_weather": (
        {"04 0000 0003": "04 06 FFC9 032C FFC1"},
        {"outdoor_temperature_degc": -5.5, "outdoor_relative_humidity_frac": 0.812, "outdoor_wet_bulb_degc": -6.3},
    ),
    # Battery: 87.5 %, discharging at 120.0 kW, no fault; setpoint -50.0 kW
    "bms_battery": (
        {"04 0000 0003": "04 06 036B FB50 0000", "03 0000 0001": "03 02 FE0C"},
        {
            "state_of_charge_frac": 0.875,
            "charge_power_kw": -120.0,
            "fault_status": 0,
            "charge_power_setpoint_kw": -50.0,
        },
    ),
    # Workload: 70,000 servers (0x00011170), 63.42 %, 18,500 W, 240,000 Wh; commands 300, 20,000 W
    "bms_workload": (
        {
            "04 0000 0008": "04 10 0001 1170 0000 18C6 0000 4844 0003 A980",
            "03 0000 0004": "03 08 0000 012C 0000 4E20",
        },
        {
            "awake_servers": 70_000,
            "utilisation_frac": 0.6342,
            "deferrable_power_kw": 18.5,
            "deferrable_backlog_kwh": 240.0,
            "awake_servers_command": 300,
            "deferrable_power_command_kw": 20.0,
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("profile", GOLDEN)
def test_wire_bytes_mean_what_the_document_says(profile: str) -> None:
    assert_registers_mean(profile, *GOLDEN[profile])


@pytest.mark.parametrize("profile", GOLDEN)
def test_what_is_written_is_what_the_document_says(profile: str) -> None:
    """The other direction: each setpoint, encoded, gives the registers of the vector."""
    answers, expected = GOLDEN[profile]
    words = {
        at: word
        for question, answer in answers.items()
        if question.startswith("03")
        for at, word in typed(question, answer)
    }
    for key, point in load_profile(profile).points.items():
        if point.writable:
            encoded = encode_registers(point, expected[key])
            assert list(encoded) == [words[(point.address or 0) + at] for at in range(len(encoded))], key


@pytest.mark.parametrize(
    ("profile", "question", "answer", "key"),
    [
        ("bms_weather", "04 0000 0003", "04 06 8000 FFFF 8000", "outdoor_temperature_degc"),
        ("bms_weather", "04 0000 0003", "04 06 8000 FFFF 8000", "outdoor_relative_humidity_frac"),
    ],
)
def test_sentinels_are_bad(profile: str, question: str, answer: str, key: str) -> None:
    value, quality = read_registers(profile, {question: answer})[key]
    assert math.isnan(value)
    assert quality is Quality.BAD


def test_absurd_values_are_kept_but_marked() -> None:
    # 4e20 would be 2,000.0 C
    values = read_registers("bms_weather", {"04 0000 0003": "04 06 4E20 01F4 0032"})
    assert is_about(values["outdoor_temperature_degc"], 2000.0, Quality.OUT_OF_RANGE)
    assert is_about(values["outdoor_relative_humidity_frac"], 0.5, Quality.GOOD)
