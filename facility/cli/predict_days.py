"""How `facility predict --days` shows the coming days."""

from __future__ import annotations

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from facility.cli.common import Row
from facility.prepare.days_ahead import DaysAhead


def day_rows(ahead: DaysAhead) -> list[Row]:
    """Return one row a day: IT power [kW], PUE with its 90 % interval, and how such forecasts have fared."""
    return [
        {
            "day": day.day.isoformat(),
            "it_kw": day.it_kw,
            "pue": day.pue.value,
            "low": day.pue.low,
            "high": day.pue.high,
            "record_days": day.record.days,
            "mean_error": day.record.error,
            "mean_error_of_persistence": day.record.persistence_error,
            "coverage_90": day.record.coverage_frac,
        }
        for day in ahead.days
    ]


def level_steps(ahead: DaysAhead) -> list[Row]:
    """Return the days on which overhead or IT power stepped to another level and stayed there, and by what share."""
    return [
        {"what": step.what, "since": step.since.isoformat(), "found": step.found.isoformat(), "frac": step.frac}
        for step in ahead.steps
    ]


def day_tables(name: str, ahead: DaysAhead) -> list[RenderableType]:
    """Return the days as a table, and a line for each change."""
    table = Table(
        title=f"{name}: PUE by the course of {ahead.known_days} days up to {ahead.newest}", title_justify="left"
    )
    table.add_column("day")
    for heading in ("IT kW", "PUE", "90 % interval", "days tested", "mean error", "of the last value", "interval held"):
        table.add_column(heading, justify="right")
    for day in ahead.days:
        table.add_row(
            f"{day.day:%a %d %b}",
            f"{day.it_kw:.1f}",
            f"{day.pue.value:.3f}",
            f"{day.pue.low:.3f} to {day.pue.high:.3f}",
            str(day.record.days),
            f"{day.record.error:.4f}",
            f"{day.record.persistence_error:.4f}",
            f"{day.record.coverage_frac:.0%}",
        )
    steps = [
        Text(
            f"{row['what']} stepped by {row['frac']:+.0%} on {row['since']}, whatever the reason (found {row['found']})"
        )
        for row in level_steps(ahead)
    ]
    return [table, *steps]
