"""What `facility commission` shows."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from facility.advise.commissioning import why
from models.commissioning.campaign import Campaign


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
            "worst_inlet_when_crah_lost_degc": step.worst_lost_degc,
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
        quantity = in_words(lever.quantity)
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


def in_words(setpoint: str) -> str:
    """Return a setpoint's quantity without its unit."""
    return setpoint.rpartition("_")[0].replace("_setpoint", "").replace("_", " ")
