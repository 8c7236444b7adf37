"""Tables of `facility dispatch`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import RenderableType
from rich.table import Table

# The check says what is to be done; this is how, here.
WAYS = (
    "What to do: facility review approve; facility writes allow or clear; facility poll; "
    "facility dispatch mode, resume, veto --lift, return-to-service or commission."
)


def status(document: dict[str, Any], zone: ZoneInfo) -> list[RenderableType]:
    """Return how dispatch stands."""
    lines = [f"Mode: {document['mode']}{_by(document['mode_set'], zone)}"]
    held = [what for what in ("suspended", "vetoed") if document[what]]
    lines += [f"{what.capitalize()}{_by(document[what], zone)}" for what in held]
    lines += [f"Abnormal: {one}" for one in document["abnormal"]]
    lines += [f"Local veto input: {one}" for one in document["veto_inputs"]]
    shown: list[RenderableType] = ["\n".join(lines)]
    if document["locked_out"]:
        shown.append(_locked_out(document["locked_out"], zone))
    if document["reversion_tests"]:
        shown.append(tested(document["reversion_tests"], zone))
    shown.append(_under_way(document["under_way"]))
    shown.append(_open(document["open"]))
    if any(row["refusals"] for row in document["open"]):
        shown.append(WAYS)
    return shown


def released(rows: Sequence[dict[str, Any]]) -> RenderableType:
    """Return what became of the points that we held."""
    if not rows:
        return "Local control. We held no point."
    return _points("Returned to local control", rows)


def tested(rows: Sequence[dict[str, Any]], zone: ZoneInfo) -> RenderableType:
    """Return tests of reversion."""
    table = _table("Tests of reversion", "point", "passed", "took s", "declared s", "expires", "")
    for row in rows:
        took = "-" if row["took_s"] is None else f"{row['took_s']:.1f}"
        passed = "yes" if row["passed"] else "no"
        table.add_row(row["point"], passed, took, f"{row['within_s']:g}", _at(row["expires"], zone), row["note"])
    return table


def _locked_out(rows: Sequence[dict[str, Any]], zone: ZoneInfo) -> RenderableType:
    table = _table("Locked out", "equipment", "by", "until", "why")
    for row in rows:
        table.add_row(row["equipment"], row["by"], _at(row["until"], zone), row["reason"])
    return table


def _under_way(rows: Sequence[dict[str, Any]]) -> RenderableType:
    if not rows:
        return "Nothing is being written."
    table = _table("Under way", "id", "state", "point", "to", "before", "how far", "")
    for row in rows:
        for point in row["points"]:
            to, before = f"{row['to']:g} {row['unit']}", "-" if point["before"] is None else f"{point['before']:g}"
            table.add_row(
                row["id"], row["state"], point["point"], to, before, point["state"], point["note"] or row["why"]
            )
    return table


def _open(rows: Sequence[dict[str, Any]]) -> RenderableType:
    if not rows:
        return "No open recommendations."
    table = _table("Open recommendations, as the second check sees them", "id", "state", "equipment", "to", "verdict")
    for row in rows:
        verdict = "\n".join(row["refusals"]) or "may be written"
        if row["dropped"]:
            verdict = f"dropped: low confidence\n{verdict}"
        table.add_row(row["id"], row["state"], row["equipment"], f"{row['to']:g} {row['unit']}", verdict)
    return table


def _points(title: str, rows: Sequence[dict[str, Any]]) -> RenderableType:
    table = _table(title, "point", "state", "before", "")
    for row in rows:
        before = "-" if row["before"] is None else f"{row['before']:g}"
        table.add_row(row["point"], row["state"].replace("_", " "), before, row["note"])
    return table


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title, title_justify="left")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def _by(said: dict[str, Any] | None, zone: ZoneInfo) -> str:
    return "" if said is None else f" since {_at(said['at'], zone)} by {said['by']}: {said['reason']}"


def _at(time: datetime, zone: ZoneInfo) -> str:
    return f"{time.astimezone(zone):%Y-%m-%d %H:%M}"
