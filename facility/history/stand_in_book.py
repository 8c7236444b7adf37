"""What is kept of stand-ins, in the journal's database: each change is one transaction with its event (`stand_in.*`)."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ColumnElement, Engine, Select, select
from sqlalchemy.orm import Session

from facility.errors import JournalError
from facility.history.dispatch_records import Said
from facility.history.journal_database import journal_errors, writing
from facility.history.journal_events import append_event
from facility.history.stand_in_tables import StandInRow
from facility.records import Event
from facility.stand_ins import StandIn


def new_stand_in(
    point: str, said: Said, until: datetime, *, value: float | None = None, source: str | None = None
) -> StandIn:
    """Return a stand-in of a name that no other has."""
    return StandIn(f"si{uuid.uuid4().hex[:12]}", point, said.by, said.reason, said.at, until, value, source)


class StandInBook:
    """The stand-ins of one site."""

    def __init__(self, engine: Engine, site_id: str) -> None:
        self._engine = engine
        self._site_id = site_id

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def holding(self, now: datetime) -> list[StandIn]:
        """Return those that hold, by point."""
        return [one for one in self._read(StandInRow.until > now, StandInRow.ended_at.is_(None)) if one.holds(now)]

    def between(self, start: datetime, end: datetime) -> list[StandIn]:
        """Return those that held at some time in [start, end), oldest first."""
        found = self._read(StandInRow.at < end, StandInRow.until > start)
        return sorted((one for one in found if one.ends > start), key=lambda one: one.at)

    def begin(self, one: StandIn) -> None:
        """Keep that a value stands in; the one before it at the same point ends."""
        with journal_errors(f"stand-in of {one.point} not kept"), writing(self._engine) as session:
            for row in session.scalars(self._open(one.point, one.at)):
                self._end(session, row, Said(one.by, f"replaced: {one.reason}", one.at))
            session.add(
                StandInRow(
                    id=one.id, site_id=self._site_id, point=one.point, value=one.value, source=one.source,
                    actor=one.by, reason=one.reason, at=one.at, until=one.until,
                )
            )  # fmt: skip
            detail = {"kind": one.kind.value, "value": one.value, "source": one.source, "until": one.until.isoformat()}
            self._tell(session, "begun", one.point, Said(one.by, one.reason, one.at), **detail)

    def end(self, point: str, said: Said) -> None:
        """Keep that nothing stands in for a point any more.

        Raises
        ------
        JournalError
            If nothing does.
        """
        with journal_errors(f"stand-in of {point} not ended"), writing(self._engine) as session:
            row = session.scalar(self._open(point, said.at))
            if row is None:
                raise JournalError(f"nothing stands in for {point}")
            self._end(session, row, said)

    def _open(self, point: str, now: datetime) -> Select[StandInRow]:
        mine = StandInRow.site_id == self._site_id, StandInRow.point == point
        return select(StandInRow).where(*mine, StandInRow.until > now, StandInRow.ended_at.is_(None))

    def _read(self, *where: ColumnElement[bool]) -> list[StandIn]:
        wanted = select(StandInRow).where(StandInRow.site_id == self._site_id, *where).order_by(StandInRow.point)
        with journal_errors("stand-ins not read"), Session(self._engine) as session:
            return [_as_stand_in(row) for row in session.scalars(wanted)]

    def _end(self, session: Session, row: StandInRow, said: Said) -> None:
        row.ended_by, row.ended_reason, row.ended_at = said.by, said.reason, said.at
        self._tell(session, "ended", row.point, said)

    def _tell(self, session: Session, what: str, point: str, said: Said, **detail: str | float | None) -> None:
        known = {**detail, "reason": said.reason, "site": self._site_id}
        append_event(session, Event(said.at, f"stand_in.{what}", point, said.by, known))


def _as_stand_in(row: StandInRow) -> StandIn:
    return StandIn(
        id=row.id, point=row.point, by=row.actor, reason=row.reason, at=row.at, until=row.until, value=row.value,
        source=row.source, ended_by=row.ended_by, ended_reason=row.ended_reason, ended_at=row.ended_at,
    )  # fmt: skip
