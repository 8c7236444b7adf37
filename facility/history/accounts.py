"""Accounts in the journal's database; each change is one transaction with its event."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Engine, delete, func, select
from sqlalchemy.orm import Session as Transaction

from facility.access import Account, AccountError, Role, UnknownAccountError
from facility.history.access_events import tell
from facility.history.account_tables import AccountRow, FailedSignInRow, SessionRow
from facility.history.journal_database import journal_errors, writing


class SqlAccounts:
    """The people of a site. Passwords come as hashes: none is in the database, nor in its events."""

    def __init__(self, engine: Engine, site_id: str) -> None:
        self._engine, self._site_id = engine, site_id

    def all(self, after: str = "", limit: int | None = None) -> Sequence[Account]:
        """Return accounts by name: all, or so many of those that come after a name."""
        own = select(AccountRow).where(AccountRow.site_id == self._site_id, AccountRow.name > after)
        rows = own.order_by(AccountRow.name).limit(limit)
        with journal_errors("accounts not read"), Transaction(self._engine) as session:
            return [as_account(row) for row in session.scalars(rows)]

    def find(self, name: str) -> tuple[Account, str] | None:
        """Return an account and what is kept of its password."""
        with journal_errors("account not read"), Transaction(self._engine) as session:
            row = session.get(AccountRow, (self._site_id, name))
            return None if row is None else (as_account(row), row.password)

    def of_subject(self, issuer: str, subject: str) -> Account | None:
        """Return the account of whom a provider calls this."""
        wanted = select(AccountRow).where(
            AccountRow.site_id == self._site_id, AccountRow.issuer == issuer, AccountRow.subject == subject
        )
        with journal_errors("account not read"), Transaction(self._engine) as session:
            row = session.scalar(wanted)
            return None if row is None else as_account(row)

    def add(
        self, account: Account, password: str, by: str, *, only_first: bool = False, subject: str | None = None
    ) -> bool:
        """Add an account; with `only_first`, only where there is none yet. Return whether it was added.

        `subject` is what the account's provider calls the person.

        Raises
        ------
        AccountError
            If the name is taken, by a disabled account as well.
        """
        with journal_errors(f"account {account.name} not added"), writing(self._engine) as session:
            if only_first and session.scalar(select(func.count()).where(AccountRow.site_id == self._site_id)):
                return False
            if session.get(AccountRow, (self._site_id, account.name)) is not None:
                raise AccountError(f"there is an account {account.name!r}, or was one: names are not given twice")
            session.add(
                AccountRow(
                    site_id=self._site_id,
                    name=account.name,
                    role=account.role.value,
                    enabled=account.enabled,
                    must_change=account.must_change,
                    created=account.created,
                    password=password,
                    issuer=account.issuer,
                    subject=subject,
                )
            )
            of = (
                {}
                if account.issuer is None or subject is None
                else {"issuer": account.issuer, "provider_subject": subject}
            )
            self._tell(session, "added", account.name, by, account.created, role=account.role.value, **of)
            return True

    def change(
        self,
        name: str,
        *,
        by: str,
        at: datetime,
        role: Role | None = None,
        enabled: bool | None = None,
        password: str | None = None,
        must_change: bool = False,
    ) -> Account:
        """Change an account; all its sessions end. With a new password, its failed sign-ins are forgotten.

        Raises
        ------
        AccountError
            If there is no such account, or nobody enabled would be an admin afterwards.
        """
        with journal_errors(f"account {name} not changed"), writing(self._engine) as session:
            row = session.get(AccountRow, (self._site_id, name))
            if row is None:
                raise UnknownAccountError(f"there is no account {name!r}; `facility user list SITE` shows them")
            was_admin = _is_admin(row)
            detail: dict[str, str | bool] = {}
            if role is not None:
                detail["before"] = row.role
                row.role = detail["role"] = role.value
            if enabled is not None:
                row.enabled = detail["enabled"] = enabled
            if password is not None:
                row.password, row.must_change, detail["password"] = password, must_change, "changed"
                self._forget_failures(session, name)
            if was_admin and not _is_admin(row):
                self._leave_an_admin(session)
            session.execute(delete(SessionRow).where(SessionRow.site_id == self._site_id, SessionRow.name == name))
            self._tell(session, "changed", name, by, at, **detail)
            return as_account(row)

    def _leave_an_admin(self, session: Transaction) -> None:
        session.flush()
        admins = select(func.count()).where(
            AccountRow.site_id == self._site_id, AccountRow.role == Role.ADMIN.value, AccountRow.enabled
        )
        if not session.scalar(admins):
            raise AccountError("somebody has to be an admin: make another one first")

    def _forget_failures(self, session: Transaction, name: str) -> None:
        own = FailedSignInRow.site_id == self._site_id
        session.execute(delete(FailedSignInRow).where(own, FailedSignInRow.subject == f"name:{name}"))

    def _tell(self, session: Transaction, what: str, name: str, by: str, at: datetime, **detail: str | bool) -> None:
        tell(session, self._site_id, f"account.{what}", subject=name, actor=by, at=at, detail=detail)


def as_account(row: AccountRow) -> Account:
    """Return the account that a row holds."""
    return Account(row.name, Role(row.role), row.enabled, row.must_change, row.created, row.issuer)


def _is_admin(row: AccountRow) -> bool:
    return row.enabled and row.role == Role.ADMIN.value
