from __future__ import annotations

import pytest

from facility.acquire.decode import Decoder, encode_registers
from facility.acquire.requests import oid_length, oids, plan_modbus, plan_snmp
from facility.profile import load_profile, profile_names

NAMES = profile_names()


def test_the_profiles_that_come_with_facility() -> None:
    assert set(NAMES) >= {
        "apc_rpdu2", "rfc1628_ups", "eastron_sdm630", "bms_crah", "bms_cdu", "bms_plant", "bms_weather", "bms_battery",
        "bms_workload", "bms_plant_air", "bms_dry_cooler", "bms_economizer", "bms_tank", "bms_heat_pump", "bms_pv",
        "bms_alarms",
    }  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_what_no_vendor_publishes_is_not_called_verified(name: str) -> None:
    assert load_profile(name).verified != name.startswith("bms_")


@pytest.mark.parametrize("name", NAMES)
def test_no_two_points_of_a_slot_would_share_an_id(name: str) -> None:
    profile = load_profile(name)
    identities = [(point.slot, profile.quantity_of(key).key) for key, point in profile.points.items()]
    assert len(set(identities)) == len(identities)


@pytest.mark.parametrize("name", NAMES)
def test_no_two_points_read_the_same_place(name: str) -> None:
    points = load_profile(name).points.values()
    places = [oids(point) if point.oid else (point.table, point.address, point.bit) for point in points]
    assert len(set(places)) == len(places)


@pytest.mark.parametrize("name", NAMES)
def test_a_profile_can_be_read_in_few_requests(name: str) -> None:
    profile = load_profile(name)
    if profile.protocol == "modbus":
        assert len(plan_modbus(profile.points, profile.limits)) <= 5
    else:
        groups = plan_snmp(profile.points, profile.limits)
        assert len(groups) == 1
        assert sum(oid_length(oid) + 15 for oid in groups[0]) < 1300


@pytest.mark.parametrize("name", NAMES)
def test_every_writable_point_survives_a_write_over_its_whole_range(name: str) -> None:
    for point in load_profile(name).points.values():
        if not point.writable:
            continue
        low, high = point.range
        for step in range(11):
            value = low + (high - low) * step / 10
            read_back = Decoder(point).registers(encode_registers(point, value))
            whole = 1.0 if point.unit in ("count", "enum") else 0.06
            assert abs(read_back.value - value) <= whole, (name, value)
