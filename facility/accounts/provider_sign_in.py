"""Signing in through a provider: its people become accounts of their own, and what it says of their groups is their role."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from facility.access import Account, Role, SignInRefusedError
from facility.accounts.oidc.exchange import ProviderError
from facility.accounts.oidc.flow import Flow
from facility.accounts.oidc.id_token import Identity
from facility.accounts.oidc.provider import Provider
from facility.accounts.secret_digest import digest, new_secret
from facility.accounts.sign_in import CONFIRMED, LASTS
from facility.history.accounts import SqlAccounts
from facility.history.sessions import SqlSessions
from facility.ports import Clock

ACTOR = "oidc"  # in the audit trail
NO_PASSWORD = ""  # of which nothing is ever the hash
_MOST_OF_A_NAME = 48
_NOT_IN_NAMES = re.compile(r"[^a-z0-9._@-]+")


@dataclass(frozen=True, slots=True)
class ProviderSignIn:
    """Lets people in whom a provider vouches for."""

    accounts: SqlAccounts
    sessions: SqlSessions
    clock: Clock

    def finish(self, provider: Provider, flow: Flow, answer: ProviderAnswer, address: str) -> str | None:
        """Return the secret of a new session; None where the session that was to be confirmed now is.

        Raises
        ------
        SignInRefusedError
            If the provider's word is not believed, its groups mean nothing here, or the account is disabled.
        """
        try:
            found = provider.identity(flow, answer.code, answer.issuer, answer.return_to)
        except ProviderError as error:
            self.sessions.failed(ACTOR, self.clock.now(), address, reason=str(error))
            raise SignInRefusedError(str(error)) from error
        account = self._account(found, provider.settings.role_of(found.groups), address)
        return self._let_in(account, found, flow)

    def refuse(self, reason: str, address: str) -> SignInRefusedError:
        """Tell the audit trail why nobody came back signed in, and return it as a refusal."""
        self.sessions.failed(ACTOR, self.clock.now(), address, reason=reason)
        return SignInRefusedError(reason)

    def _account(self, found: Identity, role: Role | None, address: str) -> Account:
        known = self.accounts.of_subject(found.issuer, found.subject)
        name = known.name if known else name_of(found)
        if role is None:
            reason = "none of your groups at the provider has a role here; ask who administers this site"
        elif known is not None and not known.enabled:
            reason = "the account is disabled; ask who administers this site"
        else:
            return self._with_role(known, role) if known else self._added(found, name, role)
        self.sessions.failed(name, self.clock.now(), address, reason=reason)
        raise SignInRefusedError(reason)

    def _added(self, found: Identity, name: str, role: Role) -> Account:
        account = Account(name, role, enabled=True, must_change=False, created=self.clock.now(), issuer=found.issuer)
        self.accounts.add(account, NO_PASSWORD, ACTOR, subject=found.subject)
        return account

    def _with_role(self, known: Account, role: Role) -> Account:
        if known.role is role:
            return known
        return self.accounts.change(known.name, by=ACTOR, at=self.clock.now(), role=role)

    def _let_in(self, account: Account, found: Identity, flow: Flow) -> str | None:
        now = self.clock.now()
        # A provider that does not say when has vouched for the person, but not that they are at the keyboard.
        confirmed = found.authenticated or now - CONFIRMED
        if flow.session is not None:
            session = self.sessions.find(flow.session)
            if session is not None and session.account.name == account.name and now - session.began < LASTS:
                self.sessions.touch(flow.session, now, confirmed=confirmed)
                return None
        secret = new_secret()
        self.sessions.begin(digest(secret), account.name, now, LASTS, confirmed)
        return secret


@dataclass(frozen=True, slots=True)
class ProviderAnswer:
    """What a person brings back from the provider, and where to."""

    code: str
    issuer: str | None
    return_to: str


def name_of(found: Identity) -> str:
    """Return the name of an account: legible, and by its end of this person only, whatever they call themselves there."""
    mark = hashlib.sha256(f"{found.issuer}\n{found.subject}".encode()).hexdigest()[:8]
    called = _NOT_IN_NAMES.sub("-", found.called.lower()).strip("._@-")[:_MOST_OF_A_NAME]
    return f"{called}-{mark}" if called[:1].isalpha() else f"person-{mark}"
