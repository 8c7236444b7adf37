"""Golden vectors for Vertiv's Geist V5, typed by hand from VERTIV-V5-MIB, and what they mean."""

from __future__ import annotations

from tests.acquire.golden import assert_means, read_all
from tests.acquire.values import is_about

V5 = "2B 06 01 04 01 81 A5 77 05 02"  # 1.3.6.1.4.1.21239.5.2: 21239 takes three bytes, 81 A5 77
UNITS = f"{V5} 01 07 00"
FAHRENHEIT, CELSIUS = "02 01 00", "02 01 01"

VARBINDS = {
    f"{V5} 03 01 01 09 01": "42 02 0D 05",  # 3333 W
    f"{V5} 03 01 01 0A 01": "42 02 0D 7A",  # 3450 VA
    f"{V5} 03 01 01 0B 01": "42 01 61",  # 97 %
    f"{V5} 03 01 01 0C 01": "42 03 4C 4B 40",  # 5,000,000 Wh
    f"{V5} 03 02 01 04 01": "42 02 08 FC",  # 2300: 230.0 V
    f"{V5} 03 02 01 04 02": "42 02 09 06",
    f"{V5} 03 02 01 04 03": "42 02 08 F2",
    f"{V5} 03 02 01 08 01": "42 02 01 F4",  # 500: 5.00 A
    f"{V5} 03 02 01 08 02": "42 02 01 F6",
    f"{V5} 03 02 01 08 03": "42 02 01 F2",
    f"{V5} 03 02 01 0C 02": "42 02 04 57",  # phase 2: 1111 W
    f"{V5} 03 03 01 04 04": "42 02 03 84",  # breaker 4: 900, 9.00 A
    f"{V5} 03 06 01 08 0B": "42 01 7D",  # outlet 11: 125, 1.25 A
    f"{V5} 03 06 01 0C 0B": "42 02 01 18",  # 280 W
    f"{V5} 03 06 01 0F 0B": "42 03 0B 71 B0",  # 750,000 Wh
    UNITS: CELSIUS,
    f"{V5} 09 01 05 01": "02 02 00 DE",  # 222: 22.2 C
    f"{V5} 09 01 06 01": "02 01 32",  # 50 %
    f"{V5} 04 01 05 02": "02 01 F6",  # -10: -1.0 C
}
VALUES = {
    "power_kw": 3.333,
    "apparent_power_kva": 3.45,
    "power_factor": 0.97,
    "energy_kwh": 5000.0,
    "voltage_l1_v": 230.0,
    "voltage_l2_v": 231.0,
    "voltage_l3_v": 229.0,
    "current_l1_a": 5.0,
    "current_l2_a": 5.02,
    "current_l3_a": 4.98,
    "phase-2.phase_power_kw": 1.111,
    "bank-4.bank_current_a": 9.0,
    "outlet-11.outlet_current_a": 1.25,
    "outlet-11.outlet_power_kw": 0.28,
    "outlet-11.outlet_energy_kwh": 750.0,
    "probe-1.inlet_temperature_degc": 22.2,
    "probe-1.inlet_relative_humidity_frac": 0.5,
    "sensor-2.inlet_temperature_degc": -1.0,
}
ROWS = {
    "phases": ("2",),
    "banks": ("4",),
    "outlets": ("11",),
    "inlet_probes": ("1",),
    "inlet_temperatures": ("2",),
}


def test_varbinds_mean_what_the_mib_says() -> None:
    assert_means("geist_v5", VARBINDS, VALUES, ROWS)


def test_temperatures_are_in_the_unit_set_on_the_pdu() -> None:
    values = read_all("geist_v5", VARBINDS | {UNITS: FAHRENHEIT, f"{V5} 09 01 05 01": "02 02 02 BC"}, ROWS)  # 70.0 F
    assert is_about(values["probe-1.inlet_temperature_degc"], (70 - 32) / 1.8)
