"""`facility scan`, as an engineer runs it, up to polling what it found."""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from facility.cli import main, scan
from facility.yaml_file import read_yaml
from tests.acquire.discovery.devices import PDU, PDU_LINES, SYS_OBJECT_ID, liar, recogniser
from tests.acquire.discovery.recorders import udp_recorder
from tests.acquire.polling import poll_once
from tests.acquire.servers import free_port, snmpd
from tests.acquire.sites import SystemClock, by_point, site
from tests.house.repository import ROOT

SECRETS = {"COMMUNITY": "public-word", "AUTH": "authpass12", "PRIV": "privpass12"}
V3 = ("--user", "facility", "--auth-key", "env:AUTH", "--priv-key", "env:PRIV")


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, secret in SECRETS.items():
        monkeypatch.setenv(name, secret)


@pytest.fixture(scope="module")
def profiles(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("profiles")
    recogniser(folder)
    return str(folder)


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with snmpd(tmp_path_factory.mktemp("agent"), PDU_LINES) as port:
        yield port


@pytest.mark.parametrize("credentials", [("--snmp", "env:COMMUNITY"), V3], ids=["v2c", "v3"])
def test_what_is_found_is_polled_once_it_is_filled_in(
    agent: int, profiles: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], credentials: tuple[str, ...]
) -> None:
    output = tmp_path / "fragment.yaml"
    words = ["scan", f"127.0.0.1:{agent}", *credentials, "--profiles", profiles, "--output", str(output)]
    assert main(words) == 0
    told = capsys.readouterr()
    assert "1 devices at 1 addresses" in told.out
    assert "own_pdu" in told.out
    assert told.err == ""
    fragment = output.read_text(encoding="utf-8")
    assert not [secret for secret in SECRETS.values() if secret in fragment + told.out]

    [device] = read_yaml(output).data["devices"]
    loaded = site(tmp_path, [device | {"equipment": "rack-1"}], profiles={"own_pdu": PDU})
    rows = by_point(asyncio.run(poll_once(loaded, SystemClock())))
    assert rows["rack-1.power_kw"][0] == pytest.approx(4.321)
    assert rows["rack-1.outlet-2.outlet_power_kw"][0] == pytest.approx(0.07)
    assert rows["rack-1.sensor-1-3.inlet_temperature_degc"][0] == pytest.approx(24.1)
    assert len(rows) == 4


def test_json_csv_and_yaml(agent: int, profiles: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    words = ["scan", f"127.0.0.1:{agent}", "--snmp", "env:COMMUNITY", "--profiles", profiles, "--format"]
    assert main([*words, "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["addresses"], document["asked"], document["faults"]) == (1, 1, [])
    [device] = document["devices"]
    assert (device["id"], device["profile"]) == (f"own_pdu-127-0-0-1-{agent}", "own_pdu")
    assert device["rows"] == {"outlets": ["1", "2"], "sensors": ["1.3"]}
    assert device["says"]["sysName"] == 'pdu "one"'

    assert main([*words, "csv", "--output", str(tmp_path / "found.csv")]) == 0
    [row] = csv.DictReader((tmp_path / "found.csv").read_text(encoding="utf-8").splitlines())
    assert row["rows"] == "outlets: 1 2; sensors: 1.3"
    assert row["says"].startswith("sysObjectID: ")

    assert main([*words, "yaml"]) == 0
    assert "\n  - id: own_pdu-127-0-0-1" in capsys.readouterr().out


def test_nobody_there_exits_with_1_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["scan", f"127.0.0.1:{free_port()}", "--snmp", "env:COMMUNITY", "--modbus", "--timeout", "0.2"]
    assert main(words) == 1
    assert "0 devices at 1 addresses" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("10.0.0.1",), "say what to ask for"),
        (("10.0.0.1", "--snmp", "env:COMMUNITY", "--unit", "1"), "--unit belongs to --modbus"),
        (("10.0.0.0/8", "--modbus"), "16,777,214 addresses, more than 4,096"),
        (("10.0.0.300", "--modbus"), "neither an address nor a host name"),
        (("10.0.0.1", "--snmp", "SeCrEt-word"), "expected env:NAME or file:PATH"),
        (("10.0.0.1", "--snmp", "env:FACILITY_NOT_SET"), "FACILITY_NOT_SET is not set"),
        (("10.0.0.1", "--snmp", "env:COMMUNITY", *V3), "either community"),
        (("10.0.0.1", "--user", "u"), "give auth_key"),
        (("10.0.0.1", "--auth-key", "env:AUTH"), "user: this key is required"),
        (("10.0.0.1", *V3, "--auth-protocol", "MD5"), "legacy"),
        (("10.0.0.1", *V3, "--version", "v1"), "version goes with a community"),
        (("10.0.0.1", "--modbus", "--profiles", "nowhere"), "not a folder"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_sent(
    words: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["scan", *words]) == 2
    error = capsys.readouterr().err
    assert told in error
    assert "SeCrEt-word" not in error


@pytest.mark.parametrize(
    "words",
    [
        (), ("10.0.0.1", "--rate", "0"), ("10.0.0.1", "--rate", "nan"), ("10.0.0.1", "--unit", "256"),
        ("10.0.0.1", "--unit", "-1"), ("10.0.0.1", "--parallel", "0"), ("10.0.0.1", "--snmp-port", "70000"),
        ("10.0.0.1", "--timeout", "x"), ("10.0.0.1", "--auth-protocol", "SHA9"),
    ],
)  # fmt: skip
def test_wrong_usage(words: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["scan", "--modbus", *words])
    assert caught.value.code == 2


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site_file = tmp_path / "site.yaml"
    site_file.write_text("mine", encoding="utf-8")
    assert main(["scan", "127.0.0.1", "--modbus", "--output", str(site_file)]) == 2
    assert "give a new name" in capsys.readouterr().err
    assert site_file.read_text(encoding="utf-8") == "mine"


def test_control_characters_reach_neither_terminal_nor_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nasty = b'\x1b]0;owned\x07\n- id: evil\r\x9b2J" =cmd [red]x[/red] ' + b"A" * 3000
    with udp_recorder(lambda to, data: liar(description=nasty, name=nasty)(data)) as (port, _):
        words = ["scan", f"127.0.1.1:{port}", "--snmp", "env:COMMUNITY"]
        for more in ((), ("--format", "json"), ("--format", "csv"), ("--format", "yaml")):
            assert main([*words, *more]) == 0
        assert main([*words, "--output", str(tmp_path / "fragment.yaml")]) == 0
    told = capsys.readouterr().out + (tmp_path / "fragment.yaml").read_text(encoding="utf-8")
    assert "?]0;owned?" in told
    assert "[red]" in told
    assert all(character.isprintable() or character == "\n" for character in told)
    assert read_yaml(tmp_path / "fragment.yaml").data["devices"] == []


def test_ctrl_c_keeps_what_was_found(profiles: str, tmp_path: Path) -> None:
    ours = b"\x06\x09\x2b\x06\x01\x04\x01\x86\x8d\x1f\x01"
    output = tmp_path / "fragment.yaml"
    with udp_recorder(lambda to, data: liar(ours)(data) if SYS_OBJECT_ID in data else []) as (port, record):
        words = ["scan", "127.0.1.1..100", "--snmp-port", str(port), "--snmp", "env:COMMUNITY", "--timeout", "0.05"]
        command = [sys.executable, "-m", "facility", *words, "--profiles", profiles, "--output", str(output)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        while len({each.to for each in record}) < 12:
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert re.search(r"broken off after \d+ of 100 addresses", err)
    assert "Traceback" not in err
    assert len(read_yaml(output).data["devices"]) >= 3
    assert "own_pdu" in out


def test_the_commands_of_the_guide_are_understood() -> None:
    guide = (ROOT / "docs" / "discovery.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", guide, flags=re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    commands = [shlex.split(line, comments=True) for line in lines if line.startswith("facility scan")]
    assert len(commands) >= 3
    parser = argparse.ArgumentParser()
    scan.add_arguments(parser)
    for _, _, *words in commands:
        parser.parse_args(words)
