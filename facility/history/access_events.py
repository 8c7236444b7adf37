"""Events of people and tokens: one name and shape for all of them, in the transaction of what they tell of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from facility.history.journal_events import append_event
from facility.records import Event

Detail = Mapping[str, str | bool | int]


def tell(
    session: Session, site_id: str, kind: str, *, subject: str, actor: str, at: datetime, detail: Detail | None = None
) -> None:
    """Append an event; no secret, digest or hash belongs into `detail`."""
    append_event(session, Event(at, kind, subject, actor, {**(detail or {}), "site": site_id}))
