"""What a scan proposes for the site file: it loads once a person has filled it in, whatever the devices said."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from facility.acquire.discovery.found import Answer, Fault, Found
from facility.acquire.discovery.fragment import device_ids, fragment
from facility.acquire.discovery.recognise import Match
from facility.acquire.discovery.rows import SharedRows
from facility.acquire.discovery.texts import printable
from facility.errors import ConfigurationError
from facility.profile import Profile, load_profile
from facility.site import ModbusAddress, SnmpAddress
from facility.yaml_file import read_yaml
from tests.acquire.discovery.devices import METER, PDU
from tests.acquire.sites import site

OWN_PDU, OWN_METER = Profile.model_validate(PDU), Profile.model_validate(METER)
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def written(*answers: Answer) -> str:
    return fragment(answers, AT, 14)


def read(folder: Path, text: str) -> list[dict[str, Any]]:
    path = folder / "fragment.yaml"
    path.write_text(text, encoding="utf-8")
    devices: list[dict[str, Any]] = read_yaml(path).data["devices"]
    return devices


def pdu(host: str = "10.0.0.5", profile: Profile | None = OWN_PDU, name: str = "", **more: Any) -> Found:
    address = SnmpAddress(host=host, community="env:COMMUNITY", **more.pop("address", {}))
    return Found(address, {"sysName": name} if name else {}, Match(profile), **more)


def test_the_whole_of_a_fragment() -> None:
    unknown = Found(
        SnmpAddress(host="10.0.0.9", community="env:COMMUNITY"),
        {"sysObjectID": "1.3.6.1.4.1.8072.3.2.10", "sysDescr": "Linux"},
    )
    known = pdu(name="pdu: #1", rows={"outlets": ("1", "2", "3"), "sensors": ("1.3",)}, notes=("a note",))
    fault = Fault("10.0.0.7:502", "no answer from unit 1")
    assert written(known, unknown, fault) == (
        "# Found by facility scan, 2026-03-01 12:00 UTC: 2 devices at 14 addresses.\n"
        "# Put under `devices` of the site file what belongs there, say what each measures where it says\n"
        "# `fill in`, and run `facility check`.\n"
        "devices:\n"
        "\n"
        "  # A PDU of our own\n"
        "  #   sysName: pdu: #1\n"
        "  # ! a note\n"
        "  # ! this profile is not verified against a device: compare its readings with the device's display\n"
        "  - id: own_pdu-10-0-0-5\n"
        '    name: "pdu: #1"\n'
        "    profile: own_pdu\n"
        "    snmp: { host: 10.0.0.5, community: env:COMMUNITY }\n"
        "    equipment: fill in # the ICT_Rack that it measures\n"
        '    rows: { outlets: 1..3, sensors: ["1.3"] }\n'
        "    # no rows of spare found\n"
        "\n"
        "# These answered, and no profile recognises them. To poll one, name a profile that fits in an entry of your own,\n"
        "# or write one (CONTRIBUTING.md says how), with `identify` from what the device says here.\n"
        "# snmp at 10.0.0.9:161\n"
        "#   sysObjectID: 1.3.6.1.4.1.8072.3.2.10\n"
        "#   sysDescr: Linux\n"
        "\n"
        "# Something is there as well:\n"
        "# ! 10.0.0.7:502: no answer from unit 1\n"
    )


def test_nothing_found_is_a_fragment_too(tmp_path: Path) -> None:
    assert read(tmp_path, written()) == []


def test_it_does_not_load_before_it_is_filled_in_and_says_where(tmp_path: Path) -> None:
    [device] = read(tmp_path, written(pdu()))
    with pytest.raises(ConfigurationError, match=r"equipment.*'fill in'"):
        site(tmp_path, [device], profiles={"own_pdu": PDU})


@pytest.mark.parametrize(
    "credentials",
    [
        {"community": "env:COMMUNITY", "version": "v1"},
        {"community": "file:secrets/a community, {odd} # one"},
        {"v3": {"user": "yes, #1", "auth_key": "env:AUTH"}},
        {"v3": {"user": "no", "auth_protocol": "none"}},
        {
            "v3": {
                "user": "u", "auth_protocol": "MD5", "auth_key": "env:AUTH", "priv_protocol": "DES",
                "priv_key": "file:/run/keys/priv", "legacy": True,
            }
        },
        {
            "v3": {
                "user": "u", "auth_protocol": "SHA512", "auth_key": "env:AUTH", "priv_protocol": "AES256",
                "priv_key": "env:PRIV", "priv_key_extension": "reeder",
            }
        },
    ],
)  # fmt: skip
@pytest.mark.parametrize("host", ["10.0.0.5", "fd00::5", "null", "pdu-7.example"])
def test_addresses_and_references_come_back_as_they_were(
    tmp_path: Path, credentials: dict[str, Any], host: str
) -> None:
    address = SnmpAddress(host=host, port=1161, **credentials)
    [device] = read(tmp_path, written(Found(address, {}, Match(OWN_PDU))))
    loaded = site(tmp_path, [device | {"equipment": "rack-1"}], profiles={"own_pdu": PDU})
    assert loaded.site.devices[0].snmp == address


def test_a_modbus_unit_comes_back_as_it_was(tmp_path: Path) -> None:
    address = ModbusAddress(host="10.0.0.5", port=1502, unit_id=7)
    [device] = read(tmp_path, written(Found(address, {"vendor": "Maker"}, Match(OWN_METER))))
    assert device["id"] == "own_meter-10-0-0-5-1502-u7"
    loaded = site(tmp_path, [device | {"equipment": "ups-1"}], profiles={"own_meter": METER})
    assert loaded.site.devices[0].modbus == address


def test_slots_and_tables_of_modbus_are_left_to_fill_in(tmp_path: Path) -> None:
    gateway = load_profile("bms_plant")
    text = written(Found(ModbusAddress(host="10.0.0.5"), {}, Match(gateway, ("bms_other",))))
    [device] = read(tmp_path, text)
    assert device["equipment"] == dict.fromkeys(gateway.slots, "fill in")
    assert "! bms_other would fit as well" in text
    meter = {**METER, "tables": {"circuits": {"row": "circuit", "stride": 2, "points": METER["points"]}}}
    found = Found(ModbusAddress(host="10.0.0.5"), {}, Match(Profile.model_validate(meter)))
    assert "# rows: { circuits: fill in }" in written(found)


def test_rows_that_tables_share_are_for_a_person(tmp_path: Path) -> None:
    shared = SharedRows(("sensors", "spare"), {"1": "inlet", "2": ""})
    text = written(pdu(shared_rows=(shared,)))
    assert "rows" not in read(tmp_path, text)[0]
    assert "# ! of sensors or spare: put each" in text
    assert "    #   1 inlet\n    #   2\n" in text
    assert "no rows of outlets found" in text
    assert "no rows of sensors" not in text


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        (("1",), ["1"]),
        (("1", "2", "3"), "1..3"),
        (("5", "6"), "5..6"),
        (("1", "3"), ["1", "3"]),
        (("1.10", "1.2"), ["1.10", "1.2"]),
        (("1", "2.1"), ["1", "2.1"]),
        (("100000", "100001"), ["100000", "100001"]),
        (("2", "1"), ["2", "1"]),
    ],
)
def test_rows_are_written_so_that_they_are_read_alike(tmp_path: Path, rows: tuple[str, ...], kept: object) -> None:
    [device] = read(tmp_path, written(pdu(rows={"outlets": rows})))
    given = device["rows"]["outlets"]
    assert given == kept if isinstance(kept, str) else [str(row) for row in given] == kept
    loaded = site(tmp_path, [device | {"equipment": "rack-1"}], profiles={"own_pdu": PDU})
    assert loaded.site.devices[0].rows["outlets"] == rows


def test_ids_are_valid_unique_and_the_same_at_each_scan() -> None:
    found = [
        pdu("10.0.0.5"),
        pdu("10.0.0.5", address={"port": 1161}),
        pdu("a.b"),
        pdu("a-b"),
        pdu("a_b"),
        pdu("fd00:1111:2222:3333:4444:5555:6666:7777"),
        pdu("fd00:1111:2222:3333:4444:5555:6666:7777", profile=None),
        pdu("h" * 60 + ".example", profile=OWN_PDU.model_copy(update={"profile": "p" * 60})),
        pdu("h" * 60 + ".example", profile=OWN_PDU.model_copy(update={"profile": "p" * 60})),
    ]
    ids = [identifier for _, identifier in device_ids(found)]
    assert ids[:5] == ["own_pdu-10-0-0-5", "own_pdu-10-0-0-5-1161", "own_pdu-a-b", "own_pdu-a-b-2", "own_pdu-a-b-3"]
    assert len(set(ids)) == len(ids) == len(found)
    assert all(re.fullmatch(r"[a-z][a-z0-9_-]{0,39}", identifier) for identifier in ids)
    assert ids == [identifier for _, identifier in device_ids(found)]


@given(st.text(max_size=200), st.text(max_size=200))
def test_whatever_a_device_says_the_fragment_has_this_device_and_no_other(name: str, text: str) -> None:
    says = {"sysName": printable(name), "sysDescr": printable(text)}
    known = Found(SnmpAddress(host="10.0.0.5", community="env:C"), says, Match(OWN_PDU), notes=(text,))
    unknown = Found(SnmpAddress(host="10.0.0.6", community="env:C"), says, notes=(text,))
    content = yaml.safe_load(written(known, unknown, Fault("10.0.0.7:161", text)))
    assert set(content) == {"devices"}
    [device] = content["devices"]
    assert device.get("name", "") == printable(name)
    assert set(device) - {"name"} == {"id", "profile", "snmp", "equipment"}
