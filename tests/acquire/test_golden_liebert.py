"""Golden vectors for Liebert's iCOM, typed by hand from LIEBERT-GP-ENVIRONMENTAL-MIB, and what they mean."""

from __future__ import annotations

from facility.records import Quality
from tests.acquire.golden import assert_means, read_all

ENV = "2B 06 01 04 01 83 5C 01 2A 03 04"  # 1.3.6.1.4.1.476.1.42.3.4: 476 takes two bytes, 83 5C

VARBINDS = {
    f"{ENV} 03 01 00": "02 01 01",  # on
    f"{ENV} 03 09 00": "42 01 51",  # 81 % of its cooling
    f"{ENV} 03 10 00": "42 01 3C",  # fans at 60 %
    f"{ENV} 01 03 03 01 32 02": "02 02 00 B6",  # row 2, supply: 182, 18.2 C
    f"{ENV} 01 03 03 01 32 03": "02 02 00 F4",  # row 3, return: 244, 24.4 C
    f"{ENV} 02 02 03 01 03 01": "02 01 37",  # 55 %
}
VALUES = {
    "operating_state": 1,
    "cooling_capacity_frac": 0.81,
    "fan_speed_frac": 0.6,
    "supply-2.supply_air_temperature_degc": 18.2,
    "return-3.return_air_temperature_degc": 24.4,
    "return-1.return_air_relative_humidity_frac": 0.55,
}
ROWS = {"supply_air": ("2",), "return_air": ("3",), "return_humidity": ("1",)}


def test_varbinds_mean_what_the_mib_says() -> None:
    assert_means("liebert_icom", VARBINDS, VALUES, ROWS)


def test_the_largest_integer_is_no_temperature() -> None:
    none = {f"{ENV} 01 03 03 01 32 02": "02 04 7F FF FF FF"}
    assert (
        read_all("liebert_icom", VARBINDS | none, ROWS)["supply-2.supply_air_temperature_degc"].quality is Quality.BAD
    )
