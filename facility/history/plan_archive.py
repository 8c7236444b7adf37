"""The plans of a site as they were made, newest first."""

from __future__ import annotations

from sqlalchemy import Engine, Select, select
from sqlalchemy.orm import Session

from facility.history.journal_codec import PLAN
from facility.history.journal_database import journal_errors
from facility.history.journal_tables import PlanRow
from facility.records import Plan
from facility.review.refusals import UnknownRecordError


class PlanArchive:
    """Reads the plans of one site; the journal stores them."""

    def __init__(self, engine: Engine, site_id: str) -> None:
        self._engine, self._site_id = engine, site_id

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def page(self, limit: int, before: str | None = None) -> list[Plan]:
        """Return plans, those stored last first; `before` names the last one of the page before.

        Raises
        ------
        UnknownRecordError
            If there is no `before`.
        """
        with journal_errors("plans not read"), Session(self._engine) as session:
            wanted = self._newest_first()
            if before is not None:
                wanted = wanted.where(PlanRow.sequence < self._row(session, before).sequence)
            return [PLAN.load(row.body) for row in session.scalars(wanted.limit(limit))]

    def plan(self, plan_id: str) -> Plan:
        """Return a plan.

        Raises
        ------
        UnknownRecordError
            If there is none of this id.
        """
        with journal_errors(f"plan {plan_id} not read"), Session(self._engine) as session:
            return PLAN.load(self._row(session, plan_id).body)

    def _newest_first(self) -> Select[PlanRow]:
        return select(PlanRow).where(PlanRow.site_id == self._site_id).order_by(PlanRow.sequence.desc())

    def _row(self, session: Session, plan_id: str) -> PlanRow:
        row = session.scalar(self._newest_first().where(PlanRow.id == plan_id))
        if row is None:
            raise UnknownRecordError(f"no plan {plan_id!r} at this site")
        return row
