"""First approvals of recommendations that ask for two, within a transaction; they pass on where the next plan proposes the same."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from facility.history.journal_events import append_event
from facility.history.journal_tables import RecommendationRow
from facility.history.recommendation_moves import as_recommendation
from facility.history.review_tables import EndorsementRow
from facility.records import Event
from facility.review.decision import Decider, Endorsement, Standing
from facility.review.same_change import is_same_change


def endorsements(session: Session, ids: Sequence[str] | Select[str]) -> dict[str, list[Endorsement]]:
    """Return who has approved recommendations so far, by id."""
    given: dict[str, list[Endorsement]] = {}
    wanted = select(EndorsementRow).where(EndorsementRow.recommendation_id.in_(ids))
    for row in session.scalars(wanted.order_by(EndorsementRow.sequence)):
        by = Decider(row.actor, frozenset(json.loads(row.persons)))
        given.setdefault(row.recommendation_id, []).append(Endorsement(by, row.reason, row.at))
    return given


def endorse(session: Session, row: RecommendationRow, one: Endorsement, at: datetime, carried: str = "") -> None:
    """Keep an approval; `carried` is the recommendation that it was given to."""
    persons = json.dumps(sorted(one.by.persons))
    session.add(
        EndorsementRow(recommendation_id=row.id, actor=one.by.name, persons=persons, reason=one.reason, at=one.at)
    )
    detail = {"persons": persons, "reason": one.reason, **({"given_to": carried} if carried else {})}
    what = "carried" if carried else "endorsed"
    append_event(session, Event(at, f"recommendation.{what}", row.id, one.by.name, detail, row.correlation_id))


def carry_over(
    session: Session,
    superseded: Iterable[RecommendationRow],
    proposed: Sequence[RecommendationRow],
    steps: Mapping[str, float],
    at: datetime,
) -> None:
    """Give approvals of what is superseded to the same change in the new plan; it must ask for two people too."""
    before = {row.id: as_recommendation(row) for row in superseded}
    given = endorsements(session, list(before))
    for row in proposed if given else ():
        after = as_recommendation(row)
        for name, approvals in given.items():
            if is_same_change(before[name], after, steps) and len(approvals) < Standing(after).people:
                for one in approvals:
                    endorse(session, row, one, at, carried=name)
