"""Begins a new key of the audit chain; also where one was lost, or the journal was restored from an older copy."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from facility.history.audit_keys import AuditKey, AuditKeys, key_in_force, new_key
from facility.history.journal_database import journal_errors, writing
from facility.history.journal_events import append_event, end_of_chain, keys_at
from facility.history.journal_tables import EventRow
from facility.records import Event


def rotate_key(engine: Engine, *, actor: str, reason: str, at: datetime, accept_loss: bool = False) -> AuditKey:
    """Begin a new key, and return it; the first event that it seals tells of it.

    With `accept_loss` the chain is taken as it stands: keys that the file has not are lost, keys that sealed nothing on it are
    forgotten. The event says so, for good.

    Raises
    ------
    JournalError
        If the chain is kept with another key than ours, and that is not accepted.
    """
    keys = keys_at(engine)
    with journal_errors("key not changed"), writing(engine) as session:
        last_hash, last_key = end_of_chain(session)
        if accept_loss:
            before = _as_it_stands(session, keys)
        else:
            key_in_force(keys, last_hash, last_key)
            before = list(keys.all())
        # The file first: should the process die before the commit, the next event is made with the new key as well.
        new = new_key(last_hash)
        keys.keep([*before, new])
        detail = {"reason": reason, "before": last_key, "loss_accepted": accept_loss}
        append_event(session, Event(at, "audit.key_rotated", new.id, actor, detail))
        return new


def _as_it_stands(session: Session, keys: AuditKeys) -> list[AuditKey]:
    """Return a key for each stretch of the chain, with its secret where that is known."""
    known = {key.id: key.secret for key in keys.all()}
    found: list[AuditKey] = []
    rows = select(EventRow.key_id, EventRow.previous_hash).order_by(EventRow.sequence)
    for key_id, previous_hash in session.execute(rows.execution_options(yield_per=1000)):
        if key_id is not None and (not found or found[-1].id != key_id):
            found.append(AuditKey(key_id, previous_hash, known.get(key_id)))
    return found
