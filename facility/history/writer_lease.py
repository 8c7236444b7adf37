"""Elects the one machine that may write to a site's devices: a lease in the journal's database, with a number that only grows.

The database's clock says when a lease ends, so that clocks of hosts need not agree. The holder counts the same time by its own
monotonic clock, from before it asked: it stops before another may begin. Should the database's clock leap, both may think that they
hold it; `hold`, within the transaction that journals the intent of a write, closes that too. What is on its way to a device then
still arrives: hold the device (`device_hold`) as well. The processes of one machine share it and take turns by locks of files.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, Engine, String, Text, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from facility.errors import NotTheWriterError
from facility.history.journal_database import journal_errors, writing
from facility.history.journal_events import append_event
from facility.history.journal_tables import Base, UtcTime
from facility.records import Event

LASTS = timedelta(seconds=60)  # as long do writes wait after the holder's machine died
RENEWED_BELOW_S = 40.0  # of what is left: more than the longest pause between two passes of dispatch


class LeaseRow(Base):
    """Who may write to a site's devices; `fence` grows with each new holder."""

    __tablename__ = "writer_leases"
    site_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    holder: Mapped[str] = mapped_column(Text)
    fence: Mapped[int] = mapped_column(BigInteger)
    until: Mapped[datetime] = mapped_column(UtcTime)


class WriterLease:
    """One machine's claim to write to the devices of a site; `holder` is as `writer_seat.holder_name` gives it."""

    def __init__(self, engine: Engine, site_id: str, holder: str, lasts: timedelta = LASTS) -> None:
        self._engine, self._site_id, self._holder, self._lasts = engine, site_id, holder, lasts
        self._fence: int | None = None
        self._until_s = 0.0  # by our monotonic clock
        self.lost = False  # we held it, and another has taken it since

    def close(self) -> None:
        """Close the connections; the lease itself is left to end."""
        self._engine.dispose()

    @property
    def fence(self) -> int | None:
        """The number of the lease that we hold; none when we hold none, or it has ended by our clock."""
        return self._fence if time.monotonic() < self._until_s else None

    def keep(self) -> bool:
        """Take the lease, or renew it where little of it is left; tell whether we hold it.

        Raises
        ------
        JournalError
            If the database cannot be asked; what we hold then ends by itself.
        """
        left_s = self._until_s - time.monotonic()
        return (
            self.fence is not None and left_s > min(RENEWED_BELOW_S, self._lasts.total_seconds() / 2)
        ) or self.take()

    def take(self) -> bool:
        """Take the lease, or renew it; tell whether we hold it. Call it again well before it ends.

        Raises
        ------
        JournalError
            If the database cannot be asked; what we hold then ends by itself.
        """
        asked_s = time.monotonic()
        with journal_errors("lease to write not taken"), writing(self._engine) as session:
            row = self._take(session)
            fence = row.fence if row.holder == self._holder else None
        self.lost = fence is None and (self.lost or self._fence is not None)
        self._fence, self._until_s = fence, asked_s + self._lasts.total_seconds()
        return self.fence is not None

    def hold(self, session: Session) -> int:
        """Take or renew the lease within a transaction, and return its number; only what commits with it may be sent.

        Raises
        ------
        NotTheWriterError
            If another machine holds the lease.
        """
        row = self._take(session)
        if row.holder != self._holder:
            raise NotTheWriterError(
                f"{row.holder} writes to this site's devices, until {row.until:%H:%M:%S} UTC or longer: write there, or stop "
                "its service and wait a minute"
            )
        return row.fence

    def holder(self) -> str | None:
        """Return who holds the lease now, if anybody does."""
        with journal_errors("lease to write not read"), writing(self._engine) as session:
            row = session.get(LeaseRow, self._site_id)
            return row.holder if row is not None and _now(session) < row.until else None

    def _take(self, session: Session) -> LeaseRow:
        """Take the lease unless another holds it; return how it then stands."""
        now, row = _now(session), session.get(LeaseRow, self._site_id)
        if row is not None and row.holder != self._holder and now < row.until:
            return row
        mine = row is not None and row.holder == self._holder
        fence = row.fence if row is not None and mine else self._begin(session, row, now)
        return session.merge(LeaseRow(site_id=self._site_id, holder=self._holder, fence=fence, until=now + self._lasts))

    def release(self) -> None:
        """Give the lease back, so that another need not wait for its end."""
        with journal_errors("lease to write not given back"), writing(self._engine) as session:
            row = session.get(LeaseRow, self._site_id)
            if row is not None and row.holder == self._holder:
                now = _now(session)
                row.until = min(row.until, now)
                self._tell(session, "released", row.fence, now)
        self._fence = None

    def _begin(self, session: Session, before: LeaseRow | None, now: datetime) -> int:
        fence = 1 if before is None else before.fence + 1
        self._tell(session, "taken", fence, now, before=None if before is None else before.holder)
        return fence

    def _tell(self, session: Session, what: str, fence: int, at: datetime, **detail: str | None) -> None:
        append_event(session, Event(at, f"lease.{what}", self._site_id, self._holder, {"fence": fence, **detail}))


def _now(session: Session) -> datetime:
    """Return the time of the database: the one clock that all who want the lease share."""
    if session.get_bind().dialect.name == "postgresql":
        now: datetime = session.scalars(text("SELECT clock_timestamp()")).one()
        return now.astimezone(UTC)
    written: str = session.scalars(text("SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')")).one()
    return datetime.fromisoformat(written).replace(tzinfo=UTC)
