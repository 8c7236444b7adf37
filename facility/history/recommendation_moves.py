"""How a recommendation moves from one state to another within a transaction that is the only writer of the journal.

Who calls `move` has looked at what is allowed: `SqlJournal.transition` by the state machine, a review by what people decided.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from facility.history.journal_codec import RECOMMENDATION
from facility.history.journal_events import append_event
from facility.history.journal_tables import RecommendationRow, TransitionRow
from facility.records import Event, Recommendation, RecommendationState


def as_recommendation(row: RecommendationRow) -> Recommendation:
    """Return what a row keeps, in its present state."""
    return replace(RECOMMENDATION.load(row.body), state=RecommendationState(row.state))


def move(
    session: Session, row: RecommendationRow, to: RecommendationState, *, actor: str, reason: str, at: datetime
) -> None:
    """Move a recommendation, and tell who moved it and why."""
    before, row.state = row.state, to.value
    session.add(
        TransitionRow(
            recommendation_id=row.id,
            from_state=before,
            to_state=to.value,
            actor=actor,
            reason=reason,
            at=at,
            correlation_id=row.correlation_id,
        )
    )
    detail = {"from": before, "to": to.value, "reason": reason}
    append_event(session, Event(at, f"recommendation.{to.value}", row.id, actor, detail, row.correlation_id))
