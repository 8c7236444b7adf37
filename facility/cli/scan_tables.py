"""What `facility scan` shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import RenderableType
from rich.table import Table

from facility.acquire.discovery.found import Answer, Fault, Found
from facility.acquire.discovery.fragment import device_ids
from facility.acquire.discovery.scan import Scan
from facility.cli.common import Row
from facility.site import ModbusAddress


def devices(answers: Sequence[Answer]) -> list[Found]:
    """Return the devices among what was found."""
    return [answer for answer in answers if isinstance(answer, Found)]


def document(scan: Scan) -> dict[str, Any]:
    """Return all that was found, as one document."""
    faults = [answer for answer in scan.answers if isinstance(answer, Fault)]
    return {
        "addresses": scan.hosts,
        "asked": scan.finished,
        "devices": [_row(found, identifier) for found, identifier in device_ids(devices(scan.answers))],
        "faults": [{"where": fault.where, "reason": fault.reason} for fault in faults],
    }


def _row(found: Found, identifier: str) -> dict[str, Any]:
    address, profile = found.address, found.match.profile
    modbus = isinstance(address, ModbusAddress)
    return {
        "host": address.host,
        "port": address.port,
        "protocol": "modbus" if modbus else "snmp",
        "unit": address.unit_id if isinstance(address, ModbusAddress) else None,
        "id": identifier if profile else None,
        "profile": profile.profile if profile else None,
        "also_fit": list(found.match.others),
        "verified": profile.verified if profile else None,
        "says": dict(found.says),
        "rows": {name: list(rows) for name, rows in found.rows.items()},
        "shared_rows": [{"tables": each.tables, "rows": each.labels} for each in found.shared_rows],
        "notes": list(found.notes),
    }


def sheet(scan: Scan) -> list[Row]:
    """Return the devices with a text in each cell, and none that a spreadsheet takes for a formula."""
    return [_line(found, identifier) for found, identifier in device_ids(devices(scan.answers))]


def _line(found: Found, identifier: str) -> Row:
    return _row(found, identifier) | {
        "also_fit": " ".join(found.match.others),
        "says": "; ".join(f"{what}: {text}" for what, text in found.says.items()),
        "rows": "; ".join(f"{name}: {' '.join(rows)}" for name, rows in found.rows.items()),
        "shared_rows": "; ".join(f"{' '.join(each.tables)}: {' '.join(each.labels)}" for each in found.shared_rows),
        "notes": "; ".join(found.notes),
    }


def tables(scan: Scan) -> list[RenderableType]:
    """Return the devices, and what else is there, for people."""
    found = devices(scan.answers)
    faults = [answer for answer in scan.answers if isinstance(answer, Fault)]
    heading = f"{len(found)} devices at {scan.finished} addresses"
    drawn = Table(title=heading, title_justify="left")
    for column in ("address", "profile", "says", "rows", ""):
        drawn.add_column(column, overflow="fold")
    for each in found:
        profile = each.match.profile
        drawn.add_row(
            each.where,
            profile.profile if profile else "! not recognised",
            "\n".join(f"{what}: {text}" for what, text in each.says.items()),
            "\n".join(_row_counts(each)),
            "\n".join(_remarks(each)),
        )
    return [drawn if found else heading, *(f"! {fault.where}: {fault.reason}" for fault in faults)]


def _remarks(found: Found) -> list[str]:
    profile = found.match.profile
    unverified = ["! profile not verified against a device"] if profile and not profile.verified else []
    others = [f"! {', '.join(found.match.others)} would fit as well"] if found.match.others else []
    return [*unverified, *others, *(f"! {note}" for note in found.notes)]


def _row_counts(found: Found) -> list[str]:
    shared = [f"{' or '.join(each.tables)}: {len(each.labels)}" for each in found.shared_rows]
    return [*(f"{name}: {len(rows)}" for name, rows in found.rows.items()), *shared]
