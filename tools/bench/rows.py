"""What a benchmark measures: rows that mean the same in a table, in JSON and in CI."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from rich.table import Table


@dataclass(frozen=True, slots=True)
class Row:
    """A measured value beside what it is compared with; `ratio` is value / reference."""

    metric: str
    value: float
    unit: str
    reference: float | None = None
    ratio: float | None = None


def compared(metric: str, value: float, unit: str, reference: float) -> Row:
    """Return a row with its ratio to a reference in the same unit."""
    return Row(metric, value, unit, reference, value / reference if reference else None)


def as_json(rows: Sequence[Row]) -> str:
    """Return the rows as a JSON list."""
    return json.dumps([asdict(row) for row in rows], indent=1)


def as_table(title: str, rows: Sequence[Row]) -> Table:
    """Return the rows as a table."""
    table = Table(title=title, title_justify="left")
    table.add_column("metric", overflow="fold")
    for heading in ("value", "unit", "reference", "ratio"):
        table.add_column(heading, justify="left" if heading == "unit" else "right")
    for row in rows:
        table.add_row(row.metric, f"{row.value:,.4g}", row.unit, _number(row.reference), _number(row.ratio))
    return table


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.4g}"
