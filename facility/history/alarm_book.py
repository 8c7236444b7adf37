"""The alarms of a site, kept in the journal's database: their states survive every restart.

A move of an alarm, its event in the chain (`alarm.*`) and the notices of it are one transaction: after a kill at any moment all of
them are there, or none.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, Select, select
from sqlalchemy.orm import Session

from facility.alarms.alarm import Alarm, AlarmState, Priority, Said
from facility.alarms.catalogue import CATALOGUE
from facility.alarms.judge import Verdict, applied
from facility.alarms.notice import Channel, body, told
from facility.alarms.rates import Annunciation
from facility.errors import JournalError
from facility.history.alarm_rows import as_alarm, as_row
from facility.history.alarm_tables import AlarmMoveRow, AlarmNoticeRow, AlarmRow
from facility.history.journal_database import journal_errors, writing
from facility.history.journal_events import append_event
from facility.records import Event

WATCH = "alarms"  # who moves alarms that nobody has touched


@dataclass(frozen=True, slots=True)
class AlarmMove:
    """A move of an alarm: what it said, who moved it, and why."""

    alarm: str
    before: AlarmState
    after: AlarmState
    text: str
    actor: str
    reason: str
    at: datetime


class AlarmBook:
    """The alarms of one site. Conditions that this version does not know are left where they are."""

    def __init__(self, engine: Engine, site_id: str) -> None:
        self._engine = engine
        self._site_id = site_id

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def alarms(self, states: Collection[AlarmState] | None = None) -> list[Alarm]:
        """Return the alarms that were ever raised, or those in some states: most urgent first, then newest."""
        wanted = self._rows()
        if states is not None:
            wanted = wanted.where(AlarmRow.state.in_([state.value for state in states]))
        with journal_errors("alarms not read"), Session(self._engine) as session:
            found = [as_alarm(row) for row in session.scalars(wanted.order_by(AlarmRow.since.desc(), AlarmRow.id))]
        return sorted(found, key=lambda alarm: alarm.priority.rank)

    def alarm(self, name: str) -> Alarm:
        """Return an alarm.

        Raises
        ------
        JournalError
            If there is none of this id.
        """
        with journal_errors(f"alarm {name} not read"), Session(self._engine) as session:
            return as_alarm(self._row(session, name))

    def moves(self, name: str) -> list[AlarmMove]:
        """Return how an alarm came to its state, oldest move first."""
        mine = AlarmMoveRow.site_id == self._site_id, AlarmMoveRow.alarm_id == name
        wanted = select(AlarmMoveRow).where(*mine).order_by(AlarmMoveRow.sequence)
        with journal_errors(f"moves of alarm {name} not read"), Session(self._engine) as session:
            return [_as_move(row) for row in session.scalars(wanted)]

    def annunciated(self, since: datetime) -> list[Annunciation]:
        """Return what was put before people from a time on, oldest first."""
        mine = AlarmMoveRow.site_id == self._site_id, AlarmMoveRow.at >= since
        raised = select(AlarmMoveRow).where(*mine, AlarmMoveRow.to_state == AlarmState.UNACKNOWLEDGED.value)
        with journal_errors("annunciations not read"), Session(self._engine) as session:
            rows = session.scalars(raised.order_by(AlarmMoveRow.at, AlarmMoveRow.sequence))
            return [Annunciation(row.at, row.alarm_id, Priority(row.priority)) for row in rows]

    def observe(self, verdicts: Sequence[Verdict], at: datetime, channels: Sequence[Channel] = ()) -> list[Alarm]:
        """Take over what a look has found, and return the alarms that it moved; nothing is written where nothing moves."""
        with journal_errors("alarms not read"), Session(self._engine) as session:
            if not self._changes(session, verdicts, at):
                return []
        moved = []
        with journal_errors("alarms not kept"), writing(self._engine) as session:
            # Read anew: a person may have shelved one meanwhile, in another process.
            for before, after in self._changes(session, verdicts, at):
                if before is None or before.state is not after.state:
                    moved.append(after)
                self._keep(session, before, after, Said(WATCH, _why(before, after), at), channels)
        return moved

    def move(self, name: str, how: Callable[[Alarm, Said], Alarm], said: Said) -> Alarm:
        """Let a person move an alarm (`facility.alarms.machine`); of several at once, each sees what the one before did.

        Raises
        ------
        JournalError
            If there is no such alarm, or the move is not allowed.
        """
        with journal_errors(f"alarm {name} not moved"), writing(self._engine) as session:
            before = as_alarm(self._row(session, name))
            after = how(before, said)
            self._keep(session, before, after, said, ())
            return after

    def _changes(self, session: Session, verdicts: Sequence[Verdict], at: datetime) -> list[tuple[Alarm | None, Alarm]]:
        known: Mapping[str, Alarm] = {row.id: as_alarm(row) for row in session.scalars(self._rows())}
        pairs = [(known.get(one.id), applied(one, known.get(one.id), at)) for one in verdicts]
        return [(before, after) for before, after in pairs if before != after]

    def _keep(
        self, session: Session, before: Alarm | None, after: Alarm, said: Said, channels: Sequence[Channel]
    ) -> None:
        session.merge(as_row(after, self._site_id))
        was = AlarmState.NORMAL if before is None else before.state
        if was is after.state and said.by == WATCH:
            return  # explained by another alarm than before
        session.add(
            AlarmMoveRow(
                site_id=self._site_id,
                alarm_id=after.id,
                from_state=was.value,
                to_state=after.state.value,
                priority=after.priority.value,
                text=after.text,
                actor=said.by,
                reason=said.reason,
                at=said.at,
            )
        )
        detail: dict[str, str | None] = {"from": was.value, "text": after.text, "reason": said.reason}
        detail |= {"priority": after.priority.value, "site": self._site_id}
        detail |= {"until": said.until.isoformat()} if said.until else {}
        append_event(session, Event(said.at, f"alarm.{after.state.value}", after.id, said.by, detail))
        self._tell(session, was, after, said.at, channels)

    def _tell(self, session: Session, was: AlarmState, after: Alarm, at: datetime, channels: Sequence[Channel]) -> None:
        what = told(was, after)
        if what is None:
            return
        text = json.dumps(body(self._site_id, what, after, at))
        for channel in channels:
            if channel.takes(after.priority):
                session.add(
                    AlarmNoticeRow(
                        id=uuid.uuid4().hex, site_id=self._site_id, channel=channel.name, at=at, body=text,
                        attempts=0, due=at,
                    )
                )  # fmt: skip

    def _rows(self) -> Select[AlarmRow]:
        return select(AlarmRow).where(AlarmRow.site_id == self._site_id, AlarmRow.condition.in_(list(CATALOGUE)))

    def _row(self, session: Session, name: str) -> AlarmRow:
        row = session.get(AlarmRow, (self._site_id, name))
        if row is None or row.condition not in CATALOGUE:
            raise JournalError(f"no alarm {name!r}; `facility alarms SITE --all` shows them")
        return row


def _why(before: Alarm | None, after: Alarm) -> str:
    if before is not None and before.held is not None and after.held is None:
        return "the time on the shelf is over"
    return f"follows from {after.suppressed_by}" if after.state is AlarmState.SUPPRESSED else ""


def _as_move(row: AlarmMoveRow) -> AlarmMove:
    before, after = AlarmState(row.from_state), AlarmState(row.to_state)
    return AlarmMove(row.alarm_id, before, after, row.text, row.actor, row.reason, row.at)
