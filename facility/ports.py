"""The protocols between packages; adapters are joined in `cycle.py`, `service.py` and `cli/`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Protocol

import pandas as pd

from facility.records import (
    Event,
    Forecast,
    LocalOverride,
    LoggedWrite,
    Permit,
    Plan,
    PointStanding,
    Reading,
    ReadingBatch,
    Recommendation,
    RecommendationState,
    Write,
)


class Clock(Protocol):
    """Where time comes from; injected, so that tests and simulations own it."""

    def now(self) -> datetime:
        """Return the present time, aware, UTC."""
        ...


class Telemetry(Protocol):
    """Keeps readings. A batch is acknowledged when `append` returns, and is never lost after that."""

    def append(self, batch: ReadingBatch) -> None:
        """Store a batch durably.

        Raises
        ------
        facility.errors.StorageFullError
            If there is no space left; nothing of the batch is kept.
        """
        ...

    def read(
        self, points: Sequence[str], start: datetime, end: datetime, step: timedelta | None = None
    ) -> pd.DataFrame:
        """Return readings of good quality in [start, end).

        Returns
        -------
        pandas.DataFrame
            Index: UTC times (`DatetimeIndex`, name `time`). One float column a point, in the order asked. With
            `step`, means over steps that begin at multiples of the step since the epoch, NaN where no good reading
            fell in; without, one row a distinct time.
        """
        ...

    def read_rows(self, points: Sequence[str], start: datetime, end: datetime) -> pd.DataFrame:
        """Return raw rows of any quality: columns point, time, value, quality, site_revision; sorted by time."""
        ...

    def latest(self, points: Sequence[str] | None = None) -> Mapping[str, Reading]:
        """Return the newest reading of each point, of any quality (all points when None)."""
        ...


class Journal(Protocol):
    """Recommendations, plans and events: what people and machines decided, and when."""

    def save_plan(
        self,
        plan: Plan,
        recommendations: Sequence[Recommendation],
        correlation_id: str,
        steps: Mapping[str, float] | None = None,
    ) -> None:
        """Store a plan with its recommendations; older proposed ones are superseded, in one transaction.

        What somebody has approved of these holds on for the same change; `steps` has by how much one write may change points.
        """
        ...

    def propose_tries(self, recommendations: Sequence[Recommendation], correlation_id: str) -> None:
        """Store the tries of a commissioning beside the plan that each names; older proposed tries are superseded.

        Raises
        ------
        facility.errors.JournalError
            If there is no such plan.
        """
        ...

    def correct_plan(self, plan: Plan, corrections: Sequence[Recommendation], at: datetime) -> None:
        """Store corrections of a plan, none where it is followed again; older proposed ones are superseded."""
        ...

    def latest_plan(self) -> Plan | None:
        """Return the newest plan, if there is one."""
        ...

    def plan_at(self, at: datetime) -> Plan | None:
        """Return the newest plan made at or before a time, if there is one."""
        ...

    def recommendations(self, state: RecommendationState | None = None) -> Sequence[Recommendation]:
        """Return recommendations, newest first."""
        ...

    def transition(
        self, recommendation_id: str, to: RecommendationState, *, actor: str, reason: str, at: datetime
    ) -> Recommendation:
        """Move a recommendation to another state and record who, when and why.

        Raises
        ------
        facility.errors.JournalError
            If there is no such recommendation, or the move is not allowed.
        """
        ...

    def append(self, event: Event) -> None:
        """Record an event."""
        ...

    def events(self, since: datetime | None = None, kind: str | None = None) -> Sequence[Event]:
        """Return events, oldest first; `kind` matches a dotted prefix."""
        ...


class Writer(Protocol):
    """Writes one setpoint to its device and reads it back."""

    async def write(self, point: str, value: float, *, actor: str, reason: str) -> Write:
        """Write a value in canonical units and return what the device then reports."""
        ...


class WriteLedger(Protocol):
    """Which points an engineer has allowed, who changed them, and every write: before it is sent, and what became of it."""

    def hold(self, device: str) -> AbstractContextManager[None]:
        """Hold a device: nobody else writes to it meanwhile, in this process or another.

        Raises
        ------
        facility.errors.WriteRefusedError
            If somebody else holds it; the message says which process.
        """
        ...

    def reconcile(self, device: str, now: datetime) -> Sequence[LoggedWrite]:
        """Put intents without an outcome in doubt, and return them; call it while holding the device."""
        ...

    def standing(self, point: str, now: datetime) -> PointStanding:
        """Return what is known of a point."""
        ...

    def intend(self, write: LoggedWrite) -> None:
        """Record durably that a write is about to be sent."""
        ...

    def settle(self, write: LoggedWrite, at: datetime) -> None:
        """Record what became of a write: its `state`, `read_back` and `note`."""
        ...

    def overridden(self, override: LocalOverride) -> None:
        """Record that somebody else changed a point; it is left alone from now on."""
        ...

    def clear(self, point: str, *, actor: str, reason: str, at: datetime) -> None:
        """End an override: what the device holds now is accepted.

        Raises
        ------
        facility.errors.JournalError
            If the point is not overridden.
        """
        ...

    def allow(self, point: str, permit: Permit) -> None:
        """Let a point be written."""
        ...

    def forbid(self, point: str, *, actor: str, reason: str, at: datetime) -> None:
        """Take the leave to write a point back.

        Raises
        ------
        facility.errors.JournalError
            If it was not allowed.
        """
        ...


class Signals(Protocol):
    """Forecasts of what the site does not decide: weather, load, price, carbon."""

    def forecast(self, quantity: str, issued: datetime, start: datetime, steps: int, step: timedelta) -> Forecast:
        """Return the forecast of a quantity for `steps` steps from `start`, as known at `issued`.

        Raises
        ------
        facility.errors.SignalError
            If the source is missing, unreadable or ends before the last step.
        """
        ...


class ForecastArchive(Protocol):
    """Forecasts as they were issued. What is kept is never changed, so that what was known at a time can be asked later."""

    def keep(self, forecasts: Sequence[Forecast]) -> None:
        """Keep what was issued, durably, all of it or nothing; what repeats the last one may be left out.

        Raises
        ------
        facility.errors.SignalError
            If a time has no zone, or steps are not equally long.
        """
        ...

    def as_of(self, quantity: str, at: datetime) -> Forecast | None:
        """Return the newest forecast of a quantity that was issued at or before a time, if any is kept.

        Raises
        ------
        facility.errors.SignalError
            If the time has no zone.
        """
        ...

    def issued(self, quantity: str, start: datetime, end: datetime) -> Iterator[Forecast]:
        """Yield the forecasts of a quantity issued in [start, end), oldest first."""
        ...
