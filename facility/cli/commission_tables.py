"""What `facility commission` shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from facility.advise.commissioning import why
from facility.advise.growth import RangeGrowth
from models.commissioning.campaign import Campaign

LEAST_SHARE = 0.05  # of its range, by which one must have grown to be called wider


def step_rows(campaign: Campaign, zone: ZoneInfo) -> list[dict[str, Any]]:
    """Return one row a step."""
    return [
        {
            "step": number,
            "equipment": step.lever.equipment,
            "quantity": step.lever.quantity,
            "setpoints": " ".join(step.lever.columns),
            "unit": step.lever.unit,
            "now": step.lever.now,
            "to": step.value,
            "seen_low": step.lever.seen[0],
            "seen_high": step.lever.seen[1],
            "begins": step.begins.isoformat(),
            "held_from": step.held_from.isoformat(),
            "back_at": step.back_at.isoformat(),
            "ends": step.ends.isoformat(),
            "information_nats": step.nats,
            "risk_k": step.risk_k,
            "room": step.room.id if step.room else None,
            "worst_inlet_degc": step.worst_degc,
            "inlet_max_degc": step.room.inlet_max_degc if step.room else None,
            "why": why(step, zone),
        }
        for number, step in enumerate(campaign.steps, 1)
    ]


def refusal_rows(campaign: Campaign) -> list[dict[str, Any]]:
    """Return one row for each try that is left for the sake of a limit."""
    return [
        {"equipment": one.lever.equipment, "quantity": one.lever.quantity, "to": one.value, "reason": one.reason}
        for one in campaign.refused
    ]


def campaign_tables(campaign: Campaign, zone: ZoneInfo, proposed: int) -> list[RenderableType]:
    """Return the steps, what is not tried, and what was proposed."""
    if not campaign.steps:
        return [
            Text("Nothing to try: history has moved what may be written, or limits leave no room."),
            *_refused(campaign),
        ]
    table = Table(title="Commissioning: one setpoint at a time, and back", title_justify="left")
    for heading in ("", "equipment", "setting", "now", "to", "teaches", "risk K", "why"):
        table.add_column(heading, justify="right" if heading in ("", "now", "to", "teaches", "risk K") else "left")
    for number, step in enumerate(campaign.steps, 1):
        lever = step.lever
        quantity = lever.quantity.rpartition("_")[0].replace("_setpoint", "").replace("_", " ")
        figures = f"{lever.now:.4g}", f"{step.value:.4g}", f"{step.nats:.2f}", f"{max(step.risk_k, 0.0):.1f}"
        table.add_row(str(number), lever.equipment, quantity, *figures, why(step, zone))
    said = (
        f"{proposed} steps proposed: `facility review list` shows them."
        if proposed
        else "Not proposed: --propose does."
    )
    return [table, *_refused(campaign), Text(said)]


def _refused(campaign: Campaign) -> list[RenderableType]:
    return [
        Text(f"Not tried: {one.lever.name} at {one.value:.4g}: {one.reason}.", overflow="fold")
        for one in campaign.refused
    ]


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
