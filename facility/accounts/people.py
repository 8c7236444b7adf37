"""People of a site: added and changed by an admin, with a password that is given out once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from facility.access import Account, AccountError, Role, WrongInputError
from facility.accounts.passwords import given_out, hashed
from facility.history.accounts import SqlAccounts
from facility.ports import Clock

FIRST = "admin"
_NAME = re.compile(r"[a-z][a-z0-9._@-]{0,63}")
# Actors of the audit trail that are processes: nobody may be taken for them.
_PROCESSES = frozenset({"facility", "supervisor", "poller", "planner", "trainer", "api", "loopback", "oidc"})


@dataclass(frozen=True, slots=True)
class People:
    """Makes and changes accounts."""

    accounts: SqlAccounts
    clock: Clock

    def all(self, after: str = "", limit: int | None = None) -> Sequence[Account]:
        """Return accounts by name: all, or so many of those that come after a name."""
        return self.accounts.all(after, limit)

    def add(self, name: str, role: Role, by: str) -> tuple[Account, str]:
        """Add a person; return the account, and its password to give out."""
        if not _NAME.fullmatch(name) or name in _PROCESSES:
            raise WrongInputError(
                f"name {name[:64]!r}: a letter, then up to 63 of a-z, 0-9 and . _ @ -, and not the name of a process"
            )
        account, password = Account(name, role, enabled=True, must_change=True, created=self.clock.now()), given_out()
        self.accounts.add(account, hashed(password, name), by)
        return account, password

    def add_first(self) -> tuple[Account, str] | None:
        """Add the first admin where there is nobody yet; return the account, and its password to give out."""
        if self.accounts.all():
            return None
        account, password = (
            Account(FIRST, Role.ADMIN, enabled=True, must_change=True, created=self.clock.now()),
            given_out(),
        )
        added = self.accounts.add(account, hashed(password, FIRST), "facility", only_first=True)
        return (account, password) if added else None

    def set_role(self, name: str, role: Role, by: str) -> Account:
        """Give a person another role."""
        self._refuse_of_provider(name, "roles follow from the groups that it tells")
        return self.accounts.change(name, by=by, at=self.clock.now(), role=role)

    def enable(self, name: str, by: str, *, enabled: bool) -> Account:
        """Let a person in again, or no more."""
        return self.accounts.change(name, by=by, at=self.clock.now(), enabled=enabled)

    def give_password(self, name: str, by: str) -> tuple[Account, str]:
        """Give a person a new password, and end a lockout; return it to give out."""
        self._refuse_of_provider(name, "there is no password here to change")
        password = given_out()
        kept = hashed(password, name)
        account = self.accounts.change(name, by=by, at=self.clock.now(), password=kept, must_change=True)
        return account, password

    def _refuse_of_provider(self, name: str, why: str) -> None:
        found = self.accounts.find(name)
        if found is not None and found[0].issuer is not None:
            raise AccountError(f"{name} signs in through {found[0].issuer}: {why}")
