"""Notices that wait to be taken: tried again with growing pauses, given up after a day, and then said so in the journal.

They are of alarms, and of events of the grid.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Engine, Select, delete, func, select
from sqlalchemy.orm import Session

from facility.alarms.notice import Notice
from facility.history.alarm_tables import AlarmNoticeRow
from facility.history.journal_database import journal_errors, writing
from facility.history.journal_events import append_event
from facility.records import Event

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=15), timedelta(minutes=15)
GIVEN_UP_AFTER = timedelta(days=1)
KEPT = timedelta(days=30)  # of what was taken
MOST_AT_ONCE = 50  # in one message: a flood must not become a flood of mail


class AlarmOutbox:
    """The notices of one site."""

    def __init__(self, engine: Engine, site_id: str) -> None:
        self._engine = engine
        self._site_id = site_id

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def due(self, channel: str, now: datetime) -> list[Notice]:
        """Return what a channel is to be given now, oldest first."""
        wanted = self._waiting().where(AlarmNoticeRow.channel == channel, AlarmNoticeRow.due <= now)
        with journal_errors("notices not read"), Session(self._engine) as session:
            rows = session.scalars(wanted.order_by(AlarmNoticeRow.sequence).limit(MOST_AT_ONCE))
            return [Notice(row.id, json.loads(row.body)) for row in rows]

    def oldest_waiting(self) -> datetime | None:
        """Return since when the oldest notice waits, if any does."""
        oldest = select(func.min(AlarmNoticeRow.at)).where(
            AlarmNoticeRow.site_id == self._site_id, AlarmNoticeRow.settled.is_(None)
        )
        with journal_errors("notices not read"), Session(self._engine) as session:
            return session.scalar(oldest)

    def taken(self, notices: Sequence[Notice], now: datetime) -> None:
        """Record that a channel has taken notices; what was taken long ago is forgotten."""
        with journal_errors("notices not settled"), writing(self._engine) as session:
            for row in self._of(session, notices):
                row.settled, row.attempts, row.error = now, row.attempts + 1, None
            mine = AlarmNoticeRow.site_id == self._site_id
            session.execute(delete(AlarmNoticeRow).where(mine, AlarmNoticeRow.settled < now - KEPT))

    def refused(self, notices: Sequence[Notice], error: str, now: datetime) -> None:
        """Record that a channel has not taken notices, and when they are tried again."""
        with journal_errors("notices not put off"), writing(self._engine) as session:
            for row in self._of(session, notices):
                row.attempts, row.error = row.attempts + 1, error
                row.due = now + min(FIRST_PAUSE * 2 ** min(row.attempts - 1, 10), LONGEST_PAUSE)
                if now - row.at >= GIVEN_UP_AFTER:
                    row.settled = now
                    detail: dict[str, str | int] = {"channel": row.channel, "attempts": row.attempts, "error": error}
                    append_event(session, Event(now, "notice.given_up", _subject(row), "alarms", detail, row.id))

    def _waiting(self) -> Select[AlarmNoticeRow]:
        return select(AlarmNoticeRow).where(AlarmNoticeRow.site_id == self._site_id, AlarmNoticeRow.settled.is_(None))

    def _of(self, session: Session, notices: Sequence[Notice]) -> Sequence[AlarmNoticeRow]:
        return session.scalars(self._waiting().where(AlarmNoticeRow.id.in_([one.id for one in notices]))).all()


def _subject(row: AlarmNoticeRow) -> str:
    body = json.loads(row.body)
    return str(body["alarm"]) if "alarm" in body else f"{body['source']}/{body['id']}"
