"""Tables of `facility dr`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import RenderableType
from rich.table import Table

Row = Mapping[str, Any]


def listed(rows: Sequence[Row], zone: ZoneInfo) -> RenderableType:
    """Return events."""
    if not rows:
        return "No events."
    table = _table(
        "Events of the grid", "event", "state", "program", "asks", "from", "until", "answer until", "answered by"
    )
    for row in rows:
        table.add_row(
            str(row["number"]), row["state"].value, row["program"], asked(row), _at(row["start"], zone),
            _at(row["end"], zone), _at(row["answer_until"], zone), row["answered_by"] or "-",
        )  # fmt: skip
    return table


def asked(row: Row) -> str:
    """Return what an event asks, in words."""
    if not row["asks"]:
        return f"nothing ({row['kind'].value})"
    amounts = sorted({(one["kind"].value, one["kw"]) for one in row["asks"]})
    return ", ".join(f"{kind} {kw:g} kW" for kind, kw in amounts) + (" (a test)" if row["test"] else "")


def shown(row: Row, moves: Sequence[Row], zone: ZoneInfo) -> list[RenderableType]:
    """Return one event and how it came to its state."""
    lines = [
        f"Event {row['number']}: {row['source']} {row['id']}, revision {row['revision']}, program {row['program']}",
        f"{row['state'].value}; asks {asked(row)} from {_at(row['start'], zone)} until {_at(row['end'], zone)}",
        f"Noticed {_at(row['noticed'], zone)}; to be answered until {_at(row['answer_until'], zone)}",
        f"Pays {row['payment_per_kwh']:g} a kWh delivered, costs {row['penalty_per_kwh']:g} a kWh short",
    ]
    if row["not_planned"] is not None:
        lines.append(f"No plan holds it: {row['not_planned']}")
    table = _table("How it came to that", "at", "from", "to", "revision", "by", "why")
    for move in moves:
        before = "-" if move["before"] is None else move["before"].value
        table.add_row(
            _at(move["at"], zone), before, move["after"].value, str(move["revision"]), move["by"], move["reason"]
        )
    return ["\n".join(lines), table]


def settled(document: Row) -> list[RenderableType]:
    """Return the sums of a settlement."""
    table = _table(f"Settlement of event {document['event']}" + ("" if document["final"] else ", so far"), "", "")
    for key, value in document.items():
        text = (
            f"{value:.2f}" if isinstance(value, float) else ", ".join(value) if isinstance(value, list) else str(value)
        )
        table.add_row(key.replace("_", " "), text)
    return [table]


def dead(rows: Sequence[Row], zone: ZoneInfo) -> RenderableType:
    """Return notices that were given up."""
    if not rows:
        return "No given-up notices."
    table = _table("Given up", "id", "hook", "what", "told", "given up", "tries", "last error")
    for row in rows:
        times = _at(row["at"], zone), _at(row["given_up"], zone)
        table.add_row(row["id"], row["channel"], row["body"], *times, str(row["attempts"]), row["error"])
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    for name in columns:
        table.add_column(name, no_wrap=name == "id")  # or it could not be copied
    return table


def _at(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
