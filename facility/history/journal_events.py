"""Appends an event to the chain, within the transaction of what it tells of."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from facility.history.journal_codec import CHAIN_START, EVENT, chained
from facility.history.journal_tables import EventRow
from facility.records import Event


def append_event(session: Session, event: Event) -> None:
    """Append an event; the session must be the only writer of the journal (`journal_database.writing`)."""
    session.flush()
    last = session.scalar(select(EventRow.hash).order_by(EventRow.sequence.desc()).limit(1))
    previous, body = last or CHAIN_START, EVENT.dump(event)
    session.add(
        EventRow(time=event.time, kind=event.kind, body=body, previous_hash=previous, hash=chained(previous, body))
    )
