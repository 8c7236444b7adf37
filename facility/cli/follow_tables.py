"""How `facility recommend --follow` looks in a terminal."""

from __future__ import annotations

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from facility.advise import wording
from facility.corrections import Tracking
from facility.site import Site

NOTHING = "Nothing to correct: the plan holds."


def tracking_tables(site: Site, tracking: Tracking) -> list[RenderableType]:
    """Return what differs from the plan now and why, limits that will be passed all the same, and notes."""
    local = tracking.at.astimezone(site.zone)
    return [
        Text(f"{site.name}: plan {tracking.plan_id} followed, {local:%Y-%m-%d %H:%M %Z}", style="bold"),
        _table(tracking) if tracking.corrections else Text(NOTHING),
        *(Text(f"will be passed all the same: {one}", style="bold") for one in tracking.shortfalls),
        *(Text(f"note: {note}") for note in tracking.notes),
    ]


def _table(tracking: Tracking) -> Table:
    table = Table(title="Corrections of now (facility review list)", title_justify="left", expand=True)
    for heading in ("equipment", "setting"):
        table.add_column(heading, overflow="fold")
    for heading in ("now", "plan", "to"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("because", overflow="fold")
    for one in tracking.corrections:
        values = (one.current, one.planned, one.value)
        said = ("?" if value is None else wording.amount(value, one.quantity, one.unit) for value in values)
        table.add_row(one.equipment, wording.words(one.quantity), *said, one.reason)
    return table
