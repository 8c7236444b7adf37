"""`facility profiles test`, against net-snmp's agent and a Modbus server."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from facility.cli import main
from tests.acquire.servers import free_port, snmpd
from tests.service.modbus_server import ModbusServer

APC = ".1.3.6.1.4.1.318.1.1.26"
LINES = [
    "rocommunity public 127.0.0.1",
    "createUser reader SHA-256 authpass12 AES privpass12",
    "rouser reader priv",
    "sysDescr APC Web/SNMP Management Card",
    f'override {APC}.2.1.8.1 octet_str "AP8853"',
    f"override {APC}.4.3.1.5.1 integer 734",
    f"override {APC}.4.3.1.17.1 integer -1",
    *(f"override {APC}.6.3.1.5.{phase} integer 10{phase}" for phase in (1, 2, 3)),
    *(f'override {APC}.9.4.3.1.3.{outlet} octet_str "Server {outlet}"' for outlet in (1, 2)),
    *(f"override {APC}.9.4.3.1.6.{outlet} integer 1{outlet}" for outlet in (1, 2)),
    *(f"override {APC}.9.4.3.1.7.{outlet} integer 25{outlet}" for outlet in (1, 2)),
    f"override {APC}.10.2.2.1.8.1 integer 990",
]


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with snmpd(tmp_path_factory.mktemp("snmpd"), LINES) as port:
        yield str(port)


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (
        ("COMMUNITY", "public"),
        ("AUTH", "authpass12"),
        ("PRIV", "privpass12"),
    ):
        monkeypatch.setenv(f"TRIAL_{name}", value)


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any], str]:
    code = main(["profiles", "test", *words, "--format", "json"])
    told = capsys.readouterr()
    return code, json.loads(told.out or "{}"), told.err


def test_it_reads_identity_points_and_the_rows_that_are_there(agent: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, found, err = run(capsys, "apc_rpdu2", "127.0.0.1", "--port", agent, "--community", "env:TRIAL_COMMUNITY")
    assert (code, err) == (0, "")
    assert found["identity"]["model"] == "AP8853"
    assert found["identity"]["system"] == "APC Web/SNMP Management Card"
    assert found["tables"] == {"outlets": ["1", "2"], "probes": ["1"]}
    points = {row["point"]: row for row in found["points"]}
    assert points["power_kw"] == {
        "point": "power_kw", "value": 7.34, "unit": "kW", "quality": "good", "raw": 734.0, "label": "",
    }  # fmt: skip
    assert (points["power_factor"]["quality"], points["power_factor"]["raw"]) == ("bad", -1.0)
    assert points["voltage_l1_v"]["quality"] == "bad"  # that instance is not there
    assert (points["inlet_temperature_degc"]["quality"], points["inlet_temperature_degc"]["value"]) == (
        "out_of_range",
        99.0,
    )
    outlet = points["outlet-2.outlet_power_kw"]
    assert (outlet["value"], outlet["label"]) == (0.252, "Server 2")


def test_v3_works_as_in_a_site_file(agent: str, capsys: pytest.CaptureFixture[str]) -> None:
    keys = ("--auth-key", "env:TRIAL_AUTH", "--priv-key", "env:TRIAL_PRIV")
    code, found, _ = run(capsys, "apc_rpdu2", "127.0.0.1", "--port", agent, "--user", "reader", *keys)
    assert code == 0
    assert found["tables"]["outlets"] == ["1", "2"]


def test_named_rows_are_read_and_others_not_looked_for(agent: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--port", agent, "--community", "env:TRIAL_COMMUNITY", "--rows", "outlets=2..3")
    points = {row["point"]: row for row in run(capsys, "apc_rpdu2", "127.0.0.1", *words)[1]["points"]}
    assert "outlet-1.outlet_power_kw" not in points
    assert points["outlet-3.outlet_power_kw"]["quality"] == "bad"


def test_a_device_that_is_dead_exits_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    code, found, err = run(
        capsys, "apc_rpdu2", "127.0.0.1", "--port", str(free_port()), "--community", "env:TRIAL_COMMUNITY"
    )
    assert code == 1
    assert {row["quality"] for row in found["points"]} == {"stale"}
    assert "127.0.0.1" in err


def test_a_device_that_is_something_else_exits_with_1(agent: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, found, _ = run(capsys, "geist_v5", "127.0.0.1", "--port", agent, "--community", "env:TRIAL_COMMUNITY")
    assert code == 1
    assert found["identity"]["system"] == "APC Web/SNMP Management Card"


def test_modbus_takes_the_rows_it_is_given(capsys: pytest.CaptureFixture[str]) -> None:
    high, low = struct.unpack(">HH", struct.pack(">f", 87.25))
    with ModbusServer({3055: high, 3056: low, 3059: high, 3060: low}) as meter:
        words = ("schneider_pm5560", "127.0.0.1", "--port", str(meter.port), "--unit", "3", "--rows", "phases=2")
        code, found, _ = run(capsys, *words)
        main(["profiles", "test", "schneider_pm5560", "127.0.0.1", "--port", str(meter.port)])
        drawn = capsys.readouterr().out
        meter.shutdown()
    assert code == 0
    values = {row["point"]: row["value"] for row in found["points"]}
    assert (values["power_kw"], values["phase-2.phase_power_kw"]) == (87.25, 87.25)
    assert "--rows phases=1..3" in drawn


def test_a_completed_profile_is_tried_from_its_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profiles", "show", "bms_weather", "--output", str(tmp_path / "bms_weather.yaml")]) == 0
    with ModbusServer({0: 215, 1: 500, 2: 150}) as station:
        code, found, _ = run(capsys, str(tmp_path / "bms_weather.yaml"), "127.0.0.1", "--port", str(station.port))
        station.shutdown()
    assert code == 0
    assert found["points"][0]["value"] == 21.5


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("apc_rpdu2", "127.0.0.1"), "give either community"),
        (("apc_rpdu2", "127.0.0.1", "--community", "public"), "env:NAME or file:PATH"),
        (("apc_rpdu2", "127.0.0.1", "--community", "env:TRIAL_NOT_SET"), "TRIAL_NOT_SET is not set"),
        (
            ("apc_rpdu2", "127.0.0.1", "--community", "env:TRIAL_COMMUNITY", "--rows", "outlet=1"),
            "did you mean 'outlets'",
        ),
        (("generic_cdu", "127.0.0.1"), "is a template"),
        (("missing.yaml", "127.0.0.1"), "no such file"),
    ],
)
def test_what_cannot_be_tried_is_told(words: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, *words)
    assert code == 2
    assert told in err
    assert "community public" not in err
