"""What the demo writes before it starts."""

from __future__ import annotations

import json
import shutil
import socket
import stat
from contextlib import ExitStack
from pathlib import Path

import pytest

from facility.dispatch.settings import load_settings
from facility.secrets import resolve_secret
from facility.site_file import load_site
from tools.demo.__main__ import DISPATCH
from tools.demo.files import COMMUNITY, write_secrets, write_site
from tools.demo.ports import QUIET, WEB, pick_ports
from tools.demo.readiness import devices_listen

DEMO = Path(__file__).parents[2] / "site_configs" / "demo.yaml"
DEVICES = load_site(DEMO).site.devices


def test_secrets_are_private_kept_and_different(tmp_path: Path) -> None:
    folder = tmp_path / "a b" / "secrets"
    first = write_secrets(folder)
    assert first == write_secrets(folder)
    files = sorted(folder.iterdir())
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600] * 3
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert len({file.read_text() for file in files}) == 3
    assert all(len(file.read_text()) >= 20 for file in files)


def test_site_file_is_the_demo_with_addresses_filled_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "a b"
    environment = write_secrets(folder / "secrets")
    places = pick_ports(DEVICES, folder / "ports.json")
    write_site(DEMO, places, folder / "secrets", folder / "site.yaml")
    assert (folder / "site.yaml").read_text().splitlines()[0].startswith("# Written by tools.demo")
    written, example = load_site(folder / "site.yaml"), load_site(DEMO)
    assert [point.id for point in written.points] == [point.id for point in example.points]
    assert written.site.tariff == example.site.tariff
    monkeypatch.setenv(COMMUNITY, environment[COMMUNITY])
    for device in written.site.devices:
        address = device.modbus or device.snmp
        assert address is not None
        assert (address.host, address.port) == ("127.0.0.1", places[device.id]["port"])
    ups = next(device.snmp for device in written.site.devices if device.id == "ups-card")
    assert ups is not None
    assert ups.v3 is not None
    assert ups.v3.auth_key is not None
    assert resolve_secret(ups.v3.auth_key).get_secret_value() == (folder / "secrets/ups_auth_key").read_text()
    text = (folder / "site.yaml").read_text()
    assert not any(file.read_text() in text for file in (folder / "secrets").iterdir())


def test_ports_are_free_different_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    first = pick_ports(DEVICES, file)
    assert json.loads(file.read_text()) == first
    assert set(first) == {WEB, *(device.id for device in DEVICES)}
    assert len({place["port"] for place in first.values()}) == len(first)
    assert pick_ports(DEVICES, file) == first


def test_ports_differ_where_few_are_left_and_where_a_file_says_they_do_not(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    few = pick_ports(DEVICES, file, QUIET[-2 * len(DEVICES) :])
    assert len({place["port"] for place in few.values()}) == len(few)
    file.write_text(json.dumps({name: {**place, "port": QUIET[0]} for name, place in few.items()}))
    assert len({place["port"] for place in pick_ports(DEVICES, file).values()}) == len(few)


def test_a_port_taken_meanwhile_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    first = pick_ports(DEVICES, file)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", first["plant-controller"]["port"]))
        taken.listen()
        second = pick_ports(DEVICES, file)
    changed = {name for name, place in second.items() if place != first[name]}
    assert changed == {"plant-controller"}


def test_devices_are_ready_when_the_last_of_them_listens(tmp_path: Path) -> None:
    places = pick_ports(DEVICES, tmp_path / "ports.json")
    modbus = [place["port"] for place in places.values() if place["protocol"] == "modbus"]
    with ExitStack() as opened:
        for port in modbus:
            assert not devices_listen(places.values())
            opened.enter_context(socket.create_server(("127.0.0.1", port)))
        assert devices_listen(places.values())


def test_what_the_plant_takes_back_hangs_on_a_heartbeat(tmp_path: Path) -> None:
    write_site(DEMO, pick_ports(DEVICES, tmp_path / "ports.json"), tmp_path / "secrets", tmp_path / "site.yaml")
    shutil.copyfile(DISPATCH, tmp_path / "site.dispatch.yaml")
    loaded = load_site(tmp_path / "site.yaml")
    watched = {point for one in load_settings(loaded).heartbeats for point in one.points}
    assert watched == {one.id for one in loaded.points if one.writable and one.writable.reversion != "none"}
