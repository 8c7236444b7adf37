"""Events of the grid to test with, and settings that let them in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from facility.grid_event import GridEvent, GridEventInterval, GridEventKind
from facility.respond.settings import RespondSettings

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
START = NOW + timedelta(hours=2)
SOURCE = "hook:aggregator"
SETTINGS = RespondSettings.model_validate(
    {
        "programs": [
            {"name": "peak", "levels_kw": {1: 50.0, 2: 100.0}, "notice_min": 30.0, "furthest_days": 30.0,
             "payment_per_kwh": 0.5, "penalty_per_kwh": 1.0, "accept": {"most_kw": 100.0, "longest_h": 4.0}},
            {"name": "asked", "penalty_per_kwh": 2.0},
            {"name": "other"},
        ],
        "senders": [{"name": "aggregator", "secret": "env:AGGREGATOR", "programs": ["peak", "asked"]}],
        "hooks": [
            {"name": "ops", "address": "https://ops.example/dr", "secret": "env:OPS"},
            {"name": "slurm", "address": "https://slurm.example/dr", "secret": "env:SLURM", "tells": ["work"]},
        ],
    }
)  # fmt: skip


def hours(*values: float, start: datetime = START) -> tuple[GridEventInterval, ...]:
    """Return intervals of an hour each."""
    one = timedelta(hours=1)
    return tuple(GridEventInterval(start + at * one, start + (at + 1) * one, value) for at, value in enumerate(values))


def grid_event(
    values: Sequence[float] = (80.0, 80.0), *, name: str = "e-1", revision: int = 0, program: str = "peak",
    kind: GridEventKind = GridEventKind.REDUCTION, source: str = SOURCE, start: datetime = START,
) -> GridEvent:  # fmt: skip
    """Return an event of the aggregator."""
    return GridEvent(source, name, revision, program, kind, hours(*values, start=start), sent=NOW)


def changed(event: GridEvent, **changes: object) -> GridEvent:
    """Return the next revision of an event."""
    return replace(event, revision=event.revision + 1, **changes)  # type: ignore[arg-type]
