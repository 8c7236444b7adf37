"""Points that may be written, as rows for command line and API."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from facility.acquire.writing.writer import rules_of
from facility.ports import WriteLedger
from facility.site_file import LoadedSite


def writable_rows(loaded: LoadedSite, ledger: WriteLedger, now: datetime) -> list[dict[str, Any]]:
    """Return each point that the site file lets be written: its rules, and how it stands."""
    points = [point for point in loaded.points if point.writable is not None]
    return [writable_row(loaded, ledger, point.id, now) for point in points]


def writable_row(loaded: LoadedSite, ledger: WriteLedger, point: str, now: datetime) -> dict[str, Any]:
    """Return one of them."""
    rules, standing = rules_of(loaded, loaded.points[point]), ledger.standing(point, now)
    permit, override, last = standing.permit, standing.override, standing.last
    return {
        "point": point,
        "low": rules.low,
        "high": rules.high,
        "unit": rules.unit,
        "max_step": rules.max_step,
        "deadband": rules.deadband,
        "min_interval_s": rules.min_interval_s,
        "writes_per_day": rules.writes_per_day,
        "writes_last_day": standing.writes_last_day,
        "allowed": permit is not None and permit.holds(now),
        "allowed_by": permit.actor if permit else None,
        "allowed_until": permit.until if permit else None,
        "overridden_since": override.at if override else None,
        "expected": override.expected if override else None,
        "found": override.found if override else None,
        "last_value": last.value if last else None,
        "last_at": last.at if last else None,
        "last_state": last.state.value if last else None,
    }
