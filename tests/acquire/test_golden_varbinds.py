"""Golden vectors for SNMP: names and values as bytes, typed by hand from PowerNet-MIB and RFC 1628, and what they mean."""

from __future__ import annotations

import asyncio
import math

import pytest

from facility.acquire.decode import Value
from facility.acquire.snmp import SnmpClient
from facility.acquire.snmp_v2c import CommunitySession
from facility.acquire.udp import UdpChannel
from facility.profile import load_profile
from facility.records import Quality
from tests.acquire.ber_by_hand import Question
from tests.acquire.servers import udp_agent
from tests.acquire.values import is_about

RPDU2 = "2B 06 01 04 01 82 3E 01 01 1A"  # 1.3.6.1.4.1.318.1.1.26: 318 takes two bytes, 82 3E
UPS = "2B 06 01 02 01 21 01"  # 1.3.6.1.2.1.33.1

APC = {
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
}
APC_VALUES = {
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
}
RFC1628 = {
    f"{UPS} 02 01 00": "02 01 02",  # battery normal
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
}
RFC1628_VALUES = {
    "battery_status": 2,
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
}


def read_all(profile_name: str, varbinds: dict[str, str]) -> dict[str, Value]:
    script = {bytes.fromhex(name): bytes.fromhex(value) for name, value in varbinds.items()}

    async def read() -> dict[str, Value]:
        profile = load_profile(profile_name)
        async with udp_agent(lambda datagram: [Question(datagram).answer(script)]) as port:
            channel = UdpChannel("127.0.0.1", port)
            client = SnmpClient(channel, lambda: CommunitySession("public"), profile.points, profile.limits)
            into: dict[str, Value] = {}
            await client.read(into)
            await client.close()
            return into

    return asyncio.run(read())


@pytest.mark.parametrize(
    ("profile", "varbinds", "expected"),
    [("apc_rpdu2", APC, APC_VALUES), ("rfc1628_ups", RFC1628, RFC1628_VALUES)],
)
def test_varbinds_mean_what_the_mib_says(profile: str, varbinds: dict[str, str], expected: dict[str, float]) -> None:
    values = read_all(profile, varbinds)
    assert set(values) == set(load_profile(profile).points) == set(expected)
    assert {key: value for key, (value, _) in values.items()} == pytest.approx(expected, rel=1e-6)
    assert {quality for _, quality in values.values()} == {Quality.GOOD}


def test_a_single_phase_ups_has_the_power_of_its_one_line() -> None:
    three_lines = ("05 02", "05 03", "04 02", "04 03")
    single = {name: value for name, value in RFC1628.items() if not name.endswith(three_lines)}
    values = read_all("rfc1628_ups", single)
    assert is_about(values["input_power_kw"], 100.0, Quality.GOOD)
    assert is_about(values["output_power_kw"], 98.64, Quality.GOOD)


@pytest.mark.parametrize("wire", ["02 01 FF", "81 00", "80 00", "04 02 31 32", "05 00"])
def test_sentinels_absent_instances_and_texts_are_bad(wire: str) -> None:
    value, quality = read_all("apc_rpdu2", APC | {f"{RPDU2} 04 03 01 05 01": wire})["power_kw"]
    assert math.isnan(value)
    assert quality is Quality.BAD


def test_a_second_line_that_answers_nonsense_makes_the_sum_bad() -> None:
    values = read_all("rfc1628_ups", RFC1628 | {f"{UPS} 03 03 01 05 02": "04 01 41"})
    assert values["input_power_kw"].quality is Quality.BAD
    assert values["output_power_kw"].quality is Quality.GOOD


def test_an_absurd_value_is_kept_but_marked() -> None:
    assert is_about(
        read_all("apc_rpdu2", APC | {f"{RPDU2} 0A 02 02 01 08 01": "02 02 27 10"})["inlet_temperature_degc"],
        1000.0,
        Quality.OUT_OF_RANGE,
    )
