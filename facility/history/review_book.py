"""Decisions and comments about a site's recommendations, kept in the journal's database.

A decision is one transaction that is the only writer: of several people and processes at once, each sees what the one before did.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Engine, Select, and_, or_, select
from sqlalchemy.orm import Session

from facility.history.endorsements import endorse, endorsements
from facility.history.journal import SqlJournal
from facility.history.journal_database import journal_errors, writing
from facility.history.journal_events import append_event
from facility.history.journal_tables import PlanRow, RecommendationRow
from facility.history.recommendation_moves import as_recommendation, move
from facility.history.review_tables import CommentRow
from facility.records import Event, RecommendationState
from facility.review.decision import Decider, Decision, Endorsement, Standing, outcome
from facility.review.refusals import DecisionRefusedError, UnknownRecordError
from facility.review.reviewed import Comment, Move, Reviewed
from facility.review.words import comment_of, reason_of


class ReviewBook:
    """The recommendations of one site, as people decide about them."""

    def __init__(self, engine: Engine, site_id: str) -> None:
        self._engine, self._site_id = engine, site_id
        self._journal = SqlJournal(engine)

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def expire(self, now: datetime) -> None:
        """Move what was not applied in time to expired."""
        self._journal.expire(now)

    def listed(
        self,
        state: RecommendationState | None = None,
        *,
        plan_id: str | None = None,
        before: str | None = None,
        limit: int | None = None,
    ) -> list[Standing]:
        """Return recommendations, those of the newest plan first, in the order that the plan gave them.

        `before` names the last one of the page before.

        Raises
        ------
        UnknownRecordError
            If there is no `before`.
        """
        wanted = self._rows().order_by(PlanRow.sequence.desc(), RecommendationRow.sequence).limit(limit)
        if state is not None:
            wanted = wanted.where(RecommendationRow.state == state.value)
        if plan_id is not None:
            wanted = wanted.where(RecommendationRow.plan_id == plan_id)
        with journal_errors("recommendations not read"), Session(self._engine) as session:
            if before is not None:
                wanted = self._after(session, wanted, before)
            rows = session.scalars(wanted).all()
            given = endorsements(session, wanted.with_only_columns(RecommendationRow.id))
            return [Standing(as_recommendation(row), tuple(given.get(row.id, ()))) for row in rows]

    def found(self, recommendation_id: str) -> Reviewed:
        """Return a recommendation with its history.

        Raises
        ------
        UnknownRecordError
            If there is none of this id.
        """
        with journal_errors(f"recommendation {recommendation_id} not read"), Session(self._engine) as session:
            standing = _standing(session, self._row(session, recommendation_id))
            said = select(CommentRow).where(CommentRow.recommendation_id == recommendation_id)
            rows = session.scalars(said.order_by(CommentRow.sequence))
            comments = [Comment(row.actor, row.text, row.at) for row in rows]
        found = self._journal.transitions(recommendation_id)
        moves = [Move(one.before, one.after, one.actor, one.reason, one.at) for one in found]
        return Reviewed(standing, moves, comments)

    def decide(
        self,
        ids: Sequence[str],
        decision: Decision,
        decider: Decider,
        *,
        reason: str,
        at: datetime,
        expected: RecommendationState | None = None,
    ) -> list[Standing]:
        """Decide about recommendations, all of them or, where one is refused, none; what is over is expired first.

        `expected` is the state in which the decider saw them.

        Raises
        ------
        UnknownRecordError, DecisionRefusedError, WrongWordsError
            If it cannot be decided so.
        """
        said = reason_of(decision, reason)
        self._journal.expire(at)
        with journal_errors("decision not kept"), writing(self._engine) as session:
            rows = [self._row(session, each) for each in dict.fromkeys(ids)]
            for row in rows:
                standing = _standing(session, row)
                if expected not in (None, standing.recommendation.state):
                    raise DecisionRefusedError(f"recommendation {row.id} is {row.state}, not {expected} as it was seen")
                to = outcome(standing, decision, decider, at)
                if to is None:
                    endorse(session, row, Endorsement(decider, said, at), at)
                else:
                    move(session, row, to, actor=decider.name, reason=said, at=at)
            session.flush()
            return [_standing(session, row) for row in rows]

    def comment(self, recommendation_id: str, by: str, text: str, at: datetime) -> Comment:
        """Keep what somebody has to say; there is no taking back.

        Raises
        ------
        UnknownRecordError, WrongWordsError
            If there is no such recommendation, or nothing is said.
        """
        said = comment_of(text)
        with journal_errors("comment not kept"), writing(self._engine) as session:
            row = self._row(session, recommendation_id)
            session.add(CommentRow(recommendation_id=row.id, actor=by, text=said, at=at))
            append_event(session, Event(at, "recommendation.commented", row.id, by, {"text": said}, row.correlation_id))
        return Comment(by, said, at)

    def _rows(self) -> Select[RecommendationRow]:
        joined = select(RecommendationRow).join(PlanRow, PlanRow.id == RecommendationRow.plan_id)
        return joined.where(PlanRow.site_id == self._site_id)

    def _row(self, session: Session, recommendation_id: str) -> RecommendationRow:
        row = session.scalar(self._rows().where(RecommendationRow.id == recommendation_id))
        if row is None:
            raise UnknownRecordError(f"no recommendation {recommendation_id!r} at this site")
        return row

    def _after(self, session: Session, wanted: Select[RecommendationRow], before: str) -> Select[RecommendationRow]:
        last = self._row(session, before)
        of_plan = session.scalar(select(PlanRow.sequence).where(PlanRow.id == last.plan_id))
        later = and_(PlanRow.sequence == of_plan, RecommendationRow.sequence > last.sequence)
        return wanted.where(or_(PlanRow.sequence < of_plan, later))


def _standing(session: Session, row: RecommendationRow) -> Standing:
    return Standing(as_recommendation(row), tuple(endorsements(session, [row.id]).get(row.id, ())))
