"""Writes a register list as a profile, as an engineer would: one line a point, and `fill in` where the list is silent."""

from __future__ import annotations

import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import ValidationError

from facility.errors import ConfigurationError
from facility.faults import explain
from facility.points import QUANTITIES
from facility.profile.library import read_profile
from facility.profile.point import ProfilePoint
from facility.profile.register_list import Listed, RegisterList
from facility.profile.template import FILL_IN
from facility.units import canonical

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_ /]*|\d+(\.\d+){2,}")
_ORDER = (
    "quantity", "slot", "oid", "table", "address", "type", "byte_order", "word_order", "scale", "offset", "unit", "invalid",
    "range", "writable",
)  # fmt: skip


def profile_from_csv(listed: RegisterList, name: str, title: str, equipment_kind: str) -> str:
    """Return a profile in YAML; `title` and `equipment_kind` may be `fill in`.

    Raises
    ------
    ConfigurationError
        `file:line: what is wrong` with a point; a name that cannot be a profile's.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise ConfigurationError(f"--name {name[:40]}: expected a word such as my_chiller")
    _refuse_faults(listed)
    protocols = {"snmp" if "oid" in point.values else "modbus" for point in listed.points}
    if len(protocols) > 1:
        raise ConfigurationError(f"{listed.path}: some points have an oid and some an address; make it two lists")
    text = _written(listed, name, title, equipment_kind, protocols.pop())
    with TemporaryDirectory() as folder:  # what is handed out loads
        Path(folder, f"{name}.yaml").write_text(text, encoding="utf-8")
        read_profile(name, Path(folder))
    return text


def _refuse_faults(listed: RegisterList) -> None:
    faults = [f"{listed.path}:{point.line}: {message}" for point in listed.points for message in _faults(point)]
    if faults:
        raise ConfigurationError("\n".join(faults))


def _faults(point: Listed) -> list[str]:
    quantity = QUANTITIES[str(point.values.get("quantity", point.key))]
    unit = point.values["unit"]
    if unit != FILL_IN and canonical(str(unit))[0] != quantity.unit:
        return [f"{point.key}: unit {unit} is not one of {quantity.unit}"]
    if FILL_IN in point.values.values():
        return []
    try:
        ProfilePoint.model_validate(point.values)
    except ValidationError as error:
        return [f"{point.key}: {message}" for _, message in explain(error, ProfilePoint)]
    return []


def _written(listed: RegisterList, name: str, title: str, equipment_kind: str, protocol: str) -> str:
    ignored = [f"# Columns of the list that were not understood: {', '.join(listed.ignored)}"] if listed.ignored else []
    head = [
        "# Written by `facility profiles new`; ranges are in the canonical unit of each quantity.",
        *ignored,
        f"profile: {name}",
        f"title: {json.dumps(title)}",
        f"protocol: {protocol}",
        "verified: false",
        f"source: {json.dumps(listed.path.name)}",
        f"equipment_kind: {json.dumps(equipment_kind)}",
        "points:",
    ]
    return "\n".join([*head, *(_line(point) for point in listed.points), ""])


def _line(point: Listed) -> str:
    values = ", ".join(f"{field}: {_scalar(point.values[field])}" for field in _ORDER if field in point.values)
    return f"  {point.key}: {{ {values} }}" + (f" # {point.comment}" if point.comment else "")


def _scalar(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_scalar, value))}]"
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, str) and _PLAIN.fullmatch(value):
        return value
    return json.dumps(value)
