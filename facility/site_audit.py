"""Opens the audit trail of a site, in the database of its journal, and changes its key."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime

from facility.history.audit_keys import AuditKey
from facility.history.audit_rotation import rotate_key
from facility.history.audit_trail import AuditTrail
from facility.history.journal_database import open_database
from facility.secrets import resolve_secret
from facility.site_file import LoadedSite
from facility.state import StateFolder


def open_audit_trail(loaded: LoadedSite, state: StateFolder) -> AuditTrail:
    """Open the events of a site's journal, to read."""
    return AuditTrail(open_database(_url(loaded), state))


def rotate_audit_key(
    loaded: LoadedSite, state: StateFolder, *, actor: str, reason: str, at: datetime, accept_loss: bool
) -> AuditKey:
    """Begin a new key of the chain; see `audit_rotation.rotate_key`."""
    engine = open_database(_url(loaded), state)
    with closing(AuditTrail(engine)):
        return rotate_key(engine, actor=actor, reason=reason, at=at, accept_loss=accept_loss)


def _url(loaded: LoadedSite) -> str | None:
    url = loaded.site.journal.url
    return resolve_secret(url).get_secret_value() if url else None
