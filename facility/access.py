"""Who may do what: roles of people, scopes of machines' tokens, what each grants, and how access is refused."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from facility.errors import FacilityError


class Role(enum.StrEnum):
    """What a person is at a site; each grants what those before it do, and more."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ENGINEER = "engineer"
    ADMIN = "admin"


class Permission(enum.StrEnum):
    """What a request needs; also the scopes of tokens."""

    READ = "read"  # readings, plans, alarms, the audit trail
    DECIDE = "decide"  # approve, reject and comment on recommendations; acknowledge and shelve alarms
    RELEASE = "release"  # return the plant to its own controls; lock equipment out
    DISPATCH = "dispatch"  # let points be written, change the mode, resume after an abnormal state
    ADMINISTER = "administer"  # people and tokens


GRANTS: Mapping[Role, frozenset[Permission]] = {
    Role.VIEWER: frozenset({Permission.READ}),
    Role.OPERATOR: frozenset({Permission.READ, Permission.DECIDE, Permission.RELEASE}),
    Role.ENGINEER: frozenset(Permission) - {Permission.ADMINISTER},
    Role.ADMIN: frozenset(Permission),
}
# A machine's token cannot make people or other tokens: what leaks could otherwise not be revoked.
SCOPES = frozenset(Permission) - {Permission.ADMINISTER}
# Not `release`: going back to the plant's own controls is the safe direction, and nothing holds it up.
RECENT_PASSWORD = frozenset({Permission.DISPATCH, Permission.ADMINISTER})


@dataclass(frozen=True, slots=True)
class Account:
    """A person at a site. A disabled one keeps its name, so that the audit trail never means somebody else by it."""

    name: str
    role: Role
    enabled: bool
    must_change: bool  # the password was given out by somebody else
    created: datetime
    issuer: str | None = None  # the provider that signs the person in; none: a password


@dataclass(frozen=True, slots=True)
class Session:
    """A person's session. `active` is when it last changed something, `confirmed` when its person last proved who it is."""

    account: Account
    began: datetime
    active: datetime
    confirmed: datetime


@dataclass(frozen=True, slots=True)
class Token:
    """A machine's token as it is listed; its secret is shown once, when it is made, and kept as a digest."""

    id: str
    name: str
    scopes: frozenset[Permission]
    created: datetime
    created_by: str
    expires: datetime
    revoked: bool

    def holds(self, now: datetime) -> bool:
        """Tell whether it lets anybody in."""
        return not self.revoked and now < self.expires


class AccountError(FacilityError):
    """What was asked of accounts or tokens cannot be done."""


class UnknownAccountError(AccountError):
    """There is no such account or token."""


class WrongInputError(AccountError):
    """A name, password, scope or time that nobody may have."""


class SignInRefusedError(FacilityError):
    """A person is not let in; `retry_after_s` is given where it is for too many failures."""

    def __init__(self, message: str, retry_after_s: int | None = None) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(message)
