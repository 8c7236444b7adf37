"""Golden vectors for Raritan's PX2, typed by hand from PDU2-MIB: values, and the digits and units that the device tells."""

from __future__ import annotations

from facility.records import Quality
from tests.acquire.golden import assert_means, read_all
from tests.acquire.values import is_about

PX2 = "2B 06 01 04 01 EB 2E 06"  # 1.3.6.1.4.1.13742.6: 13742 takes two bytes, EB 2E
INLET, INLET_DIGITS, INLET_UNITS = f"{PX2} 05 02 03 01 04", f"{PX2} 03 03 04 01 07", f"{PX2} 03 03 04 01 06"
POLE, POLE_DIGITS, POLE_UNITS = f"{PX2} 05 02 04 01 04", f"{PX2} 03 03 06 01 07", f"{PX2} 03 03 06 01 06"
OUTLET, OUTLET_DIGITS, OUTLET_UNITS = f"{PX2} 05 04 03 01 04", f"{PX2} 03 05 04 01 07", f"{PX2} 03 05 04 01 06"
PROBE, PROBE_DIGITS, PROBE_UNITS = f"{PX2} 05 05 03 01 04", f"{PX2} 03 06 03 01 11", f"{PX2} 03 06 03 01 10"

VARBINDS = {
    # inlet 1: active power 5, apparent power 6, power factor 7, energy 8, frequency 23
    f"{INLET} 01 01 05": "42 02 15 47",  # 5447
    f"{INLET_DIGITS} 01 01 05": "42 01 00",
    f"{INLET_UNITS} 01 01 05": "02 01 03",  # watt
    f"{INLET} 01 01 06": "42 02 16 0E",  # 5646
    f"{INLET_DIGITS} 01 01 06": "42 01 00",
    f"{INLET_UNITS} 01 01 06": "02 01 04",  # voltamp
    f"{INLET} 01 01 07": "42 01 60",  # 96
    f"{INLET_DIGITS} 01 01 07": "42 01 02",  # 0.96
    f"{INLET} 01 01 08": "42 04 05 F5 E1 00",  # 100,000,000
    f"{INLET_DIGITS} 01 01 08": "42 01 00",
    f"{INLET_UNITS} 01 01 08": "02 01 05",  # wattHour
    f"{INLET} 01 01 17": "42 02 01 F3",  # 499
    f"{INLET_DIGITS} 01 01 17": "42 01 01",  # 49.9
    f"{INLET_UNITS} 01 01 17": "02 01 08",  # hertz
    # its poles 1 to 3: current 1, voltage 4; and power 5 of pole 2
    f"{POLE} 01 01 01 01": "42 02 1F 40",  # 8000
    f"{POLE_DIGITS} 01 01 01 01": "42 01 03",  # 8.000 A
    f"{POLE_UNITS} 01 01 01 01": "02 01 02",  # amp
    f"{POLE} 01 01 02 01": "42 02 1F 4A",
    f"{POLE_DIGITS} 01 01 02 01": "42 01 03",
    f"{POLE_UNITS} 01 01 02 01": "02 01 02",
    f"{POLE} 01 01 03 01": "42 02 1F 36",
    f"{POLE_DIGITS} 01 01 03 01": "42 01 03",
    f"{POLE_UNITS} 01 01 03 01": "02 01 02",
    f"{POLE} 01 01 01 04": "42 02 00 E6",  # 230
    f"{POLE_DIGITS} 01 01 01 04": "42 01 00",
    f"{POLE_UNITS} 01 01 01 04": "02 01 01",  # volt
    f"{POLE} 01 01 02 04": "42 02 00 E7",
    f"{POLE_DIGITS} 01 01 02 04": "42 01 00",
    f"{POLE_UNITS} 01 01 02 04": "02 01 01",
    f"{POLE} 01 01 03 04": "42 02 00 E5",
    f"{POLE_DIGITS} 01 01 03 04": "42 01 00",
    f"{POLE_UNITS} 01 01 03 04": "02 01 01",
    f"{POLE} 01 01 02 05": "42 02 07 1B",  # 1819 W
    f"{POLE_DIGITS} 01 01 02 05": "42 01 00",
    f"{POLE_UNITS} 01 01 02 05": "02 01 03",
    # the inlet's own current and voltage, as a single-phase PDU has them, with one digit
    f"{INLET} 01 01 01": "42 01 51",  # 81: 8.1 A
    f"{INLET_DIGITS} 01 01 01": "42 01 01",
    f"{INLET_UNITS} 01 01 01": "02 01 02",
    f"{INLET} 01 01 04": "42 02 08 FD",  # 2301: 230.1 V
    f"{INLET_DIGITS} 01 01 04": "42 01 01",
    f"{INLET_UNITS} 01 01 04": "02 01 01",
    # outlet 12
    f"{OUTLET} 01 0C 01": "42 02 04 E2",  # 1250: 1.250 A
    f"{OUTLET_DIGITS} 01 0C 01": "42 01 03",
    f"{OUTLET_UNITS} 01 0C 01": "02 01 02",
    f"{OUTLET} 01 0C 05": "42 02 01 1B",  # 283 W
    f"{OUTLET_DIGITS} 01 0C 05": "42 01 00",
    f"{OUTLET_UNITS} 01 0C 05": "02 01 03",
    f"{OUTLET} 01 0C 08": "42 03 04 93 E0",  # 300,000 Wh
    f"{OUTLET_DIGITS} 01 0C 08": "42 01 00",
    f"{OUTLET_UNITS} 01 0C 08": "02 01 05",
    # external sensors, signed: 1 is a temperature, 2 another in Fahrenheit, 3 a humidity
    f"{PROBE} 01 01": "02 01 CE",  # -50
    f"{PROBE_DIGITS} 01 01": "42 01 01",  # -5.0 C
    f"{PROBE_UNITS} 01 01": "02 01 07",  # degreeC
    f"{PROBE} 01 02": "02 02 02 D0",  # 720
    f"{PROBE_DIGITS} 01 02": "42 01 01",  # 72.0 F
    f"{PROBE_UNITS} 01 02": "02 01 0E",  # degreeF
    f"{PROBE} 01 03": "02 01 29",  # 41
    f"{PROBE_DIGITS} 01 03": "42 01 00",
    f"{PROBE_UNITS} 01 03": "02 01 09",  # percent
}
VALUES = {
    "power_kw": 5.447,
    "apparent_power_kva": 5.646,
    "power_factor": 0.96,
    "energy_kwh": 100_000.0,
    "frequency_hz": 49.9,
    "current_l1_a": 8.0,
    "current_l2_a": 8.01,
    "current_l3_a": 7.99,
    "voltage_l1_v": 230.0,
    "voltage_l2_v": 231.0,
    "voltage_l3_v": 229.0,
    "phase-2.phase_power_kw": 1.819,
    "inlet-1.current_l1_a": 8.1,
    "inlet-1.voltage_l1_v": 230.1,
    "outlet-12.outlet_current_a": 1.25,
    "outlet-12.outlet_power_kw": 0.283,
    "outlet-12.outlet_energy_kwh": 300.0,
    "sensor-1.inlet_temperature_degc": -5.0,
    "sensor-2.inlet_temperature_degc": (72 - 32) / 1.8,
    "sensor-3.inlet_relative_humidity_frac": 0.41,
}
ROWS = {
    "single_phase": ("1",),
    "phases": ("2",),
    "outlets": ("12",),
    "inlet_temperatures": ("1", "2"),
    "inlet_humidities": ("3",),
}


def test_varbinds_mean_what_the_mib_says() -> None:
    assert_means("raritan_px2", VARBINDS, VALUES, ROWS)


def test_a_model_with_more_digits_gives_the_same_power() -> None:
    finer = {f"{INLET} 01 01 05": "42 03 53 1D 8C", f"{INLET_DIGITS} 01 01 05": "42 01 03"}  # 5447052, three digits
    assert is_about(read_all("raritan_px2", VARBINDS | finer)["power_kw"], 5.447052, Quality.GOOD)


def test_without_its_digits_a_value_is_bad_and_not_guessed() -> None:
    silent = {name: value for name, value in VARBINDS.items() if name != f"{INLET_DIGITS} 01 01 05"}
    values = read_all("raritan_px2", silent)
    assert values["power_kw"].quality is Quality.BAD
    assert values["apparent_power_kva"].quality is Quality.GOOD


def test_a_humidity_is_no_temperature() -> None:
    values = read_all("raritan_px2", VARBINDS, {"inlet_temperatures": ("1", "3")})
    assert values["sensor-1.inlet_temperature_degc"].quality is Quality.GOOD
    assert values["sensor-3.inlet_temperature_degc"].quality is Quality.BAD
