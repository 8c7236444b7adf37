"""What `facility models` shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from facility.cli.common import Row
from facility.learn.card_page import answers, number
from facility.learn.compare import PartComparison

Card = Mapping[str, Any]


def versions_table(rows: Sequence[Row], zone: ZoneInfo) -> RenderableType:
    """Return the versions as a table; times are the site's."""
    if not rows:
        return "No models yet: `facility train` makes the first version."
    table = Table(title="Versions of the models", title_justify="left")
    for heading in ("version", "trained", "because", "service", "parts", "why"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "version")
    for row in rows:
        trained = f"{row['trained'].astimezone(zone):%Y-%m-%d %H:%M}" if isinstance(row["trained"], datetime) else ""
        table.add_row(
            str(row["version"]), trained, str(row["because"] or ""), _service(row), _parts(row), str(row["reason"])
        )  # fmt: skip
    return table


def part_rows(card: Card) -> list[dict[str, Any]]:
    """Return one row a part."""
    return [_part_row(entry, card["version"]) for entry in card["parts"]]


def card_tables(card: Card, said: str, rows: Sequence[Mapping[str, Any]]) -> list[RenderableType]:
    """Return the card of a version in words and figures."""
    table = Table(title=f"Models {card['version']}", title_justify="left")
    table.add_column("part", overflow="fold")
    table.add_column("answers", overflow="fold")
    for heading in ("RMSE", "nameplate", "± 90 %", "inside"):
        table.add_column(heading, justify="right")
    for heading in ("unit", "why"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        figures = (number(row[name]) for name in ("rmse", "nameplate_rmse", "half_width"))
        table.add_row(
            row["part"], row["answers"], *figures, number(row["coverage_frac"], ".0%"), row["unit"], row["decision"]
        )  # fmt: skip
    lines = [
        f"{said} When it was made: {card['reason']}.",
        f"trained {card['trained'][:16].replace('T', ' ')} UTC ({card['why']}), {card['cpu_s']:g} CPU s, facility "
        f"{card['code_version']}, site revision {card['site_revision']}",
    ]
    return [table, *(Text(line) for line in lines)]


def comparison_rows(found: Sequence[PartComparison]) -> list[dict[str, Any]]:
    """Return one row a part, for CSV."""
    return [
        {
            "part": one.part,
            "unit": one.unit,
            "first_tested_rmse": one.tested[0],
            "second_tested_rmse": one.tested[1],
            "first_rmse": one.common[0],
            "second_rmse": one.common[1],
            "nameplate_rmse": one.nameplate,
            "rows": one.rows,
            "after": one.after,
            "note": one.note,
        }
        for one in found
    ]


def comparison_table(versions: tuple[str, str], found: Sequence[PartComparison]) -> RenderableType:
    """Return two versions side by side."""
    table = Table(title=f"RMSE of A = {versions[0]} and B = {versions[1]}", title_justify="left")
    table.add_column("part", no_wrap=True)
    for heading in ("A, own test", "B, own test", "A, same rows", "B, same rows", "nameplate", "rows"):
        table.add_column(heading, justify="right")
    for heading in ("unit", "note"):
        table.add_column(heading, overflow="fold")
    for one in found:
        figures = (number(value) for value in (*one.tested, *one.common, one.nameplate))
        table.add_row(one.part, *figures, str(one.rows or ""), one.unit, one.note)
    return table


def _part_row(entry: Mapping[str, Any], version: str) -> dict[str, Any]:
    errors = {name: (entry[name] or {}).get("rmse") for name in ("test", "prior_test", "persistence_test")}
    return {
        "part": entry["name"],
        "answers": answers(entry, version),
        "rmse": errors["test"],
        "nameplate_rmse": errors["prior_test"],
        "yesterday_rmse": errors["persistence_test"],
        "half_width": entry["half_width"],
        "coverage_frac": entry["coverage_frac"],
        "unit": entry["unit"],
        "decision": entry["decision"]["reason"],
    }


def _service(row: Row) -> str:
    if not row["in_service"]:
        return ""
    return f"in service, pinned by {row['pinned_by']}: {row['pinned_reason']}" if row["pinned_by"] else "in service"


def _parts(row: Row) -> str:
    kept = f" ({row['kept']} kept)" if row["kept"] else ""
    return f"{row['learned']} learned{kept}, {row['nameplate']} nameplate"
