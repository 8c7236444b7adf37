"""What the demo writes before it starts: secrets in private files, and the site file with addresses filled in."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from facility.site_file.for_each import expand
from facility.yaml_file import read_yaml
from tools.demo.ports import Place

COMMUNITY = "FACILITY_DEMO_COMMUNITY"
SECRET_FILES = ("community", "ups_auth_key", "ups_priv_key")
HEADER = (
    "# Written by tools.demo: site_configs/demo.yaml with the addresses of this run. Edits here are lost at the next.\n"
)


def write_secrets(folder: Path) -> dict[str, str]:
    """Make the secrets that are not there yet, readable by nobody else; return the environment that children need."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in SECRET_FILES:
        path = folder / name
        if not path.exists():
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(18))
    return {COMMUNITY: (folder / "community").read_text(encoding="utf-8")}


def write_site(example: Path, places: Mapping[str, Place], secret_folder: Path, path: Path) -> None:
    """Write the site file of this run: the example with every entry written out, its addresses and secrets those of this run."""
    data = expand(read_yaml(example)).data
    for device in data["devices"]:
        _place(device, places[device["id"]], secret_folder)
    path.write_text(HEADER + yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=120), encoding="utf-8")


def _place(device: dict[str, Any], place: Place, secret_folder: Path) -> None:
    address = device.get("modbus") or device["snmp"]
    address |= {"host": place["host"], "port": place["port"]}
    v3 = address.get("v3") or {}
    for key in ("auth_key", "priv_key"):
        if str(v3.get(key, "")).startswith("file:"):
            v3[key] = f"file:{secret_folder / Path(v3[key]).name}"
