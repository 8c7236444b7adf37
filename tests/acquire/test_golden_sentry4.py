"""Golden vectors for Server Technology's Sentry4, typed by hand from Sentry4-MIB, and what they mean."""

from __future__ import annotations

import pytest

from facility.records import Quality
from tests.acquire.golden import assert_means, read_all
from tests.acquire.values import is_about

ST4 = "2B 06 01 04 01 8D 36 04 01"  # 1.3.6.1.4.1.1718.4.1: 1718 takes two bytes, 8D 36
SCALE = f"{ST4} 09 01 0A 00"
CELSIUS, FAHRENHEIT = "02 01 00", "02 01 01"

VARBINDS = {
    f"{ST4} 03 03 01 03 01 01": "02 02 11 DA",  # 4570 W
    f"{ST4} 03 03 01 05 01 01": "02 02 12 8E",  # 4750 VA
    f"{ST4} 03 03 01 08 01 01": "02 01 60",  # 0.96
    f"{ST4} 03 03 01 0A 01 01": "02 03 01 81 CD",  # 98765: 9,876.5 kWh
    f"{ST4} 03 03 01 0B 01 01": "02 02 02 58",  # 600: 60.0 Hz
    f"{ST4} 04 03 01 03 01 01 01": "02 02 07 08",  # 1800: 18.00 A
    f"{ST4} 04 03 01 03 01 01 02": "02 02 06 C3",  # 17.31 A
    f"{ST4} 04 03 01 03 01 01 03": "02 02 07 4F",  # 18.71 A
    f"{ST4} 05 03 01 03 01 01 01": "02 02 08 23",  # 2083: 208.3 V
    f"{ST4} 05 03 01 03 01 01 02": "02 02 08 20",
    f"{ST4} 05 03 01 03 01 01 03": "02 02 08 26",
    f"{ST4} 05 03 01 08 01 01 03": "02 02 05 FA",  # phase 3: 1530 W
    f"{ST4} 07 03 01 03 01 01 05": "02 02 03 1F",  # branch 5: 799, 7.99 A
    f"{ST4} 08 03 01 01 01 01 08": "02 01 01",  # outlet 8 is on
    f"{ST4} 08 03 01 03 01 01 08": "02 01 4B",  # 75: 0.75 A
    f"{ST4} 08 03 01 07 01 01 08": "02 02 00 96",  # 150 W
    f"{ST4} 08 03 01 0E 01 01 08": "02 03 12 D6 87",  # 1,234,567 Wh
    f"{ST4} 08 03 01 01 01 01 09": "02 01 02",  # outlet 9 is off
    f"{ST4} 08 03 01 03 01 01 09": "02 01 00",
    f"{ST4} 08 03 01 07 01 01 09": "02 01 00",
    f"{ST4} 08 03 01 0E 01 01 09": "02 01 00",
    SCALE: CELSIUS,
    f"{ST4} 09 03 01 01 01 01": "02 02 00 ED",  # 237: 23.7 C
    f"{ST4} 0A 03 01 01 01 01": "02 01 2B",  # 43 %
    f"{ST4} 09 03 01 01 01 02": "02 02 01 62",  # 354: 35.4 C
    f"{ST4} 0A 03 01 01 01 02": "02 01 15",  # 21 %
}
VALUES = {
    "power_kw": 4.57,
    "apparent_power_kva": 4.75,
    "power_factor": 0.96,
    "energy_kwh": 9876.5,
    "frequency_hz": 60.0,
    "current_l1_a": 18.0,
    "current_l2_a": 17.31,
    "current_l3_a": 18.71,
    "voltage_l1_v": 208.3,
    "voltage_l2_v": 208.0,
    "voltage_l3_v": 208.6,
    "inlet_temperature_degc": 23.7,
    "inlet_relative_humidity_frac": 0.43,
    "phase-3.phase_power_kw": 1.53,
    "bank-5.bank_current_a": 7.99,
    "outlet-8.outlet_status": 1,
    "outlet-8.outlet_current_a": 0.75,
    "outlet-8.outlet_power_kw": 0.15,
    "outlet-8.outlet_energy_kwh": 1234.567,
    "outlet-9.outlet_status": 0,
    "outlet-9.outlet_current_a": 0,
    "outlet-9.outlet_power_kw": 0,
    "outlet-9.outlet_energy_kwh": 0,
    "probe-2.probe_temperature_degc": 35.4,
    "probe-2.probe_relative_humidity_frac": 0.21,
}
ROWS = {"phases": ("3",), "banks": ("5",), "outlets": ("8", "9"), "probes": ("2",)}


def test_varbinds_mean_what_the_mib_says() -> None:
    assert_means("sentry4", VARBINDS, VALUES, ROWS)


def test_temperatures_are_in_the_scale_set_on_the_unit() -> None:
    values = read_all("sentry4", VARBINDS | {SCALE: FAHRENHEIT, f"{ST4} 09 03 01 01 01 01": "02 02 02 E9"})  # 745
    assert is_about(values["inlet_temperature_degc"], (74.5 - 32) / 1.8)


@pytest.mark.parametrize(
    ("name", "wire", "key"),
    [
        (f"{ST4} 09 03 01 01 01 01", "02 02 FE 66", "inlet_temperature_degc"),  # -410
        (f"{ST4} 0A 03 01 01 01 01", "02 01 FF", "inlet_relative_humidity_frac"),  # -1
        (f"{ST4} 03 03 01 03 01 01", "02 01 FF", "power_kw"),
        (f"{ST4} 08 03 01 01 01 01 08", "02 01 00", "outlet-8.outlet_status"),  # unknown
        (SCALE, "02 01 07", "inlet_temperature_degc"),  # a scale that the MIB does not know
    ],
)
def test_sentinels_are_bad(name: str, wire: str, key: str) -> None:
    assert read_all("sentry4", VARBINDS | {name: wire}, ROWS)[key].quality is Quality.BAD


def test_minus_one_degree_is_a_temperature() -> None:
    values = read_all("sentry4", VARBINDS | {f"{ST4} 09 03 01 01 01 01": "02 01 FF"})
    assert is_about(values["inlet_temperature_degc"], -0.1)
