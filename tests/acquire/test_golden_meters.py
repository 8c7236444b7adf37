"""Golden vectors for Modbus meters, typed by hand from the documents that their profiles name.

Each request and answer is a protocol data unit in hexadecimal. The request is checked too: a wrong address would read a neighbour.
"""

from __future__ import annotations

import pytest

from facility.profile import load_profile
from facility.records import Quality
from tests.acquire.golden import Rows, assert_registers_mean, read_registers
from tests.acquire.values import is_about

GOLDEN: dict[str, tuple[dict[str, str], dict[str, float]]] = {
    # Eastron map, FC04, floats with the high word first: 230.0 V is 0x43660000, 12.5 A 0x41480000, -1500 W 0xC4BB8000.
    "eastron_sdm630": (
        {
            "04 0000 000C": "04 18"
            " 4366 0000 4367 0000 4365 0000"  # 0x00: 230, 231, 229 V
            " 4148 0000 4120 0000 4100 0000",  # 0x06: 12.5, 10, 8 A
            "04 0034 0014": "04 28"
            " C4BB 8000" + " 0000" * 2 +  # 0x34: -1500 W
            " 44FA 0000" + " 0000" * 4 +  # 0x38: 2000 VA
            " 3F40 0000" + " 0000" * 6 +  # 0x3E: 0.75
            " 4248 0000"  # 0x46: 50 Hz
        },
        {
            "voltage_l1_v": 230.0,
            "voltage_l2_v": 231.0,
            "voltage_l3_v": 229.0,
            "current_l1_a": 12.5,
            "current_l2_a": 10.0,
            "current_l3_a": 8.0,
            "power_kw": -1.5,
            "apparent_power_kva": 2.0,
            "power_factor": 0.75,
            "frequency_hz": 50.0,
        },
    ),
    # PM5560, documented 3000, 3028, 3056 and 3060, one less on the wire: 415.5 A is 0x43CFC000, 261.5 kW 0x4382C000
    "schneider_pm5560": (
        {
            "03 0BB7 0006": "03 0C 43CF C000 43D0 0000 43CF 8000",  # 415.5, 416, 415 A
            "03 0BD3 0006": "03 0C 4366 0000 4367 0000 4365 0000",  # 230, 231, 229 V
            "03 0BEF 0006": "03 0C 42AE 8000 42AE 0000 4382 C000",  # phase 2: 87.25 kW; 3: not asked for; all: 261.5 kW
        },
        {
            "current_l1_a": 415.5,
            "current_l2_a": 416.0,
            "current_l3_a": 415.0,
            "voltage_l1_v": 230.0,
            "voltage_l2_v": 231.0,
            "voltage_l3_v": 229.0,
            "power_kw": 261.5,
            "phase-2.phase_power_kw": 87.25,
        },
    ),
}  # fmt: skip
ROWS: dict[str, Rows] = {"schneider_pm5560": {"phases": ("2",)}}


@pytest.mark.parametrize("profile", GOLDEN)
def test_wire_bytes_mean_what_the_document_says(profile: str) -> None:
    assert_registers_mean(profile, *GOLDEN[profile], ROWS.get(profile))


def test_what_is_not_a_number_is_bad() -> None:
    """0xFFC00000 is a float that is no number."""
    answers = GOLDEN["schneider_pm5560"][0] | {"03 0BD3 0006": "03 0C 4366 0000 FFC0 0000 4365 0000"}
    values = read_registers("schneider_pm5560", answers, ROWS["schneider_pm5560"])
    assert is_about(values["voltage_l1_v"], 230.0)
    assert values["voltage_l2_v"].quality is Quality.BAD


def test_energy_in_unknown_units_is_left_out() -> None:
    """Published maps of the SDM630 disagree whether it counts Wh or kWh."""
    assert "energy_kwh" not in load_profile("eastron_sdm630").points
