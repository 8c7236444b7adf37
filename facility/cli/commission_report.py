"""What `facility commission --report` shows: which tries were carried out, what they taught, and what each setpoint does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from facility.advise.growth import RangeGrowth
from facility.cli.commission_tables import in_words
from facility.prepare.commissioning_done import Outcome
from facility.prepare.commissioning_effects import Effect

LEAST_SHARE = 0.05  # of its range, by which one must have grown to be called wider


def outcome_rows(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """Return one row a try."""
    return [
        {
            "equipment": one.tried.equipment,
            "quantity": one.tried.quantity,
            "unit": one.tried.unit,
            "begins": one.tried.begins.isoformat() if one.tried.begins else None,
            "state": one.tried.state.value,
            "proposed": one.tried.recommended,
            "reached": one.reached,
            "held_h": one.held / timedelta(hours=1),
            "done": one.done,
        }
        for one in outcomes
    ]


def outcome_tables(outcomes: Sequence[Outcome]) -> list[RenderableType]:
    """Return the tries, proposed against reached."""
    if not outcomes:
        return []
    table = Table(title="Tries that are over, by history", title_justify="left")
    for heading in ("equipment", "setting", "proposed", "reached", "held h", "decided"):
        table.add_column(heading, justify="right" if heading in ("proposed", "reached", "held h") else "left")
    for one in outcomes:
        reached = "not reached" if one.reached is None else f"{one.reached:.4g}"
        item, held_h = one.tried, one.held / timedelta(hours=1)
        table.add_row(
            item.equipment,
            in_words(item.quantity),
            f"{item.recommended:.4g}",
            reached,
            f"{held_h:.3g}",
            item.state.value,
        )
    return [table]


def effect_rows(effects: Sequence[Effect]) -> list[dict[str, Any]]:
    """Return one row a setpoint."""
    return [
        {
            "equipment": one.equipment,
            "quantity": one.quantity,
            "unit": one.unit,
            "from": one.before,
            "to": one.after,
            "facility_kw": one.facility_kw,
            "hottest_inlet_k": dict(one.hottest_k),
        }
        for one in effects
    ]


def effect_table(effects: Sequence[Effect]) -> Table:
    """Return what a step of each setpoint does, the others held."""
    table = Table(title="What a step does, by the models in service", title_justify="left")
    for heading in ("equipment", "setting", "from", "to", "facility kW", "hottest inlet K"):
        table.add_column(heading, justify="left" if heading in ("equipment", "setting") else "right")
    for one in effects:
        warmest = max(one.hottest_k.values(), key=abs, default=0.0)
        figures = f"{one.before:.4g}", f"{one.after:.4g}", f"{one.facility_kw:+.2f}", f"{warmest:+.2f}"
        table.add_row(one.equipment, in_words(one.quantity), *figures)
    return table


def growth_rows(growth: Sequence[RangeGrowth]) -> list[dict[str, Any]]:
    """Return one row a feature."""
    return [
        {
            "part": one.part,
            "feature": one.feature,
            "before_low": one.before[0] if one.before else None,
            "before_high": one.before[1] if one.before else None,
            "after_low": one.after[0] if one.after else None,
            "after_high": one.after[1] if one.after else None,
            "wider_by": one.wider_by,
        }
        for one in growth
    ]


def growth_tables(
    growth: Sequence[RangeGrowth], versions: tuple[str, str], unmoved: tuple[tuple[str, ...], ...]
) -> list[RenderableType]:
    """Return the ranges side by side, and the setpoints that are still unmoved."""
    table = Table(title=f"Ranges seen: {versions[0]} and {versions[1]}", title_justify="left")
    for heading in ("part", "feature", "before", "after", "wider by"):
        table.add_column(heading, justify="left" if heading in ("part", "feature") else "right")
    for one in growth:
        wide = one.after[1] - one.after[0] if one.after else 0.0
        wider = f"{one.wider_by:+.3g}" if abs(one.wider_by) > LEAST_SHARE * wide else ""
        table.add_row(one.part, one.feature, _range(one.before), _range(one.after), wider)
    said = f"Setpoints that history has never moved: {len(unmoved[0])} before, {len(unmoved[1])} now."
    return [table, Text(said), *(Text(f"  {line}") for line in unmoved[1])]


def _range(seen: tuple[float, float] | None) -> str:
    return "" if seen is None else f"{seen[0]:.4g} to {seen[1]:.4g}"
