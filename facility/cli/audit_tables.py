"""What `facility audit` shows; times are the site's."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from rich.console import RenderableType
from rich.table import Table

from facility.history.audit_chain import Verdict
from facility.history.audit_export import event_row
from facility.history.audit_trail import AuditEvent


def listed(found: Sequence[AuditEvent], zone: ZoneInfo) -> RenderableType:
    """Return events as a table."""
    if not found:
        return "No events."
    table = Table(title="Audit trail", title_justify="left")
    for heading in ("number", "at", "kind", "subject", "by", "detail"):
        table.add_column(heading, overflow="fold")
    for one in found:
        detail = event_row(one)["detail"]
        said = "; ".join(f"{name} {value}" for name, value in detail.items()) if isinstance(detail, dict) else ""
        at = one.event.time.astimezone(zone)
        table.add_row(
            str(one.link.sequence), f"{at:%Y-%m-%d %H:%M:%S}", one.event.kind, one.event.subject, one.event.actor, said
        )
    return table


def verdict_row(found: Verdict) -> dict[str, object]:
    """Return what verification found, by names."""
    return {
        "whole": found.fault is None,
        "events": found.events,
        "sealed": found.sealed,
        "unsealed": found.unsealed,
        "lost": found.lost,
        "head": None if found.head is None else str(found.head),
        "first_wrong": None if found.fault is None else found.fault.sequence,
        "what": None if found.fault is None else found.fault.what,
    }


def verdict(found: Verdict) -> str:
    """Return what verification found, in words."""
    if found.fault is not None:
        lines = [f"NOT WHOLE: event {found.fault.sequence} {found.fault.what}."]
        lines += [f"The {found.events} events before it are well."] if found.events else []
    else:
        lines = [f"Whole: {found.events} events, {found.sealed} of them sealed with a key that is here."]
    if found.unsealed:
        lines += [
            f"{found.unsealed} are from before there was a key: whoever could change the database could make them anew."
        ]
    if found.lost:
        lines += [f"{found.lost} were sealed with a key that is lost: they are linked, but may have been changed."]
    return "\n".join([*lines, f"Head: {found.head or 'none'}"])
