"""Which profile fits."""

from __future__ import annotations

from pathlib import Path

import pytest

from facility.acquire.discovery.recognise import load_recogniser
from facility.errors import ConfigurationError
from facility.profile import Profile, profile_names, read_profile
from tests.acquire.discovery.devices import BASE, METER, PDU, recogniser


def named(profile: Profile | None) -> str | None:
    return profile.profile if profile else None


def other(profile: dict[str, object], name: str, **identify: object) -> dict[str, object]:
    return {**profile, "profile": name, "identify": identify}


def test_the_longest_object_identifier_that_fits_wins(tmp_path: Path) -> None:
    knows = recogniser(tmp_path, PDU, other(PDU, "own_pdu_large", sys_object_id=[f"{BASE}.1.7", f"{BASE}.2"]))
    assert named(knows.snmp(f"{BASE}.1").profile) == "own_pdu"
    assert named(knows.snmp(f"{BASE}.1.6.1").profile) == "own_pdu"
    assert named(knows.snmp(f"{BASE}.1.7").profile) == named(knows.snmp(f"{BASE}.2.9").profile) == "own_pdu_large"
    for unlike in (BASE, f"{BASE}.11", f"{BASE}.3", "0.0", ""):
        assert knows.snmp(unlike).profile is None


def test_profiles_that_fit_alike_are_all_named(tmp_path: Path) -> None:
    knows = recogniser(tmp_path, PDU, other(PDU, "own_pdu_b", sys_object_id=[f"{BASE}.1"]))
    match = knows.snmp(f"{BASE}.1.7")
    assert (named(match.profile), match.others) == ("own_pdu", ("own_pdu_b",))


def test_modbus_names_are_found_in_any_case_and_the_more_precise_wins(tmp_path: Path) -> None:
    any_product = other(METER, "own_meter_any", modbus={"vendor": "maker"})
    knows = recogniser(tmp_path, METER, any_product)
    assert named(knows.modbus({0: "THE MAKER Ltd", 1: "px-1b"}).profile) == "own_meter"
    assert named(knows.modbus({0: "Maker", 4: "Meter PX-1"}).profile) == "own_meter"
    assert named(knows.modbus({0: "Maker", 5: "PX-1"}).profile) == "own_meter"
    assert named(knows.modbus({0: "Maker", 1: "PX-2"}).profile) == "own_meter_any"
    assert knows.modbus({0: "Other", 1: "PX-1"}).profile is None
    assert knows.modbus({}).profile is None


def test_each_profile_of_facility_recognises_its_own_devices() -> None:
    knows = load_recogniser()
    known = [profile for name in profile_names() if isinstance(profile := read_profile(name), Profile)]
    identifiers = [(profile.profile, oid) for profile in known for oid in profile.identify.sys_object_id]
    assert {"apc_rpdu2", "raritan_px2"} <= {name for name, _ in identifiers}
    for name, oid in identifiers:
        assert named(knows.snmp(oid).profile) == named(knows.snmp(f"{oid}.1").profile) == name
        assert knows.snmp(oid).others == ()


def test_templates_recognise_nothing_and_a_wrong_folder_or_profile_is_told(tmp_path: Path) -> None:
    template = {**PDU, "profile": "own_pdu", "points": {"power_kw": {**PDU["points"]["power_kw"], "unit": "fill in"}}}
    assert recogniser(tmp_path, template).snmp(f"{BASE}.1").profile is None
    with pytest.raises(ConfigurationError, match="not a folder"):
        load_recogniser(tmp_path / "nowhere")
    (tmp_path / "own_pdu.yaml").write_text("profile: own_pdu\n")
    with pytest.raises(ConfigurationError, match=r"own_pdu\.yaml:1"):
        load_recogniser(tmp_path)
