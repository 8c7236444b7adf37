"""The journal: what was planned, recommended, decided and done, by whom and when.

Recommendations move through one state machine, `facility.records.TRANSITIONS`. Every move and every event is appended and never
changed; events are chained by hashes with a key, so that a later change shows (`facility.history.audit_trail`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Engine, Select, or_, select
from sqlalchemy.orm import Session

from facility.errors import JournalError
from facility.history.audit_trail import AuditTrail
from facility.history.endorsements import carry_over
from facility.history.journal_codec import EVENT, PLAN, RECOMMENDATION
from facility.history.journal_database import journal_errors, open_database, writing
from facility.history.journal_events import append_event
from facility.history.journal_tables import EventRow, PlanRow, RecommendationRow, TransitionRow
from facility.history.recommendation_moves import as_recommendation, move
from facility.records import TRANSITIONS, Event, Plan, Recommendation, RecommendationKind, RecommendationState
from facility.state import StateFolder


def open_journal(url: str | None, state: StateFolder) -> SqlJournal:
    """Open the journal of a site: SQLite in its state folder, or the database at `url`.

    Raises
    ------
    JournalError
        If it cannot be opened.
    """
    return SqlJournal(open_database(url, state))


@dataclass(frozen=True, slots=True)
class Transition:
    """A move of a recommendation: who, when and why."""

    recommendation_id: str
    before: RecommendationState
    after: RecommendationState
    actor: str
    reason: str
    at: datetime


class SqlJournal:
    """Implements `facility.ports.Journal`; make it with `open_journal`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def save_plan(
        self,
        plan: Plan,
        recommendations: Sequence[Recommendation],
        correlation_id: str,
        steps: Mapping[str, float] | None = None,
    ) -> None:
        """Store a plan with its recommendations; those of earlier plans still proposed are superseded, in one transaction.

        So are corrections of earlier plans. Proposed tries of a commissioning stay: a plan does not replace them. The first of two
        approvals holds on for the same change; `steps` has by how much one write may change points.
        """
        with journal_errors(f"plan {plan.id} not stored"), writing(self._engine) as session:
            reason = f"plan {plan.id}"
            before = [
                row
                for kind in (RecommendationKind.PLAN, RecommendationKind.CORRECTION)
                for row in _supersede(session, plan.site_id, kind, actor="planner", reason=reason, at=plan.created)
            ]
            body = PLAN.dump(plan)
            session.add(
                PlanRow(
                    id=plan.id, site_id=plan.site_id, created=plan.created, correlation_id=correlation_id, body=body
                )
            )
            session.flush()
            rows = [_row(recommendation, correlation_id) for recommendation in recommendations]
            session.add_all(rows)
            session.flush()
            carry_over(session, before, rows, steps or {}, plan.created)

    def propose_tries(self, recommendations: Sequence[Recommendation], correlation_id: str) -> None:
        """Store the tries of a commissioning beside the plan that each names; older proposed tries are superseded.

        Raises
        ------
        JournalError
            If there is no such plan.
        """
        if not recommendations:
            return
        plan_id, at = recommendations[0].plan_id, recommendations[0].created
        with journal_errors(f"commissioning {correlation_id} not stored"), writing(self._engine) as session:
            site_id = session.scalar(select(PlanRow.site_id).where(PlanRow.id == plan_id))
            if site_id is None:
                raise JournalError(f"no plan {plan_id!r}; `facility recommend SITE` makes one")
            reason = f"commissioning {correlation_id}"
            kind = RecommendationKind.COMMISSIONING
            _supersede(session, site_id, kind, actor="commissioning", reason=reason, at=at)
            session.add_all(_row(recommendation, correlation_id) for recommendation in recommendations)

    def add_approved(self, recommendation: Recommendation, correlation_id: str, *, actor: str, reason: str) -> None:
        """Store a recommendation beside the plan that it names, approved as the one that it was made from."""
        proposed = replace(recommendation, state=RecommendationState.PROPOSED)
        with journal_errors(f"recommendation {proposed.id} not stored"), writing(self._engine) as session:
            row = _row(proposed, correlation_id)
            session.add(row)
            session.flush()
            move(session, row, RecommendationState.APPROVED, actor=actor, reason=reason, at=proposed.created)

    def correct_plan(self, plan: Plan, corrections: Sequence[Recommendation], at: datetime) -> None:
        """Store corrections of a plan, none where it is followed again; older proposed ones are superseded."""
        with journal_errors(f"corrections of plan {plan.id} not stored"), writing(self._engine) as session:
            kind = RecommendationKind.CORRECTION
            _supersede(session, plan.site_id, kind, actor="planner", reason=f"plan {plan.id} followed", at=at)
            session.add_all(_row(correction, plan.id) for correction in corrections)

    def latest_plan(self) -> Plan | None:
        """Return the plan stored last, if there is one."""
        with journal_errors("plan not read"), Session(self._engine) as session:
            body = session.scalar(select(PlanRow.body).order_by(PlanRow.sequence.desc()).limit(1))
            return None if body is None else PLAN.load(body)

    def plan_at(self, at: datetime) -> Plan | None:
        """Return the newest plan made at or before a time, if there is one."""
        newest = (
            select(PlanRow.body).where(PlanRow.created <= at).order_by(PlanRow.created.desc(), PlanRow.sequence.desc())
        )
        with journal_errors("plan not read"), Session(self._engine) as session:
            body = session.scalar(newest.limit(1))
            return None if body is None else PLAN.load(body)

    def recommendations(self, state: RecommendationState | None = None) -> Sequence[Recommendation]:
        """Return recommendations, those of the newest plan first, in the order that the plan gave them."""
        wanted = select(RecommendationRow).join(PlanRow, PlanRow.id == RecommendationRow.plan_id)
        if state is not None:
            wanted = wanted.where(RecommendationRow.state == state.value)
        with journal_errors("recommendations not read"), Session(self._engine) as session:
            rows = session.scalars(wanted.order_by(PlanRow.sequence.desc(), RecommendationRow.sequence))
            return [as_recommendation(row) for row in rows]

    def transition(
        self, recommendation_id: str, to: RecommendationState, *, actor: str, reason: str, at: datetime
    ) -> Recommendation:
        """Move a recommendation to another state; of several processes that try at once, exactly one succeeds.

        Raises
        ------
        JournalError
            If there is no such recommendation, or the move is not allowed.
        """
        with journal_errors(f"recommendation {recommendation_id} not moved"), writing(self._engine) as session:
            wanted = select(RecommendationRow).where(RecommendationRow.id == recommendation_id)
            row = session.scalar(wanted)
            if row is None:
                raise JournalError(f"no recommendation {recommendation_id!r}; `facility review list` shows them")
            _check_allowed(row, to)
            move(session, row, to, actor=actor, reason=reason, at=at)
            return as_recommendation(row)

    def transitions(self, recommendation_id: str) -> Sequence[Transition]:
        """Return how a recommendation came to its state, oldest move first."""
        wanted = select(TransitionRow).where(TransitionRow.recommendation_id == recommendation_id)
        with journal_errors("transitions not read"), Session(self._engine) as session:
            return [
                Transition(
                    row.recommendation_id,
                    RecommendationState(row.from_state),
                    RecommendationState(row.to_state),
                    row.actor,
                    row.reason,
                    row.at,
                )
                for row in session.scalars(wanted.order_by(TransitionRow.sequence))
            ]

    def expire(self, now: datetime) -> Sequence[Recommendation]:
        """Move what was proposed or approved and not applied in time to expired; return it."""
        states = [RecommendationState.PROPOSED.value, RecommendationState.APPROVED.value]
        late = select(RecommendationRow).where(RecommendationRow.state.in_(states), RecommendationRow.expires <= now)
        with journal_errors("recommendations not expired"), writing(self._engine) as session:
            rows = session.scalars(late.order_by(RecommendationRow.sequence)).all()
            for row in rows:
                move(session, row, RecommendationState.EXPIRED, actor="journal", reason="not applied in time", at=now)
            return [as_recommendation(row) for row in rows]

    def append(self, event: Event) -> None:
        """Record an event."""
        with journal_errors(f"event {event.kind} not recorded"), writing(self._engine) as session:
            append_event(session, event)

    def events(self, since: datetime | None = None, kind: str | None = None) -> Sequence[Event]:
        """Return events, oldest first: from a time on, and of a kind or what stands under it (`device` has `device.failed`)."""
        wanted = select(EventRow.body).order_by(EventRow.sequence)
        if since is not None:
            wanted = wanted.where(EventRow.time >= since)
        if kind is not None:
            below = kind.rstrip(".") + "."
            wanted = wanted.where(or_(EventRow.kind == kind, EventRow.kind.startswith(below, autoescape=True)))
        with journal_errors("events not read"), Session(self._engine) as session:
            return [EVENT.load(body) for body in session.scalars(wanted)]

    def verify(self) -> int | None:
        """Return the number of the first event that is not as it was made; None when all is well."""
        fault = AuditTrail(self._engine).verify().fault
        return None if fault is None else fault.sequence


def _supersede(
    session: Session, site_id: str, kind: RecommendationKind, *, actor: str, reason: str, at: datetime
) -> list[RecommendationRow]:
    """Supersede what is proposed of a kind, and return it."""
    proposed = session.scalars(_in_state(RecommendationState.PROPOSED, site_id)).all()
    rows = [row for row in proposed if RECOMMENDATION.load(row.body).kind is kind]
    for row in rows:
        move(session, row, RecommendationState.SUPERSEDED, actor=actor, reason=reason, at=at)
    return rows


def _in_state(state: RecommendationState, site_id: str) -> Select[RecommendationRow]:
    return (
        select(RecommendationRow)
        .join(PlanRow, PlanRow.id == RecommendationRow.plan_id)
        .where(RecommendationRow.state == state.value, PlanRow.site_id == site_id)
        .order_by(RecommendationRow.sequence)
    )


def _row(recommendation: Recommendation, correlation_id: str) -> RecommendationRow:
    return RecommendationRow(
        id=recommendation.id,
        plan_id=recommendation.plan_id,
        state=recommendation.state.value,
        expires=recommendation.expires,
        correlation_id=correlation_id,
        body=RECOMMENDATION.dump(recommendation),
    )


def _check_allowed(row: RecommendationRow, to: RecommendationState) -> None:
    allowed = sorted(TRANSITIONS[RecommendationState(row.state)])
    if to not in allowed:
        choice = f"it may become {' or '.join(allowed)}" if allowed else "that is final"
        raise JournalError(f"recommendation {row.id} is {row.state} and cannot become {to}: {choice}")
