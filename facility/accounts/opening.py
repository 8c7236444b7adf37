"""Opens what is known of people and machines that may ask a site, in the database of its journal."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine

from facility.accounts.people import People
from facility.accounts.provider_sign_in import ProviderSignIn
from facility.accounts.sign_in import SignIn
from facility.accounts.tokens import Tokens
from facility.history.accounts import SqlAccounts
from facility.history.journal_database import open_database
from facility.history.sessions import SqlSessions
from facility.history.tokens import SqlTokens
from facility.ports import Clock
from facility.secrets import resolve_secret
from facility.site_file import LoadedSite
from facility.state import StateFolder


@dataclass(frozen=True, slots=True)
class Access:
    """People, their sessions, and machines' tokens, over one connection pool."""

    people: People
    sign_in: SignIn
    through_provider: ProviderSignIn
    tokens: Tokens
    engine: Engine

    def close(self) -> None:
        """Close the connections."""
        self.engine.dispose()


def open_access(loaded: LoadedSite, state: StateFolder, clock: Clock) -> Access:
    """Open the database that the site file names, or SQLite in the state folder.

    Raises
    ------
    facility.errors.JournalError
        If it cannot be opened.
    """
    url = loaded.site.journal.url
    engine = open_database(resolve_secret(url).get_secret_value() if url else None, state)
    return access_over(engine, loaded.site.id, clock)


def access_over(engine: Engine, site_id: str, clock: Clock) -> Access:
    """Return what is known of people and machines of a site in a database."""
    accounts, sessions = SqlAccounts(engine, site_id), SqlSessions(engine, site_id)
    return Access(
        People(accounts, clock),
        SignIn(accounts, sessions, clock),
        ProviderSignIn(accounts, sessions, clock),
        Tokens(SqlTokens(engine, site_id), clock),
        engine,
    )
