"""What `facility check` says of SNMP devices that protect little."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from facility import cli
from tests.acquire.sites import site, snmp_device

KEYS = {"auth_key": "env:A", "priv_key": "env:P"}
DEVICES: list[tuple[str, dict[str, Any]]] = [
    ("good", {"v3": {"user": "u", **KEYS}}),
    ("open", {"v3": {"user": "u", "auth_protocol": "none"}}),
    ("readable", {"v3": {"user": "u", "auth_key": "env:A"}}),
    ("old", {"v3": {"user": "u", **KEYS, "auth_protocol": "MD5", "priv_protocol": "DES", "legacy": True}}),
    *((f"pdu-{n}", {}) for n in range(1, 8)),
]


@pytest.fixture
def site_path(tmp_path: Path) -> Path:
    devices = [
        snmp_device(name, "apc_rpdu2", 161, f"rack-{n}", **more) for n, (name, more) in enumerate(DEVICES, start=1)
    ]
    return site(tmp_path, devices).path


def test_weak_security_is_shown_by_device(site_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", str(site_path)]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "! SNMPv3 without authentication: no better than a community: open" in shown
    assert "! SNMPv3 without privacy: readings in the clear: readable" in shown
    assert "! SNMPv3 with MD5 and DES (legacy: true): no protection against attackers: old" in shown
    clear = "! SNMP v1 and v2c: community and readings in the clear: pdu-1, pdu-2, pdu-3, pdu-4, pdu-5 and 2 more"
    assert clear in shown
    assert "good" not in shown


def test_weak_security_as_json(site_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["check", str(site_path), "--format", "json"])
    notes = json.loads(capsys.readouterr().out)["snmp_security"]
    assert sorted(map(len, notes.values())) == [1, 1, 1, 7]
