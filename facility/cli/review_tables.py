"""Recommendations under review as tables for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import RenderableType
from rich.table import Table

from facility.advise import wording
from facility.review.decision import Standing
from facility.review.reviewed import Reviewed
from facility.site import Site


def listed(found: Sequence[Standing], site: Site) -> RenderableType:
    """Return recommendations, one a row."""
    if not found:
        return "No recommendations."
    table = Table(title="Recommendations", title_justify="left")
    for heading in ("id", "state", "equipment", "setting"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "id")
    for heading in ("now", "to", "saves kW (90 %)", f"{site.currency}/day", "kgCO2/day"):
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in ("expires", "why"):
        table.add_column(heading, overflow="fold")
    for standing in found:
        item = standing.recommendation
        table.add_row(
            item.id,
            item.state.value,
            item.equipment,
            wording.setting(item),
            wording.current(item),
            wording.recommended(item),
            *wording.savings(item),
            f"{item.expires.astimezone(site.zone):%m-%d %H:%M}",
            "; ".join(part for part in (item.reason, _people(standing)) if part),
        )
    return table


def history(found: Reviewed, site: Site) -> RenderableType:
    """Return who did and said what about a recommendation, oldest first."""
    said = [(one.at, one.by.name, "endorsed", one.reason) for one in found.standing.endorsements]
    said += [(one.at, one.by, f"{one.before.value} to {one.after.value}", one.reason) for one in found.moves]
    said += [(one.at, one.by, "commented", one.text) for one in found.comments]
    table = Table(title="History", title_justify="left")
    for heading in ("at", "by", "what", "why"):
        table.add_column(heading, overflow="fold")
    for at, by, what, why in sorted(said, key=lambda row: row[0]):
        table.add_row(f"{at.astimezone(site.zone):%Y-%m-%d %H:%M:%S}", by, what, why)
    return table


def _people(standing: Standing) -> str:
    """Say that two people have to agree, why, and who has."""
    if standing.people == 1:
        return ""
    given = ", ".join(one.by.name for one in standing.endorsements)
    so_far = f", approved by {given} so far" if given and standing.still_needed else ""
    return f"needs {standing.people} people{so_far}: {'; '.join(standing.risk.why)}"
