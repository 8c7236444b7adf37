"""What the grid asks of a site, kept in the journal's database: nothing that was taken is lost or doubled by a kill.

Each change is one transaction: the event, its move, its line in the audit chain (`dr.*`) and the notices to hooks outside.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, Select, func, or_, select
from sqlalchemy.orm import Session

from facility.errors import JournalError
from facility.grid_event import GridEvent
from facility.history.alarm_tables import AlarmNoticeRow
from facility.history.grid_event_rows import GridEventMove, as_kept, as_move, fill
from facility.history.grid_event_tables import GridEventMoveRow, GridEventRow
from facility.history.hook_deliveries import Delivery, earlier_answer, keep_delivery
from facility.history.journal_database import journal_errors, writing
from facility.history.journal_events import append_event
from facility.records import Event
from facility.respond.arrival import arrived, judged
from facility.respond.event_state import (
    OVER,
    PROMISED,
    Answer,
    GridEventState,
    KeptEvent,
    Said,
    answered,
    due_moves,
)
from facility.respond.hook_notice import notices
from facility.respond.reception import REFUSED, TAKEN, Reception
from facility.respond.settings import RespondSettings

PLANNER = "planner"  # who says whether an event is planned for
_LONGEST_NAME = 300  # of what a sender may have made up
_OPEN = [state.value for state in GridEventState if state not in OVER]


class UnknownGridEventError(JournalError):
    """There is no such event."""


class GridEventBook:
    """The events of one site, judged by its settings."""

    def __init__(self, engine: Engine, site_id: str, settings: RespondSettings, zone: ZoneInfo) -> None:
        self.settings = settings
        self._engine, self._site_id, self._zone = engine, site_id, zone

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def receive(self, events: Sequence[GridEvent], now: datetime, delivery: Delivery | None = None) -> list[Reception]:
        """Take events from their senders, all of them or none, and return what became of each.

        Raises
        ------
        facility.history.hook_deliveries.ReplayedError, facility.history.hook_deliveries.KeyReusedError
            If this very delivery was taken before, or its key with another content; that is told to the audit, and nothing changes.
        """
        with journal_errors("events of the grid not kept"), writing(self._engine) as session:
            if delivery is not None and (earlier := earlier_answer(session, self._site_id, delivery)) is not None:
                return earlier
            found = [self._take(session, event, now) for event in events]
            if delivery is not None:
                keep_delivery(session, self._site_id, delivery, found)
            return found

    def refuse(self, source: str, subject: str, why: str, now: datetime) -> None:
        """Tell the audit of what was refused before it could be an event."""
        with journal_errors("refusal not kept"), writing(self._engine) as session:
            self._tell(session, "refused", subject, Said(source, why, now))

    def answer(self, number: int, answer: Answer) -> KeptEvent:
        """Opt in or out.

        Raises
        ------
        UnknownGridEventError
            If there is no such event.
        facility.respond.event_state.GridEventError
            If its state does not allow it.
        """
        with journal_errors(f"event {number} not answered"), writing(self._engine) as session:
            row = self._row(session, number)
            before = as_kept(row)
            after = answered(before, answer)
            if after != before:
                self._keep(session, row, before.state, after, answer.said)
            return after

    def keep_time(self, now: datetime) -> list[KeptEvent]:
        """Move what the clock moves: unanswered events out, accepted ones to active and done, others to declined at their end."""
        with journal_errors("events of the grid not read"), Session(self._engine) as session:
            if not any(next(due_moves(as_kept(row), now), None) for row in session.scalars(self._open())):
                return []
        moved = []
        with journal_errors("events of the grid not moved"), writing(self._engine) as session:
            for row in session.scalars(self._open()).all():  # read anew: another process may have moved one meanwhile
                before = as_kept(row).state
                for after, said in due_moves(as_kept(row), now):
                    self._keep(session, row, before, after, said)
                    before = after.state
                    moved.append(after)
        return moved

    def events(
        self, states: Collection[GridEventState] | None = None, *, limit: int | None = None, before: int | None = None
    ) -> list[KeptEvent]:
        """Return events, those first that came last; `before` a number, to go on from there."""
        wanted = select(GridEventRow).where(GridEventRow.site_id == self._site_id)
        if states is not None:
            wanted = wanted.where(GridEventRow.state.in_([state.value for state in states]))
        if before is not None:
            wanted = wanted.where(GridEventRow.number < before)
        with journal_errors("events of the grid not read"), Session(self._engine) as session:
            rows = session.scalars(wanted.order_by(GridEventRow.number.desc()).limit(limit))
            return [as_kept(row) for row in rows]

    def promised(self) -> list[KeptEvent]:
        """Return what the plan has to hold, as it begins."""
        found = [one for one in self.events(PROMISED) if not one.event.test]
        return sorted(found, key=lambda one: (one.event.start, one.number))

    def of_source(self, source: str, since: datetime) -> list[KeptEvent]:
        """Return the events of a source that are not over, or that have been over only since then, oldest first."""
        recent = or_(GridEventRow.state.in_(_OPEN), GridEventRow.since >= since)
        mine = GridEventRow.site_id == self._site_id, GridEventRow.source == source, recent
        with journal_errors("events of the grid not read"), Session(self._engine) as session:
            return [
                as_kept(row) for row in session.scalars(select(GridEventRow).where(*mine).order_by(GridEventRow.number))
            ]

    def event(self, number: int) -> KeptEvent:
        """Return an event; raise `UnknownGridEventError` where there is none."""
        with journal_errors(f"event {number} not read"), Session(self._engine) as session:
            return as_kept(self._row(session, number))

    def moves(self, number: int) -> list[GridEventMove]:
        """Return how an event came to its state, oldest first."""
        mine = GridEventMoveRow.site_id == self._site_id, GridEventMoveRow.event == number
        wanted = select(GridEventMoveRow).where(*mine).order_by(GridEventMoveRow.sequence)
        with journal_errors(f"moves of event {number} not read"), Session(self._engine) as session:
            return [as_move(row) for row in session.scalars(wanted)]

    def newest_move(self) -> int:
        """Return a number that grows with each move and revision: who plans looks whether it has grown."""
        newest = select(func.max(GridEventMoveRow.sequence)).where(GridEventMoveRow.site_id == self._site_id)
        with journal_errors("events of the grid not read"), Session(self._engine) as session:
            return session.scalar(newest) or 0

    def baseline(self, number: int) -> str | None:
        """Return the baseline that was frozen for an event, as it was given."""
        with journal_errors(f"baseline of event {number} not read"), Session(self._engine) as session:
            return self._row(session, number).baseline

    def freeze(self, number: int, baseline: str) -> str:
        """Freeze the baseline of an event, and return the one that is frozen: the first stays."""
        with journal_errors(f"baseline of event {number} not kept"), writing(self._engine) as session:
            row = self._row(session, number)
            row.baseline = row.baseline or baseline
            return row.baseline

    def tell_planned(self, number: int, why_not: str | None, now: datetime) -> None:
        """Keep why an accepted event is not planned for, or that it is; what changes is told to the audit."""
        with journal_errors(f"event {number} not marked"), writing(self._engine) as session:
            row = self._row(session, number)
            if row.not_planned == why_not:
                return
            row.not_planned = why_not
            said = Said(PLANNER, why_not or "", now)
            what = "planned" if why_not is None else "not_planned"
            self._tell(session, what, _subject(as_kept(row).event), said, event=number)

    def _take(self, session: Session, event: GridEvent, now: datetime) -> Reception:
        row = session.scalar(self._of(event))
        known = None if row is None else as_kept(row)
        event, reception = judged(known, event, self.settings, now)
        if reception.outcome in REFUSED:
            said = Said(event.source, reception.why, now)
            self._tell(session, "refused", _subject(event), said, outcome=reception.outcome.value)
        if reception.outcome not in TAKEN:
            return reception
        if row is None:
            row = self._new_row(session, event, now)
        before = None if known is None else known.state
        for after, said in arrived(known, event, reception, self.settings, self._zone):
            if after.noticed != row.noticed:
                row.baseline = None  # it asks for more: what was frozen at the first notice is not its baseline
            self._keep(session, row, before, replace(after, number=row.number), said)
            before = after.state
        return replace(reception, number=row.number)

    def _new_row(self, session: Session, event: GridEvent, now: datetime) -> GridEventRow:
        row = GridEventRow(site_id=self._site_id, source=event.source, id=event.id)
        fill(row, KeptEvent(0, event, GridEventState.INVITED, noticed=now, received=now, since=now))
        session.add(row)
        session.flush()
        return row

    def _keep(
        self, session: Session, row: GridEventRow, before: GridEventState | None, after: KeptEvent, said: Said
    ) -> None:
        fill(row, after)
        revision = after.event.revision
        session.add(
            GridEventMoveRow(
                site_id=self._site_id, event=after.number, revision=revision, from_state=before and before.value,
                to_state=after.state.value, actor=said.by, reason=said.reason, at=said.at,
            )
        )  # fmt: skip
        what = "revised" if before is after.state else after.state.value
        self._tell(session, what, _subject(after.event), said, event=after.number, revision=revision)
        for channel, body in notices(self._site_id, self.settings, before, after, said.at):
            session.add(
                AlarmNoticeRow(
                    id=uuid.uuid4().hex, site_id=self._site_id, channel=channel, at=said.at, body=json.dumps(body),
                    attempts=0, due=said.at,
                )
            )  # fmt: skip

    def _tell(self, session: Session, what: str, subject: str, said: Said, **more: str | int) -> None:
        detail = {**more, "reason": said.reason, "site": self._site_id}
        append_event(session, Event(said.at, f"dr.{what}", subject[:_LONGEST_NAME], said.by[:_LONGEST_NAME], detail))

    def _of(self, event: GridEvent) -> Select[GridEventRow]:
        mine = GridEventRow.site_id == self._site_id, GridEventRow.source == event.source, GridEventRow.id == event.id
        return select(GridEventRow).where(*mine)

    def _open(self) -> Select[GridEventRow]:
        mine = GridEventRow.site_id == self._site_id, GridEventRow.state.in_(_OPEN)
        return select(GridEventRow).where(*mine).order_by(GridEventRow.number)

    def _row(self, session: Session, number: int) -> GridEventRow:
        row = session.get(GridEventRow, number)
        if row is None or row.site_id != self._site_id:
            raise UnknownGridEventError(f"no event {number}; `facility dr events SITE` shows them")
        return row


def _subject(event: GridEvent) -> str:
    return f"{event.source}/{event.id}"
