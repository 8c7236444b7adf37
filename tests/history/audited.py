"""A journal with an audit trail on a real database, and hands that change the database behind its back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, text

from facility.history import journal_database
from facility.history.audit_trail import AuditTrail
from facility.history.journal import SqlJournal
from facility.history.journal_codec import CHAIN_START, EVENT
from facility.history.journal_database import open_database
from facility.records import Event
from facility.state import StateFolder

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


class Audited:
    """A journal, and the trail of it, in a folder."""

    def __init__(self, url: str | None, folder: Path) -> None:
        self.url, self.state = url, StateFolder(folder)
        self.engine = open_database(url, self.state)
        self.journal, self.trail = SqlJournal(self.engine), AuditTrail(self.engine)

    def append(self, number: int, first: int = 0) -> None:
        for index in range(first, first + number):
            self.journal.append(event(index))

    def again(self, folder: Path | None = None) -> Audited:
        return Audited(self.url, folder or self.state.root)

    def fault(self, *heads: object) -> tuple[int, str] | None:
        found = self.trail.verify(heads).fault  # type: ignore[arg-type]
        return None if found is None else (found.sequence, found.what)

    def close(self) -> None:
        self.engine.dispose()


def event(index: int) -> Event:
    kinds, subjects = ("device.failed", "device.recovered", "session.refused"), ("pdu-1", 'Ünal "x" 50%_\\')
    at = NOW + timedelta(seconds=index)
    return Event(
        at, kinds[index % 3], subjects[index % 2], f"actor-{index % 5}", {"number": index, "nan": float("nan")}
    )


def plain_engine(url: str) -> Engine:
    return create_engine(url.replace("postgresql:", "postgresql+psycopg:"))


@contextmanager
def behind_its_back(url: str) -> Iterator[Engine]:
    """Give the database as its administrator has it: the triggers are gone."""
    engine = plain_engine(url)
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
            for name in names:
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            connection.execute(text("ALTER TABLE events DISABLE TRIGGER ALL"))
    try:
        yield engine
    finally:
        engine.dispose()


def tamper(url: str, *statements: str) -> None:
    with behind_its_back(url) as engine, engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def old_journal(url: str, events: Sequence[Event], version: str = "0005") -> None:
    """Make a journal as a version before keys left it."""
    engine = plain_engine(url)
    config = Config()
    config.set_main_option("script_location", str(journal_database._MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
        previous = CHAIN_START
        for each in events:
            body = EVENT.dump(each)
            digest = hashlib.sha256(f"{previous}\n{body}".encode()).hexdigest()
            sqlite = engine.dialect.name == "sqlite"
            at = sqlite_time(each.time) if sqlite else each.time
            connection.execute(
                text("INSERT INTO events (time, kind, body, previous_hash, hash) VALUES (:t, :k, :b, :p, :h)"),
                {"t": at, "k": each.kind, "b": body, "p": previous, "h": digest},
            )
            previous = digest
    engine.dispose()


def sqlite_time(time: datetime) -> str:
    """Return a time as SQLAlchemy writes it there."""
    return time.replace(tzinfo=None).isoformat(" ", timespec="microseconds")
