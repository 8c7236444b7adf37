"""Golden vectors for UPS-MIB: names and values as bytes, typed by hand from RFC 1628, and what they mean."""

from __future__ import annotations

from facility.records import Quality
from tests.acquire.golden import assert_means, read_all
from tests.acquire.values import is_about

UPS = "2B 06 01 02 01 21 01"  # 1.3.6.1.2.1.33.1

VARBINDS = {
    f"{UPS} 02 01 00": "02 01 02",  # battery normal
    f"{UPS} 02 02 00": "02 01 5A",  # 90 s on battery
    f"{UPS} 02 03 00": "02 01 2A",  # 42 minutes
    f"{UPS} 02 04 00": "42 01 64",  # 100 %
    f"{UPS} 02 07 00": "02 01 FF",  # -1 C: a temperature, not a sentinel
    f"{UPS} 03 03 01 05 01": "02 03 01 86 A0",  # 100,000 W
    f"{UPS} 03 03 01 05 02": "02 03 01 38 80",  # 80,000 W
    f"{UPS} 03 03 01 05 03": "02 03 00 EA 60",  # 60,000 W
    f"{UPS} 04 01 00": "02 01 03",  # normal
    f"{UPS} 04 02 00": "02 02 01 F4",  # 500: 50.0 Hz
    f"{UPS} 04 04 01 04 01": "02 03 01 81 50",  # 98,640 W
    f"{UPS} 04 04 01 04 02": "02 03 01 34 98",  # 79,000 W
    f"{UPS} 04 04 01 04 03": "02 03 00 E6 78",  # 59,000 W
    f"{UPS} 04 04 01 02 01": "02 02 00 E6",
    f"{UPS} 04 04 01 02 02": "02 02 00 E7",
    f"{UPS} 04 04 01 02 03": "02 02 00 E5",
    f"{UPS} 04 04 01 03 01": "02 02 10 D3",  # 4307: 430.7 A
    f"{UPS} 04 04 01 03 02": "02 02 0D 5E",  # 342.2 A
    f"{UPS} 04 04 01 03 03": "02 02 0A 14",  # 258.0 A
    f"{UPS} 04 04 01 05 02": "02 01 4F",  # line 2: 79 % of its capacity
    f"{UPS} 06 01 00": "42 01 02",  # two alarms
}
VALUES = {
    "battery_status": 2,
    "time_on_battery_min": 1.5,
    "runtime_remaining_min": 42,
    "state_of_charge_frac": 1.0,
    "battery_temperature_degc": -1,
    "input_power_kw": 240.0,
    "output_source": 3,
    "frequency_hz": 50.0,
    "output_power_kw": 98.640 + 79.0 + 59.0,
    "voltage_l1_v": 230,
    "voltage_l2_v": 231,
    "voltage_l3_v": 229,
    "current_l1_a": 430.7,
    "current_l2_a": 342.2,
    "current_l3_a": 258.0,
    "alarms_present": 2,
    "phase-2.phase_load_frac": 0.79,
}


def test_varbinds_mean_what_the_mib_says() -> None:
    assert_means("rfc1628_ups", VARBINDS, VALUES, {"phases": ("2",)})


def test_a_single_phase_ups_has_the_power_of_its_one_line() -> None:
    three_lines = ("05 02", "05 03", "04 02", "04 03")
    single = {name: value for name, value in VARBINDS.items() if not name.endswith(three_lines)}
    values = read_all("rfc1628_ups", single)
    assert is_about(values["input_power_kw"], 100.0, Quality.GOOD)
    assert is_about(values["output_power_kw"], 98.64, Quality.GOOD)


def test_a_second_line_that_answers_nonsense_makes_the_sum_bad() -> None:
    values = read_all("rfc1628_ups", VARBINDS | {f"{UPS} 03 03 01 05 02": "04 01 41"})
    assert values["input_power_kw"].quality is Quality.BAD
    assert values["output_power_kw"].quality is Quality.GOOD
