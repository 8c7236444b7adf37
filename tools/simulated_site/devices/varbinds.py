"""How an SNMP agent keeps a value: an integer, or a gauge, behind an OID."""

from __future__ import annotations

import math
from dataclasses import dataclass

Oid = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Varbind:
    """One value: `per_unit` is what the agent counts for one canonical unit; `share` is this line's part of a total."""

    oid: Oid
    quantity: str
    per_unit: float = 1.0
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class SnmpMap:
    """The OIDs of a device model: measured ones, and fixed texts and numbers such as model names."""

    measured: tuple[Varbind, ...]
    fixed: tuple[tuple[Oid, str | int], ...] = ()


def count(varbind: Varbind, value: float) -> int:
    """Return the integer that the agent answers; -1 where it has no value."""
    return -1 if math.isnan(value) else round(value * varbind.share * varbind.per_unit)
