"""The audit trail as people ask for it: whether it is whole, its head, and events by what they tell of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pydantic_core import to_json
from sqlalchemy import Engine, Select, func, or_, select
from sqlalchemy.orm import Session

from facility.history.audit_chain import Head, Link, Verdict, walk
from facility.history.journal_codec import EVENT
from facility.history.journal_database import journal_errors
from facility.history.journal_events import keys_at
from facility.history.journal_tables import EventRow
from facility.records import Event

if TYPE_CHECKING:
    Rows = Select[int, datetime, str, str, str, str, str | None]
_AT_ONCE = 1000  # rows in memory
_COLUMNS = (
    EventRow.sequence,
    EventRow.time,
    EventRow.kind,
    EventRow.body,
    EventRow.previous_hash,
    EventRow.hash,
    EventRow.key_id,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events: of a kind or what stands under it, of a subject, by an actor, in [since, until)."""

    kind: str | None = None
    subject: str | None = None
    actor: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def fits(self, event: Event) -> bool:
        """Tell whether an event is of the subject and by the actor; the database has looked at all else."""
        return self.subject in (None, event.subject) and self.actor in (None, event.actor)


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """An event with its place in the chain."""

    link: Link
    event: Event


class AuditTrail:
    """Reads the events of a journal; nothing here writes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def head(self) -> Head | None:
        """Return the last event, if there is one."""
        last = select(EventRow.sequence, EventRow.hash).order_by(EventRow.sequence.desc()).limit(1)
        with journal_errors("events not read"), Session(self._engine) as session:
            row = session.execute(last).first()
            return None if row is None else Head(row.sequence, row.hash)

    def verify(self, heads: Iterable[Head] = ()) -> Verdict:
        """Return the first fault of the chain, or that there is none; `heads` were exported earlier and must be on it."""
        heads, keys = list(heads), keys_at(self._engine).all()
        while True:
            verdict = walk(self._links(select(*_COLUMNS).order_by(EventRow.sequence)), keys, heads)
            now = keys_at(self._engine).all()
            if verdict.fault is None or now == keys:
                return verdict
            keys = now  # a key began meanwhile

    def oldest_first(self, wanted: Wanted, after: int = 0, last: int | None = None) -> Iterator[AuditEvent]:
        """Yield events with a larger number than `after`, up to `last`."""
        chosen = _chosen(wanted).where(EventRow.sequence > after).order_by(EventRow.sequence)
        return self._found(wanted, chosen if last is None else chosen.where(EventRow.sequence <= last))

    def newest_first(self, wanted: Wanted, before: int | None = None) -> Iterator[AuditEvent]:
        """Yield events with a smaller number than `before`."""
        chosen = _chosen(wanted).order_by(EventRow.sequence.desc())
        return self._found(wanted, chosen if before is None else chosen.where(EventRow.sequence < before))

    def count(self, wanted: Wanted) -> int:
        """Return how many events there may be: at most that many are found."""
        with journal_errors("events not read"), Session(self._engine) as session:
            return session.scalar(_chosen(wanted).with_only_columns(func.count(EventRow.sequence))) or 0

    def _found(self, wanted: Wanted, chosen: Rows) -> Iterator[AuditEvent]:
        for link in self._links(chosen):
            event = EVENT.load(link.body)
            if wanted.fits(event):
                yield AuditEvent(link, event)

    def _links(self, chosen: Rows) -> Iterator[Link]:
        with (
            journal_errors("events not read"),
            self._engine.connect() as connection,
            connection.execution_options(yield_per=_AT_ONCE).execute(chosen) as rows,
        ):
            for row in rows:
                yield Link(*row)


def _chosen(wanted: Wanted) -> Rows:
    chosen = select(*_COLUMNS)
    if wanted.kind is not None:
        below = wanted.kind.rstrip(".") + "."
        chosen = chosen.where(or_(EventRow.kind == wanted.kind, EventRow.kind.startswith(below, autoescape=True)))
    # These stand in the body only; the text is looked for first, since reading each body takes a hundred times as long.
    for name, value in (("subject", wanted.subject), ("actor", wanted.actor)):
        if value is not None:
            chosen = chosen.where(EventRow.body.contains(f'"{name}":{to_json(value).decode()}', autoescape=True))
    if wanted.since is not None:
        chosen = chosen.where(EventRow.time >= wanted.since)
    if wanted.until is not None:
        chosen = chosen.where(EventRow.time < wanted.until)
    return chosen
