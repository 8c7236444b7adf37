"""Small site files for the tests: racks enough for any device, and the devices asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from facility.records import Quality, ReadingBatch
from facility.site_file import LoadedSite, load_site

_PUMPS = [
    {"id": "chw", "duty": "chilled_water", "rated_flow_lps": 10.0, "rated_kw": 5.0},
    {"id": "cw", "duty": "condenser_water", "rated_flow_lps": 10.0, "rated_kw": 5.0},
]
_BASE: dict[str, Any] = {
    "schema": 1,
    "id": "test",
    "name": "Test",
    "time_zone": "UTC",
    "currency": "EUR",
    "halls": [{"id": "hall-1", "racks": [{"id": f"rack-{n}", "rated_kw": 10.0} for n in range(1, 41)]}],
    "crahs": [
        {
            "id": f"crah-{n}",
            "hall": "hall-1",
            "plant": "plant-1",
            "rated_airflow_m3ps": 8.0,
            "rated_fan_kw": 5.0,
            "rated_cooling_kw": 90.0,
        }
        for n in range(1, 11)
    ],
    "plants": [
        {
            "id": "plant-1",
            "chillers": [{"id": "chiller-1", "rated_cooling_kw": 500.0}],
            "towers": [{"id": "tower-1", "rated_rejection_kw": 600.0, "rated_fan_kw": 7.0, "rated_flow_lps": 30.0}],
            "pumps": _PUMPS,
        }
    ],
    "electrical": {
        "transformer": {"id": "tx", "rated_kw": 1000.0, "no_load_kw": 1.0},
        "ups": {"id": "ups-1", "rated_kw": 1000.0, "no_load_kw": 5.0},
    },
    "tariff": {"energy_price_per_kwh": 0.1},
}


def site(
    folder: Path,
    devices: Sequence[Mapping[str, Any]],
    writable: Sequence[Mapping[str, Any]] = (),
    profiles: Mapping[str, Mapping[str, Any]] | None = None,
) -> LoadedSite:
    """Write a site file (JSON is YAML) with these devices and profiles, and load it."""
    content = {**_BASE, "devices": list(devices), "writable": list(writable)}
    if profiles:
        content["profile_folder"] = "profiles"
        (folder / "profiles").mkdir(exist_ok=True)
        for name, profile in profiles.items():
            (folder / "profiles" / f"{name}.yaml").write_text(json.dumps(profile))
    path = folder / "site.yaml"
    path.write_text(json.dumps(content, indent=1))
    return load_site(path)


def modbus_device(device: str, profile: str, port: int, equipment: object, **more: Any) -> dict[str, Any]:
    address = {"host": "127.0.0.1", "port": port, "unit_id": more.pop("unit_id", 1)}
    return {"id": device, "profile": profile, "modbus": address, "equipment": equipment, **more}


def snmp_device(device: str, profile: str, port: int, equipment: str, **more: Any) -> dict[str, Any]:
    credentials = {"v3": more.pop("v3")} if "v3" in more else {"community": more.pop("community", "env:COMMUNITY")}
    address = {"host": "127.0.0.1", "port": port, **credentials}
    return {"id": device, "profile": profile, "snmp": address, "equipment": equipment, **more}


class SetClock:
    """A clock that stands where it is set."""

    def __init__(self, at: datetime = datetime(2026, 3, 1, 12, tzinfo=UTC)) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def step(self, by_s: float) -> None:
        self.at += timedelta(seconds=by_s)


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def by_point(batch: ReadingBatch) -> dict[str, tuple[float, Quality]]:
    """Return a batch as {point: (value, quality)}; the last reading of each point."""
    return {
        point: (float(value), Quality(int(quality)))
        for point, value, quality in zip(batch.points, batch.values, batch.quality, strict=True)
    }


def qualities(batch: ReadingBatch, prefix: str = "") -> set[Quality]:
    """Return the qualities found in a batch, of the points that begin so."""
    chosen = np.array([point.startswith(prefix) for point in batch.points])
    return {Quality(int(each)) for each in np.asarray(batch.quality)[chosen]}
