"""What `facility writes` shows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import RenderableType
from rich.table import Table

from facility.cli.common import Row


def table(found: Sequence[Row], zone: ZoneInfo) -> RenderableType:
    """Return the points as a table; times are the site's."""
    if not found:
        return "No writable points: facility observes and advises only."
    drawn = Table(title="Writable points", title_justify="left")
    for heading in ("point", "range", "allowed", "last write", "in 24 h", ""):
        drawn.add_column(heading, overflow="fold")
    for row in found:
        drawn.add_row(
            str(row["point"]),
            f"{row['low']:g} to {row['high']:g} {row['unit']}",
            _leave(row, zone),
            _last(row, zone),
            f"{row['writes_last_day']} of {row['writes_per_day']}",
            _override(row, zone),
        )
    return drawn


def written(row: Row) -> RenderableType:
    """Return what was written, or would be, in words."""
    wanted = f"{row['point']}: {row['value']:g} {row['unit']}"
    if "request" in row:
        objection = row["refused_now"]
        return f"{wanted} would be sent as\n{row['request']}\n" + (
            f"but is refused now: {objection}" if objection else ""
        )
    done = "written" if row["sent"] else "unchanged, nothing sent"
    return f"{wanted} {done}; the device reports {row['device_reports']:g} {row['unit']}"


def _leave(row: Row, zone: ZoneInfo) -> str:
    if not row["allowed"]:
        return "no"
    return f"by {row['allowed_by']}" + (f", until {_time(row['allowed_until'], zone)}" if row["allowed_until"] else "")


def _last(row: Row, zone: ZoneInfo) -> str:
    if row["last_at"] is None:
        return "never"
    return f"{row['last_value']:g} {row['unit']} {row['last_state']}, {_time(row['last_at'], zone)}".replace("_", " ")


def _override(row: Row, zone: ZoneInfo) -> str:
    if row["overridden_since"] is None:
        return ""
    return f"! overridden: {row['found']:g} for {row['expected']:g}, {_time(row['overridden_since'], zone)}"


def _time(at: object, zone: ZoneInfo) -> str:
    assert isinstance(at, datetime)
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
