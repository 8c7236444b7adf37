"""Measured savings as rows and as one document, the same from the command and from the API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from facility.savings.measured import MeasuredSaving

FIGURES = ("promised_kw", "saved_kw", "promised_kwh", "saved_kwh", "saved_cost", "saved_kgco2")


def saving_row(saving: MeasuredSaving) -> dict[str, Any]:
    """Return a saving as a flat row; each figure has its value and the bounds of its 90 % interval."""
    row: dict[str, Any] = {
        "name": saving.name,
        "begins": saving.begins.isoformat(),
        "ends": saving.ends.isoformat(),
        "hours": saving.hours,
        "option": saving.option,
        "verdict": saving.verdict,
        "deferred_kwh": saving.deferred_kwh,
    }
    for figure in FIGURES:
        interval = getattr(saving, figure)
        row |= {figure: interval.value, f"{figure}_low": interval.low, f"{figure}_high": interval.high}
    return row | {"against": saving.against, "notes": "; ".join(saving.notes)}


def savings_document(
    site: str, currency: str, savings: Sequence[MeasuredSaving], unmeasured: Sequence[tuple[str, str]]
) -> dict[str, Any]:
    """Return all of them, and why others could not be measured."""
    return {
        "site": site,
        "currency": currency,
        "savings": [saving_row(one) for one in savings],
        "unmeasured": [{"name": name, "why": why} for name, why in unmeasured],
    }
