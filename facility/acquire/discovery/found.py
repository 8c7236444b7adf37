"""What a scan finds at a host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from facility.acquire.discovery.recognise import Match
from facility.acquire.discovery.rows import SharedRows
from facility.site import ModbusAddress, SnmpAddress


@dataclass(frozen=True, slots=True)
class Found:
    """A device that answered. All texts are printable, on one line, and bounded."""

    address: SnmpAddress | ModbusAddress
    says: Mapping[str, str]  # of itself: sysObjectID, sysDescr, sysName; vendor, product, ...
    match: Match = field(default_factory=Match)
    rows: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # of the profile's tables
    shared_rows: tuple[SharedRows, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        """Its address in words."""
        unit = f" unit {self.address.unit_id}" if isinstance(self.address, ModbusAddress) else ""
        return place(self.address.host or "", self.address.port) + unit


@dataclass(frozen=True, slots=True)
class Fault:
    """Something is there, but it does not answer as a device does."""

    where: str
    reason: str


Answer = Found | Fault


def place(host: str, port: int) -> str:
    """Return host and port in words."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
