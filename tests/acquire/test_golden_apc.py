"""Golden vectors for APC's rPDU2: names and values as bytes, typed by hand from PowerNet-MIB, and what they mean."""

from __future__ import annotations

import math

import pytest

from facility.records import Quality
from tests.acquire.golden import assert_means, read_all
from tests.acquire.values import is_about

RPDU2 = "2B 06 01 04 01 82 3E 01 01 1A"  # 1.3.6.1.4.1.318.1.1.26: 318 takes two bytes, 82 3E

VARBINDS = {
    f"{RPDU2} 04 03 01 04 01": "02 01 02",  # normal
    f"{RPDU2} 04 03 01 05 01": "02 02 02 DE",  # 734: 7.34 kW
    f"{RPDU2} 04 03 01 09 01": "42 03 01 E2 40",  # Gauge 123456: 12,345.6 kWh
    f"{RPDU2} 04 03 01 10 01": "02 02 03 0C",  # 780: 7.80 kVA
    f"{RPDU2} 04 03 01 11 01": "02 01 5E",  # 94: 0.94
    f"{RPDU2} 06 03 01 05 01": "02 01 6D",  # 109: 10.9 A
    f"{RPDU2} 06 03 01 05 02": "02 01 70",  # 11.2 A
    f"{RPDU2} 06 03 01 05 03": "02 01 6A",  # 10.6 A
    f"{RPDU2} 06 03 01 06 01": "02 02 00 E7",  # 231 V
    f"{RPDU2} 06 03 01 06 02": "02 02 00 E6",
    f"{RPDU2} 06 03 01 06 03": "02 02 00 E8",
    f"{RPDU2} 0A 02 02 01 08 01": "02 02 00 F1",  # 241: 24.1 C
    f"{RPDU2} 0A 02 02 01 0A 01": "02 01 2D",  # 45 %
    f"{RPDU2} 06 03 01 07 03": "02 02 00 F5",  # phase 3: 245, 2.45 kW
    f"{RPDU2} 06 03 01 09 03": "02 01 62",  # 0.98
    f"{RPDU2} 08 03 01 05 02": "02 01 49",  # bank 2: 73, 7.3 A
    f"{RPDU2} 09 04 03 01 06 18": "02 01 0C",  # outlet 24: 12, 1.2 A
    f"{RPDU2} 09 04 03 01 07 18": "02 02 01 04",  # 260 W
    f"{RPDU2} 09 04 03 01 0B 18": "02 02 4E 84",  # 20100: 2,010.0 kWh
    f"{RPDU2} 09 02 03 01 05 17": "02 01 01",  # outlet 23 is off
    f"{RPDU2} 09 02 03 01 05 18": "02 01 02",  # outlet 24 is on
    f"{RPDU2} 0A 02 02 01 08 02": "02 02 01 65",  # probe 2: 357, 35.7 C
    f"{RPDU2} 0A 02 02 01 0A 02": "02 01 18",  # 24 %
}
VALUES = {
    "load_state": 2,
    "power_kw": 7.34,
    "energy_kwh": 12345.6,
    "apparent_power_kva": 7.8,
    "power_factor": 0.94,
    "current_l1_a": 10.9,
    "current_l2_a": 11.2,
    "current_l3_a": 10.6,
    "voltage_l1_v": 231,
    "voltage_l2_v": 230,
    "voltage_l3_v": 232,
    "inlet_temperature_degc": 24.1,
    "inlet_relative_humidity_frac": 0.45,
    "phase-3.phase_power_kw": 2.45,
    "phase-3.phase_power_factor": 0.98,
    "bank-2.bank_current_a": 7.3,
    "outlet-24.outlet_current_a": 1.2,
    "outlet-24.outlet_power_kw": 0.26,
    "outlet-24.outlet_energy_kwh": 2010.0,
    "outlet-23.outlet_status": 0,
    "outlet-24.outlet_status": 1,
    "probe-2.probe_temperature_degc": 35.7,
    "probe-2.probe_relative_humidity_frac": 0.24,
}
ROWS = {"phases": ("3",), "banks": ("2",), "outlets": ("24",), "switches": ("23", "24"), "probes": ("2",)}


def test_varbinds_mean_what_the_mib_says() -> None:
    assert_means("apc_rpdu2", VARBINDS, VALUES, ROWS)


@pytest.mark.parametrize("wire", ["02 01 FF", "81 00", "80 00", "04 02 31 32", "05 00"])
def test_sentinels_absent_instances_and_texts_are_bad(wire: str) -> None:
    value, quality = read_all("apc_rpdu2", VARBINDS | {f"{RPDU2} 04 03 01 05 01": wire})["power_kw"]
    assert math.isnan(value)
    assert quality is Quality.BAD


def test_a_load_state_that_the_model_does_not_have_is_bad() -> None:
    values = read_all("apc_rpdu2", VARBINDS | {f"{RPDU2} 04 03 01 04 01": "02 01 05"})
    assert values["load_state"].quality is Quality.BAD


def test_an_absurd_value_is_kept_but_marked() -> None:
    values = read_all("apc_rpdu2", VARBINDS | {f"{RPDU2} 0A 02 02 01 08 01": "02 02 27 10"})
    assert is_about(values["inlet_temperature_degc"], 1000.0, Quality.OUT_OF_RANGE)
