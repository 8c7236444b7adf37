"""Sessions and failed sign-ins in the journal's database. Secrets come as digests: none is in the database, nor in its events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, func, select
from sqlalchemy.orm import Session as Transaction

from facility.access import Session
from facility.history.access_events import tell
from facility.history.account_tables import AccountRow, FailedSignInRow, SessionRow
from facility.history.accounts import as_account
from facility.history.journal_database import journal_errors, writing

Wait = Callable[[int, datetime], timedelta]  # after so many failures, the last at that time: how long still to wait


class SqlSessions:
    """Who is signed in to a site, and who has failed to."""

    def __init__(self, engine: Engine, site_id: str) -> None:
        self._engine, self._site_id = engine, site_id

    def begin(self, digest: str, name: str, at: datetime, lasts: timedelta, confirmed: datetime | None = None) -> None:
        """Keep a new session; those that are older than `lasts` are removed. `confirmed`, where it was not just now."""
        with journal_errors("session not begun"), writing(self._engine) as session:
            session.execute(delete(SessionRow).where(SessionRow.began <= at - lasts))
            row = SessionRow(
                digest=digest, site_id=self._site_id, name=name, began=at, active=at, confirmed=confirmed or at
            )
            session.add(row)
            self._tell(session, "began", name, at)

    def find(self, digest: str) -> Session | None:
        """Return a session whose account is enabled, with the account as it is now."""
        with journal_errors("session not read"), Transaction(self._engine) as session:
            row = session.get(SessionRow, digest)
            if row is None or row.site_id != self._site_id:
                return None
            owner = session.get(AccountRow, (self._site_id, row.name))
            if owner is None or not owner.enabled:
                return None
            return Session(as_account(owner), row.began, row.active, row.confirmed)

    def touch(self, digest: str, at: datetime, *, confirmed: datetime | None = None) -> None:
        """Note that a session changed something, or when its person proved anew who it is."""
        with journal_errors("session not kept"), writing(self._engine) as session:
            row = session.get(SessionRow, digest)
            if row is not None:
                row.active = at
                row.confirmed = confirmed or row.confirmed

    def end(self, digest: str, at: datetime) -> None:
        """End a session."""
        with journal_errors("session not ended"), writing(self._engine) as session:
            row = session.get(SessionRow, digest)
            if row is not None and row.site_id == self._site_id:
                session.delete(row)
                self._tell(session, "ended", row.name, at)

    def attempt(self, subjects: Sequence[str], at: datetime, window: timedelta, wait: Wait) -> timedelta:
        """Count a sign-in as failed under each subject before it is tried, unless one has to wait; return how long.

        Counting first, in the only writer's transaction, gives requests that come all at once no more tries than others.
        """
        with journal_errors("sign-in not counted"), writing(self._engine) as session:
            session.execute(delete(FailedSignInRow).where(FailedSignInRow.at < at - window))
            longest = max(self._wait(session, subject, wait) for subject in subjects)
            if longest <= timedelta(0):
                session.add_all(FailedSignInRow(site_id=self._site_id, subject=one, at=at) for one in subjects)
            return longest

    def failed(self, name: str, at: datetime, address: str, **why: str) -> None:
        """Tell of a sign-in that failed."""
        with journal_errors("failed sign-in not told"), writing(self._engine) as session:
            self._tell(session, "refused", name, at, address=address, **why)

    def succeeded(self, subjects: Sequence[str], at: datetime) -> None:
        """Take the attempt of that moment back, and forget earlier failures of the first subject, the name."""
        own = FailedSignInRow.site_id == self._site_id
        with journal_errors("sign-in not counted"), writing(self._engine) as session:
            session.execute(delete(FailedSignInRow).where(own, FailedSignInRow.subject == subjects[0]))
            session.execute(
                delete(FailedSignInRow).where(own, FailedSignInRow.subject.in_(subjects), FailedSignInRow.at == at)
            )

    def _wait(self, session: Transaction, subject: str, wait: Wait) -> timedelta:
        found = select(func.count(), func.max(FailedSignInRow.at)).where(
            FailedSignInRow.site_id == self._site_id, FailedSignInRow.subject == subject
        )
        count, last = session.execute(found).one()
        return wait(count, last) if last is not None else timedelta(0)

    def _tell(self, session: Transaction, what: str, name: str, at: datetime, **detail: str) -> None:
        tell(session, self._site_id, f"session.{what}", subject=name, actor=name, at=at, detail=detail)
