"""Chooses what is measured: one recommendation, a month, or the newest changes and the present month."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from facility.errors import JournalError, NotEnoughDataError
from facility.history.journal import SqlJournal
from facility.history.switchback_records import Switchback
from facility.ports import ForecastArchive, Telemetry
from facility.savings.boundary import Option
from facility.savings.changes import Change, changes_of
from facility.savings.measure import measure_change, measure_month
from facility.savings.measured import MeasuredSaving
from facility.savings.switchback import measure_switchback
from facility.site_file import LoadedSite

NEWEST = 10  # each takes some seconds


class NeverAppliedError(JournalError):
    """There is nothing to measure: the recommendation is not known, or was not applied."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What was measured, and by name why the rest could not be."""

    savings: Sequence[MeasuredSaving]
    unmeasured: Sequence[tuple[str, str]]


def collect(
    loaded: LoadedSite,
    telemetry: Telemetry,
    journal: SqlJournal,
    now: datetime,
    *,
    month: str | None = None,
    recommendation: str | None = None,
    trials: Sequence[Switchback] = (),
    option: Option | None = None,
    archive: ForecastArchive | None = None,
) -> Collected:
    """Measure what is asked for; without a month and a recommendation the newest changes, and the month so far.

    Of a recommendation that was tried by a switchback that is told too; its single blocks only where they are asked for.

    `archive` keeps what was published of prices and carbon, of sites that ask a provider for them.

    Raises
    ------
    NeverAppliedError
        If the recommendation was never applied.
    facility.errors.SignalError
        If prices or carbon of the hours are not known.
    """
    changes = changes_of(journal, trials, now)
    asked: list[tuple[str, Callable[[], MeasuredSaving]]] = []

    def ask_month(name: str) -> None:
        asked.append(
            (name, lambda: measure_month(loaded, telemetry, changes, name, now, option=option, archive=archive))
        )

    def ask_change(which: Change) -> None:
        name = ", ".join(one.id for one in which.recommendations)
        asked.append(
            (name, lambda: measure_change(loaded, telemetry, changes, which, now, option=option, archive=archive))
        )

    def ask_trial(which: Switchback) -> None:
        (tried,) = (one for one in journal.recommendations() if one.id == which.recommendation)
        name = f"{tried.id} ({which.id})"
        asked.append((name, lambda: measure_switchback(loaded, telemetry, which, tried, now, archive=archive)))

    if recommendation is not None:
        tries = [one for one in trials if one.recommendation == recommendation]
        for trial in tries:
            ask_trial(trial)
        whole = [change for change in changes if not _is_block(change, trials)]
        if not tries or any(one.id == recommendation for change in whole for one in change.recommendations):
            ask_change(_applied(changes if not tries else whole, recommendation))
    if month is not None:
        ask_month(month)
    if not asked and changes:
        for trial in trials[-NEWEST:]:
            ask_trial(trial)
        for change in [change for change in changes if not _is_block(change, trials)][-NEWEST:]:
            ask_change(change)
        ask_month(f"{now.astimezone(loaded.site.zone):%Y-%m}")
    return _measured(asked)


def _is_block(change: Change, trials: Sequence[Switchback]) -> bool:
    """Tell whether a change is but a block of a switchback."""
    return any(
        trial.made(one.id) or (trial.by_hand and one.id == trial.recommendation and change.begins >= trial.begins)
        for trial in trials
        for one in change.recommendations
    )


def _applied(changes: Sequence[Change], recommendation: str) -> Change:
    for change in changes:
        if any(one.id == recommendation for one in change.recommendations):
            return change
    raise NeverAppliedError(
        f"recommendation {recommendation!r} was never applied; `facility review list SITE --all` shows states"
    )


def _measured(asked: Sequence[tuple[str, Callable[[], MeasuredSaving]]]) -> Collected:
    savings, unmeasured = [], []
    for name, measure in asked:
        try:
            savings.append(measure())
        except NotEnoughDataError as error:
            unmeasured.append((name, str(error)))
    return Collected(savings, unmeasured)
