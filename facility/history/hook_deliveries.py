"""Signed deliveries that were taken: the same one again is refused, the same content again is answered as the first time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import TypeAdapter
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from facility.errors import JournalError
from facility.history.grid_event_tables import HookDeliveryRow
from facility.respond.reception import Reception

KEPT = timedelta(days=1)  # far longer than a signature holds; a sender that tries longer than this begins anew
_ANSWER = TypeAdapter(list[Reception])


class ReplayedError(JournalError):
    """A delivery with this signature was taken before."""


class KeyReusedError(JournalError):
    """The sender's key came before, with another content."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery that is what it says: its signature holds. `key` is its sender's own, by which it may be sent again."""

    sender: str
    signature: str
    digest: str  # SHA-256 of the body
    key: str | None
    at: datetime


def earlier_answer(session: Session, site_id: str, delivery: Delivery) -> list[Reception] | None:
    """Return what was answered to a delivery's key before, or None where it is new.

    Raises
    ------
    ReplayedError, KeyReusedError
        If it is refused.
    """
    mine = HookDeliveryRow.site_id == site_id, HookDeliveryRow.sender == delivery.sender
    if session.scalar(select(HookDeliveryRow.at).where(*mine, HookDeliveryRow.signature == delivery.signature)):
        raise ReplayedError("this delivery was taken before; sign it anew to send it again")
    if delivery.key is None:
        return None
    before = session.scalar(select(HookDeliveryRow).where(*mine, HookDeliveryRow.key == delivery.key))
    if before is None:
        return None
    if before.digest != delivery.digest:
        raise KeyReusedError(f"the key {delivery.key!r} came before, with another content")
    return _ANSWER.validate_json(before.answer)


def keep_delivery(session: Session, site_id: str, delivery: Delivery, answer: Sequence[Reception]) -> None:
    """Keep a delivery with its answer, and forget those that nobody can send again."""
    session.execute(
        delete(HookDeliveryRow).where(HookDeliveryRow.site_id == site_id, HookDeliveryRow.at < delivery.at - KEPT)
    )
    session.add(
        HookDeliveryRow(
            site_id=site_id,
            sender=delivery.sender,
            signature=delivery.signature,
            key=delivery.key,
            digest=delivery.digest,
            at=delivery.at,
            answer=_ANSWER.dump_json(list(answer)).decode(),
        )
    )
