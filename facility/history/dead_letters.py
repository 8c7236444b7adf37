"""Notices that were given up: kept for a month, shown, and tried again when a person says so."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Select, select
from sqlalchemy.orm import Session

from facility.errors import JournalError
from facility.history.alarm_tables import AlarmNoticeRow
from facility.history.journal_database import journal_errors, writing
from facility.history.journal_events import append_event
from facility.records import Event


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A notice that was given up, and what the other side said last."""

    id: str
    channel: str
    at: datetime
    given_up: datetime
    attempts: int
    error: str
    body: dict[str, Any]


class DeadLetters:
    """The given-up notices of one site whose channels begin with a prefix."""

    def __init__(self, engine: Engine, site_id: str, prefix: str) -> None:
        self._engine, self._site_id, self._prefix = engine, site_id, prefix

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def letters(self) -> list[DeadLetter]:
        """Return them, oldest first."""
        with journal_errors("given-up notices not read"), Session(self._engine) as session:
            return [_as_letter(row) for row in session.scalars(self._dead())]

    def replay(self, ids: Collection[str], by: str, reason: str, now: datetime) -> list[DeadLetter]:
        """Let notices be tried again, all of them where no ids are given; who did so, and why, goes to the journal.

        Raises
        ------
        JournalError
            If one of the ids is none of them; then none is tried again.
        """
        with journal_errors("notices not replayed"), writing(self._engine) as session:
            dead = {row.id: row for row in session.scalars(self._dead())}
            unknown = sorted(set(ids) - dead.keys())
            if unknown:
                raise JournalError(f"no given-up notice {unknown[0]!r}; `facility dr hooks dead SITE` shows them")
            chosen = [row for row in dead.values() if not ids or row.id in ids]
            letters = [_as_letter(row) for row in chosen]
            for row in chosen:
                row.settled, row.error, row.attempts, row.at, row.due = None, None, 0, now, now
                append_event(session, Event(now, "notice.replayed", row.channel, by, {"reason": reason}, row.id))
            return letters

    def _dead(self) -> Select[AlarmNoticeRow]:
        mine = AlarmNoticeRow.site_id == self._site_id, AlarmNoticeRow.channel.startswith(self._prefix, autoescape=True)
        given_up = AlarmNoticeRow.settled.is_not(None), AlarmNoticeRow.error.is_not(None)
        return select(AlarmNoticeRow).where(*mine, *given_up).order_by(AlarmNoticeRow.sequence)


def _as_letter(row: AlarmNoticeRow) -> DeadLetter:
    assert row.settled is not None, "a given-up notice is settled"
    return DeadLetter(row.id, row.channel, row.at, row.settled, row.attempts, row.error or "", json.loads(row.body))
