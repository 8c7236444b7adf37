"""Site files for the benchmark of polling, written into a folder: any number of devices, profiles with as many points as wanted."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from facility.points import QUANTITIES
from facility.site_file import LoadedSite, load_site
from tools.bench.poll_fleet import MODBUS_POINTS, SCALE, SNMP_POINTS, Fleet, host, outlet_oid

COMMUNITY, USER, AUTH_KEY, PRIV_KEY = "public", "bench", "authpass12", "privpass12"
# What can be scaled; a device with more points than these hangs them on a second rack, its profile's next slot.
_QUANTITIES = [quantity for quantity in QUANTITIES.values() if quantity.unit not in ("enum", "count")][:50]
_SITE: Mapping[str, Any] = {
    "schema": 1,
    "id": "bench",
    "name": "Bench",
    "time_zone": "UTC",
    "currency": "EUR",
    "crahs": [
        {
            "id": "crah-1",
            "hall": "hall-1",
            "plant": "plant-1",
            "rated_airflow_m3ps": 8.0,
            "rated_fan_kw": 5.0,
            "rated_cooling_kw": 90.0,
        }
    ],
    "plants": [
        {
            "id": "plant-1",
            "chillers": [{"id": "chiller-1", "rated_cooling_kw": 500.0}],
            "towers": [{"id": "tower-1", "rated_rejection_kw": 600.0, "rated_fan_kw": 7.0, "rated_flow_lps": 30.0}],
            "pumps": [
                {"id": "chw", "duty": "chilled_water", "rated_flow_lps": 10.0, "rated_kw": 5.0},
                {"id": "cw", "duty": "condenser_water", "rated_flow_lps": 10.0, "rated_kw": 5.0},
            ],
        }
    ],
    "electrical": {
        "transformer": {"id": "tx", "rated_kw": 1000.0, "no_load_kw": 1.0},
        "ups": {"id": "ups-1", "rated_kw": 1000.0, "no_load_kw": 5.0},
    },
    "tariff": {"energy_price_per_kwh": 0.1},
    "profile_folder": "profiles",
}
_RANGE = [-1e9, 1e9]


def fleet_site(folder: Path, fleet: Fleet, port: int) -> LoadedSite:
    """Return the site of a fleet whose devices answer on one port."""
    timeout = {"timeout_s": fleet.timeout_s}
    profiles = [
        snmp_profile("bench_pdu", SNMP_POINTS, **timeout),
        modbus_profile("bench_meter", MODBUS_POINTS, **timeout),
    ]
    community = _secret(folder, "community", COMMUNITY)
    devices = []
    for number in range(fleet.devices):
        address = {"host": host(number), "port": port}
        if number < fleet.snmp:
            protocol: dict[str, Any] = {"profile": "bench_pdu", "snmp": {**address, "community": community}}
        else:
            protocol = {"profile": "bench_meter", "modbus": address}
        devices.append(
            {
                "id": f"device-{number:05d}",
                "equipment": _equipment(number, fleet.points_of(number)),
                "interval_s": fleet.interval_s,
                **protocol,
            }
        )
    return write_site(folder, devices, profiles, flush_interval_s=fleet.flush_interval_s)


def snmp_site(folder: Path, port: int, points: int, *, v3: bool) -> LoadedSite:
    """Return a site with one PDU on 127.0.0.1, asked with a community or as a v3 user with SHA-256 and AES-128."""
    keys = {"auth_key": _secret(folder, "auth", AUTH_KEY), "priv_key": _secret(folder, "priv", PRIV_KEY)}
    user = {"v3": {"user": USER, "auth_protocol": "SHA256", "priv_protocol": "AES128", **keys}}
    address = {"host": "127.0.0.1", "port": port}
    snmp = {**address, **(user if v3 else {"community": _secret(folder, "community", COMMUNITY)})}
    device = {"id": "pdu", "profile": "bench_pdu", "snmp": snmp, "equipment": _equipment(0, points)}
    return write_site(folder, [device], [snmp_profile("bench_pdu", points)])


def modbus_site(folder: Path, port: int, registers: int) -> LoadedSite:
    """Return a site with one Modbus device on 127.0.0.1 that is read in one request."""
    modbus = {"host": "127.0.0.1", "port": port}
    device = {"id": "meter", "profile": "bench_meter", "modbus": modbus, "equipment": _equipment(0, registers)}
    return write_site(folder, [device], [modbus_profile("bench_meter", registers)])


def write_site(
    folder: Path, devices: Sequence[Mapping[str, Any]], profiles: Iterable[Mapping[str, Any]], **history: float
) -> LoadedSite:
    """Write a site file (JSON is YAML) and its profiles, and load it."""
    (folder / "profiles").mkdir(exist_ok=True)
    for profile in profiles:
        (folder / "profiles" / f"{profile['profile']}.yaml").write_text(json.dumps(profile), encoding="utf-8")
    racks = [{"id": rack, "rated_kw": 10.0} for device in devices for rack in device["equipment"].values()]
    site = {**_SITE, "halls": [{"id": "hall-1", "racks": racks}], "devices": list(devices), "history": history}
    path = folder / "site.yaml"
    path.write_text(json.dumps(site, indent=0), encoding="utf-8")
    return load_site(path)


def point_ids(device: int, points: int) -> Iterator[str]:
    """Yield the ids of a device's points, in the order of their registers or rows."""
    racks = _equipment(device, points)
    for point in range(points):
        yield f"{racks[_slot(point)]}.{_QUANTITIES[point % len(_QUANTITIES)].key}"


def snmp_profile(name: str, points: int, **limits: float) -> Mapping[str, Any]:
    """Return a PDU's profile: rows of its outlets' table."""
    oids = [".".join(map(str, outlet_oid(point))) for point in range(points)]
    return _profile(name, "snmp", [{"oid": oid, "type": "integer"} for oid in oids], limits)


def modbus_profile(name: str, registers: int, **limits: float) -> Mapping[str, Any]:
    """Return a meter's profile: input registers from 0 on, in as few requests as the protocol allows."""
    places = [{"table": "input", "address": address, "type": "uint16"} for address in range(registers)]
    return _profile(name, "modbus", places, {"registers_per_request": 125, **limits})


def _profile(
    name: str, protocol: str, places: Sequence[Mapping[str, Any]], limits: Mapping[str, float]
) -> Mapping[str, Any]:
    points = {}
    for number, place in enumerate(places):
        quantity = _QUANTITIES[number % len(_QUANTITIES)]
        meaning = {"quantity": quantity.key, "slot": _slot(number), "unit": quantity.unit}
        points[f"p{number:03d}"] = {**place, **meaning, "scale": SCALE, "range": _RANGE}
    return {
        "profile": name,
        "title": name,
        "protocol": protocol,
        "verified": True,
        "source": "tools/bench",
        "equipment_kind": "ICT_Rack",
        "limits": dict(limits),
        "points": points,
    }


def _slot(point: int) -> str:
    return f"rack_{point // len(_QUANTITIES) + 1}"


def _equipment(device: int, points: int) -> dict[str, str]:
    slots = dict.fromkeys(_slot(point) for point in range(points))
    return {slot: f"rack-{device:05d}-{number}" for number, slot in enumerate(slots, start=1)}


def _secret(folder: Path, name: str, value: str) -> str:
    path = folder / name
    path.touch(mode=0o600)
    path.write_text(value, encoding="utf-8")
    return f"file:{path.absolute()}"
