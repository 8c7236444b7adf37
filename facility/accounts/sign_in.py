"""Signing in: passwords against a lockout, and sessions by a secret that cannot be guessed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from facility.access import RECENT_PASSWORD, Permission, Session, SignInRefusedError, WrongInputError
from facility.accounts.passwords import fits, hashed
from facility.accounts.secret_digest import digest, new_secret
from facility.history.accounts import SqlAccounts
from facility.history.sessions import SqlSessions
from facility.ports import Clock

LASTS = timedelta(hours=12)  # a shift
# Without a change for so long, a session only reads until the password is given again. Reading does not count: a page that
# asks by itself would otherwise keep an empty chair's session open.
IDLE = timedelta(minutes=15)
CONFIRMED = timedelta(minutes=10)  # what moves the plant or people's rights wants a password as recent as this
# After so many failures within the time each further one has to wait twice as long, for a name and for an address alike.
FREE_FAILURES, COUNTED, FIRST_WAIT, LONGEST_WAIT = 5, timedelta(hours=1), timedelta(seconds=30), timedelta(minutes=15)
_LONGEST_NAME, _LONGEST_ADDRESS = 64, 128


@dataclass(frozen=True, slots=True)
class SignIn:
    """Lets people in; a session's secret goes into the cookie and is kept nowhere."""

    accounts: SqlAccounts
    sessions: SqlSessions
    clock: Clock

    def begin(self, name: str, password: str, address: str) -> str:
        """Return the secret of a new session.

        Raises
        ------
        SignInRefusedError
            If name and password do not belong together, the account is disabled, or there were too many failures: with when to
            try again.
        """
        self._check(name, password, address, "name and password do not belong together")
        secret = new_secret()
        self.sessions.begin(digest(secret), name, self.clock.now(), LASTS)
        return secret

    def session(self, secret: str) -> Session | None:
        """Return the session of a secret; None where it has ended, or never began."""
        found = self.sessions.find(digest(secret))
        return found if found is not None and self.clock.now() - found.began < LASTS else None

    def touch(self, secret: str) -> None:
        """Note that a session changes something; a locked one stays locked."""
        found, now = self.session(secret), self.clock.now()
        if found is not None and not is_locked(found, now):
            self.sessions.touch(digest(secret), now)

    def confirm(self, secret: str, password: str, address: str) -> None:
        """Unlock a session by its password; failures count as those of signing in."""
        found = self.session(secret)
        if found is None:
            raise SignInRefusedError("the session has ended; sign in")
        self._check(found.account.name, password, address, "this is not the password")
        now = self.clock.now()
        self.sessions.touch(digest(secret), now, confirmed=now)

    def change_password(self, name: str, old: str, new: str, address: str) -> None:
        """Change one's own password; all sessions of the account end."""
        self._check(name, old, address, "this is not the password")
        if old == new:
            raise WrongInputError("the new password is the old one")
        self.accounts.change(name, by=name, at=self.clock.now(), password=hashed(new, name))

    def end(self, secret: str) -> None:
        """End a session."""
        self.sessions.end(digest(secret), self.clock.now())

    def _check(self, name: str, password: str, address: str, otherwise: str) -> None:
        now, name, address = self.clock.now(), name[:_LONGEST_NAME], address[:_LONGEST_ADDRESS]
        subjects = (f"name:{name}", f"address:{address}")
        wait = self.sessions.attempt(subjects, now, COUNTED, lambda count, last: _wait(count, last, now))
        if wait > timedelta(0):
            left_s = math.ceil(wait.total_seconds())
            raise SignInRefusedError(f"too many failed sign-ins; try again in {left_s} s", retry_after_s=left_s)
        found = self.accounts.find(name)
        right = fits(password, None if found is None else found[1])
        if found is None or not right or not found[0].enabled:
            self.sessions.failed(name, now, address)
            raise SignInRefusedError(otherwise)
        self.sessions.succeeded(subjects, now)


def is_locked(session: Session, now: datetime) -> bool:
    """Tell whether a session only reads until its password is given again."""
    return now - max(session.active, session.confirmed) >= IDLE


def is_recent(session: Session, permission: Permission, now: datetime) -> bool:
    """Tell whether the password was given recently enough to change what a permission is for."""
    return permission not in RECENT_PASSWORD or now - session.confirmed < CONFIRMED


def _wait(count: int, last: datetime, now: datetime) -> timedelta:
    if count < FREE_FAILURES:
        return timedelta(0)
    doublings = min(count - FREE_FAILURES, 10)  # enough for the longest
    return last + min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT) - now
