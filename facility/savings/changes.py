"""Which changes were in force and when, from the journal: what was applied, and until it was rolled back or something else came.

Recommendations that are applied within half an hour of each other cannot be told apart by any meter: they are one change.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from facility.history.journal import SqlJournal
from facility.history.switchback_records import Switchback
from facility.records import Interval, Recommendation, RecommendationKind, RecommendationState
from facility.savings.hours import MOVES_WORK

TOGETHER = timedelta(minutes=30)
SETTLING = timedelta(hours=2)  # after which halls are as warm as before, and what was deferred is paid
_WERE_APPLIED = (RecommendationState.APPLIED, RecommendationState.VERIFIED, RecommendationState.ROLLED_BACK)


@dataclass(frozen=True, slots=True)
class Change:
    """Recommendations that were applied together; `ends` None: still in force."""

    recommendations: tuple[Recommendation, ...]
    begins: datetime
    ends: datetime | None

    @property
    def moves_work(self) -> bool:
        """Whether it decides when work is done."""
        return any(one.quantity in MOVES_WORK for one in self.recommendations)

    @property
    def promised_kw(self) -> Interval:
        """The sum of what was promised; the bounds add up as if all erred alike."""
        promises = [one.saving_kw for one in self.recommendations if one.kind is RecommendationKind.PLAN]
        return Interval(*(sum(getattr(one, name) for one in promises) for name in ("value", "low", "high")))

    def settled(self) -> datetime | None:
        """Return when all is as it was before, if it was rolled back."""
        return None if self.ends is None else self.ends + SETTLING


def changes_of(journal: SqlJournal, trials: Sequence[Switchback] = (), now: datetime | None = None) -> Sequence[Change]:
    """Return all changes that were ever in force, oldest first; also those that a person put on and off by a timetable."""
    found = [one for state in _WERE_APPLIED for one in journal.recommendations(state)]
    by_hand = _by_hand(journal, [one for one in trials if one.by_hand], now)
    alone = sorted((*(_alone(journal, one) for one in found), *by_hand), key=lambda change: change.begins)
    together: list[Change] = []
    for change in alone:
        last = together[-1] if together else None
        if last is not None and change.begins - last.begins <= TOGETHER:
            ends = [end for end in (last.ends, change.ends) if end is not None]
            joined = (*last.recommendations, *change.recommendations)
            together[-1] = replace(last, recommendations=joined, ends=min(ends) if ends else None)
        else:
            together.append(change)
    return together


def _by_hand(journal: SqlJournal, trials: Sequence[Switchback], now: datetime | None) -> Iterator[Change]:
    tried = {one.id: one for one in journal.recommendations()} if trials else {}
    for trial in trials:
        until = trial.ends if now is None else min(trial.ends, now)
        for begins, ends in (trial.span(block) for block in trial.blocks if block.on):
            if begins < until:
                yield Change((tried[trial.recommendation],), begins, min(ends, until))


def _alone(journal: SqlJournal, recommendation: Recommendation) -> Change:
    moves = journal.transitions(recommendation.id)
    begins = next(move.at for move in moves if move.after is RecommendationState.APPLIED)
    ends = next((move.at for move in moves if move.after is RecommendationState.ROLLED_BACK), None)
    return Change((recommendation,), begins, ends)
