"""Opens the journal's database: SQLite in the state folder, or PostgreSQL by URL; brought to the newest shape on opening."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.orm import Session

from facility.errors import JournalError
from facility.history.audit_keys import keys_of
from facility.history.journal_events import KEYS
from facility.state import StateFolder

_MIGRATIONS = Path(__file__).parent / "migrations"
_BUSY_TIMEOUT_S = 30.0  # how long a writer waits for another; each holds the lock for milliseconds
_LOCK_KEY = 0x666163696C697479  # PostgreSQL advisory lock: one writer of the event chain at a time


def open_database(url: str | None, state: StateFolder) -> Engine:
    """Return an engine on the journal, in its newest shape.

    Raises
    ------
    JournalError
        If the database cannot be reached, or was made by a newer version of facility.
    """
    address = _address(url, state)
    with journal_errors(f"journal {address.render_as_string(hide_password=True)} cannot be opened"):
        options = {KEYS: keys_of(state)}
        is_sqlite = address.get_backend_name() == "sqlite"
        engine = (
            _sqlite(address, options)
            if is_sqlite
            else create_engine(address, pool_pre_ping=True, execution_options=options)
        )
        try:
            with writing(engine) as session:
                _migrate(session.connection())
        except BaseException:
            engine.dispose()
            raise
        return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """Give a transaction that is the only writer of the journal; it commits at the end, or not at all."""
    with engine.connect().execution_options(writer=True) as connection, Session(connection) as session, session.begin():
        if engine.dialect.name == "postgresql":
            session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
        yield session


@contextmanager
def journal_errors(doing: str) -> Iterator[None]:
    """Turn errors of the database into ours, without its statements and their values."""
    try:
        yield
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip()
        raise JournalError(f"{doing}: {reason}") from error


def _address(url: str | None, state: StateFolder) -> URL:
    if url is None:
        state.root.mkdir(parents=True, exist_ok=True)
        return URL.create("sqlite", database=str(state.journal.absolute()))
    try:
        address = make_url(url)
        if address.drivername in {"postgres", "postgresql"}:
            address = address.set(drivername="postgresql+psycopg")
        address.get_dialect()
    except (ArgumentError, NoSuchModuleError):
        raise JournalError("journal url: expected postgresql://user:password@host/database or sqlite:///path") from None
    return address


def _sqlite(address: URL, options: dict[str, Any]) -> Engine:
    engine = create_engine(address, connect_args={"timeout": _BUSY_TIMEOUT_S}, execution_options=options)

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver begins no transactions; `_begin` does
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A transaction that reads first and writes later could not wait for another writer; this one takes its turn at once.
        immediate = connection.get_execution_options().get("writer", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine


def _migrate(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise JournalError(f"the journal was made by a newer version of facility; update this one ({error})") from error
