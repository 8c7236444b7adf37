"""Every profile and template that comes with facility: complete, without collisions, cheap to read, safe to write."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from facility.acquire.encode import encode_registers
from facility.acquire.requests import plan_modbus, plan_snmp
from facility.acquire.snmp.layout import oids
from facility.errors import ConfigurationError
from facility.profile import FILL_IN, Profile, Template, load_profile, profile_names, profile_text, read_profile
from tests.acquire.values import of_registers

TEMPLATES = [name for name in profile_names() if isinstance(read_profile(name), Template)]
NAMES = [name for name in profile_names() if name not in TEMPLATES]
# What a real device has answered as the profile says, or two independent published sources agree on.
VERIFIED = {"apc_rpdu2", "rfc1628_ups", "eastron_sdm630"}
PLAUSIBLE = {
    "table": "holding",
    "address": "7",
    "type": "int16",
    "scale": "0.1",
    "unit": "degC",
    "source": "a document",
}
UNITS = {"lps": "L/s", "kpa": "kPa", "kw": "kW"}


def whole(name: str) -> Profile:
    """A profile with two rows of each of its tables."""
    profile = load_profile(name)
    return profile.with_rows(dict.fromkeys(profile.tables, ("1", "2")))


def completed(name: str) -> str:
    """A template with plausible values where it says `fill in`."""
    lines, key = [], ""
    for number, line in enumerate(profile_text(name)[0].splitlines()):
        key = match[1] if (match := re.match(r"  (\w+):", line)) else key
        unit = UNITS.get(key.rsplit("_", 1)[-1], PLAUSIBLE["unit"])
        own = line.replace(f"unit: {FILL_IN}", f"unit: {unit}").replace(f"address: {FILL_IN}", f"address: {number}")
        lines.append(re.sub(rf"(\w+): {FILL_IN}", lambda match: f"{match[1]}: {PLAUSIBLE[match[1]]}", own))
    return "\n".join(lines)


def test_the_profiles_that_come_with_facility() -> None:
    bms = "alarms battery cdu crah dry_cooler economizer heat_pump plant plant_air pv tank weather workload"
    makers = "apc_rpdu2 eastron_sdm630 geist_v5 liebert_icom raritan_px2 rfc1628_ups schneider_pm5560 sentry4"
    assert set(NAMES) == {f"bms_{name}" for name in bms.split()} | set(makers.split())
    assert set(TEMPLATES) == {"carrier_30xv", "generic_cdu", "liebert_crv", "trane_rthd_ch530"}


@pytest.mark.parametrize("name", NAMES)
def test_only_what_was_verified_is_called_so(name: str) -> None:
    assert load_profile(name).verified == (name in VERIFIED)


@pytest.mark.parametrize("name", NAMES)
def test_no_two_points_of_a_slot_would_share_an_id(name: str) -> None:
    profile = whole(name)
    identities = [(point.slot, point.row, profile.quantity_of(key).key) for key, point in profile.points.items()]
    assert len(set(identities)) == len(identities)


@pytest.mark.parametrize("name", NAMES)
def test_no_two_points_read_the_same_place(name: str) -> None:
    points = load_profile(name).points.values()
    places = [oids(point) if point.oid else (point.table, point.address, point.bit) for point in points]
    assert len(set(places)) == len(places)


@pytest.mark.parametrize("name", NAMES)
def test_a_row_never_passes_for_the_equipment_as_a_whole(name: str) -> None:
    for table in load_profile(name).tables.values():
        assert not {"power_kw", "energy_kwh", "it_power_kw", "output_power_kw"} & set(table.points)


@pytest.mark.parametrize("name", NAMES)
def test_a_profile_can_be_read_in_few_requests(name: str) -> None:
    profile = load_profile(name)
    if profile.protocol == "modbus":
        assert len(plan_modbus(profile.points, profile.limits)) <= 5
    else:
        groups = plan_snmp((oid for point in profile.points.values() for oid in oids(point)), profile.limits)
        assert len(groups) == 1


@pytest.mark.parametrize("name", NAMES)
def test_every_writable_point_survives_a_write_over_its_whole_range(name: str) -> None:
    for point in load_profile(name).points.values():
        if not point.writable:
            continue
        low, high = point.range
        for step in range(11):
            value = low + (high - low) * step / 10
            read_back = of_registers(point, encode_registers(point, value))
            coarse = 1.0 if point.unit in ("count", "enum") else 0.06
            assert abs(read_back.value - value) <= coarse, (name, value)


@pytest.mark.parametrize("name", [name for name in NAMES if load_profile(name).protocol == "snmp"])
def test_a_scan_can_recognise_an_agent_and_say_which_it_is(name: str) -> None:
    profile = load_profile(name)
    assert profile.identify.sys_object_id
    assert {"model", "firmware"} <= set(profile.identity)


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_is_refused_until_it_is_completed(name: str) -> None:
    with pytest.raises(ConfigurationError, match="template"):
        load_profile(name)


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_completed_template_is_a_profile(name: str, tmp_path: Path) -> None:
    (tmp_path / f"{name}.yaml").write_text(completed(name), encoding="utf-8")
    profile = load_profile(name, tmp_path)
    assert set(profile.points) == set(profile_text(name)[1]["points"])
    assert not profile.verified
    for point in profile.points.values():
        assert plan_modbus({"one": point}, profile.limits)
