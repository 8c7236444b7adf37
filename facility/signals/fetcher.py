"""Asks each provider when it is due, keeps what it publishes, and waits longer after each failure.

It never answers a plan: plans read the archive. What is said of each provider is for the health of the service.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from facility.errors import FacilityError, SignalError
from facility.ports import ForecastArchive
from facility.records import Forecast
from facility.signals.http_get import RefusedError
from facility.signals.plausible import within_bounds
from facility.signals.provider import window_at
from facility.signals.published import as_kept, last_issue
from facility.signals.sources import Configured

FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=30), timedelta(hours=1)
State = Literal["fresh", "failing", "fallback"]


@dataclass(slots=True)
class SourceStatus:
    """How a provider stands: fresh; failing, its last issue in use; or fallback, its last issue too old or none."""

    name: str
    state: State = "fallback"
    fetched: datetime | None = None  # the last issue that was taken
    failures: int = 0  # in a row
    error: str | None = None
    dropped: int = 0  # implausible values of the last issue
    fallback: str = ""

    def as_detail(self) -> dict[str, Any]:
        """Return it for the health file."""
        return asdict(self)


@dataclass(slots=True)
class _Watched:
    configured: Configured
    status: SourceStatus
    due: datetime | None = None  # None: at once


@dataclass(slots=True)
class Fetcher:
    """Looks after the providers of one site."""

    sources: Sequence[Configured]
    ahead: timedelta  # how far a plan looks
    chance: random.Random = field(default_factory=random.Random)
    _watched: list[_Watched] = field(init=False)

    def __post_init__(self) -> None:
        self._watched = [_Watched(one, SourceStatus(one.provider.name, fallback=one.fallback)) for one in self.sources]

    def states(self) -> dict[str, State]:
        """Return how each provider stood at the last look."""
        return {one.status.name: one.status.state for one in self._watched if one.due is not None}

    def fetch_due(self, archive: ForecastArchive, clock: Callable[[], datetime]) -> list[SourceStatus]:
        """Ask those that are due, and return how all of them stand."""
        for one in self._watched:
            now = clock()
            if one.due is None or now >= one.due:
                one.due = self._fetch(one, archive, now)
        return self.look(archive, clock)

    def look(self, archive: ForecastArchive, clock: Callable[[], datetime]) -> list[SourceStatus]:
        """Return how all of them stand by what is kept, without asking."""
        for one in self._watched:
            one.status.state = _state(one, archive, clock())
        return [one.status for one in self._watched]

    def _fetch(self, one: _Watched, archive: ForecastArchive, now: datetime) -> datetime:
        """Ask one, and return when to ask it again."""
        status, every = one.status, timedelta(minutes=one.configured.source.refresh_min)
        try:
            kept, status.dropped = _issues(one.configured, now, self.ahead)
            archive.keep(kept)
        except FacilityError as error:
            status.failures += 1
            status.error = str(error)
            asked_to_wait = error.retry_after_s if isinstance(error, RefusedError) else None
            return now + self._pause(status.failures, every, asked_to_wait)
        status.fetched, status.failures, status.error = now, 0, None
        return now + every * self.chance.uniform(0.95, 1.05)  # not all sites at the full hour

    def _pause(self, failures: int, every: timedelta, asked_to_wait_s: float | None) -> timedelta:
        doubled: timedelta = FIRST_RETRY * 2 ** min(failures - 1, 12)
        pause = min(doubled, LONGEST_RETRY, every) * self.chance.uniform(0.5, 1.5)
        return max(pause, min(timedelta(seconds=asked_to_wait_s or 0.0), timedelta(days=1)))


def _issues(configured: Configured, now: datetime, ahead: timedelta) -> tuple[list[Forecast], int]:
    """Return what a provider publishes now, as it is kept, and how many implausible values were dropped."""
    provider, source = configured.provider, configured.source
    kept, dropped = [], 0
    for issue in provider.fetch(window_at(now, ahead)):
        plausible, wrong = within_bounds(issue, provider.name)
        dropped += wrong
        if issue.issued is not None and now - issue.issued > timedelta(hours=source.oldest_h):
            raise SignalError(
                f"{provider.name}: publishes what it issued at {issue.issued:%Y-%m-%d %H:%M %z}, nothing newer"
            )
        kept.append(as_kept(issue.quantity, plausible.series, provider.name, issue.issued, now))
    return kept, dropped


def _state(one: _Watched, archive: ForecastArchive, now: datetime) -> State:
    """Return how a provider stands, by what is kept: after a restart that is all there is."""
    provider, oldest = one.configured.provider, timedelta(hours=one.configured.source.oldest_h)
    try:
        issues = [last_issue(archive, quantity, provider.name, now) for quantity in provider.quantities]
    except FacilityError as error:
        one.status.error = str(error)
        return "fallback"
    times = [issue.issued for issue in issues if issue is not None]
    one.status.fetched = one.status.fetched or min(times, default=None)
    if len(times) < len(issues) or now - min(times) > oldest:
        return "fallback"
    return "failing" if one.status.error else "fresh"
