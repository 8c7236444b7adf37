"""Appends an event to the chain, within the transaction of what it tells of."""

from __future__ import annotations

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from facility.history.audit_keys import AuditKeys, key_in_force
from facility.history.journal_codec import CHAIN_START, EVENT, sealed
from facility.history.journal_tables import EventRow
from facility.records import Event

KEYS = "audit_keys"  # the option of an engine under which `journal_database` leaves the keys of its chain


def append_event(session: Session, event: Event) -> None:
    """Append an event; the session must be the only writer of the journal (`journal_database.writing`).

    Raises
    ------
    JournalError
        If the chain is kept with another key than ours.
    """
    session.flush()
    last_hash, last_key = end_of_chain(session)
    key = key_in_force(session.connection().get_execution_options()[KEYS], last_hash, last_key)
    assert key.secret is not None, "a key that is lost is always followed by another"
    body = EVENT.dump(event)
    session.add(
        EventRow(
            time=event.time,
            kind=event.kind,
            body=body,
            previous_hash=last_hash,
            hash=sealed(key.secret, last_hash, body),
            key_id=key.id,
        )
    )


def end_of_chain(session: Session) -> tuple[str, str | None]:
    """Return the hash of the last event and the id of its key."""
    last = session.execute(select(EventRow.hash, EventRow.key_id).order_by(EventRow.sequence.desc()).limit(1)).first()
    return (CHAIN_START, None) if last is None else (last.hash, last.key_id)


def keys_at(engine: Engine) -> AuditKeys:
    """Return the keys of a journal that `journal_database.open_database` opened."""
    keys: AuditKeys = engine.get_execution_options()[KEYS]
    return keys
