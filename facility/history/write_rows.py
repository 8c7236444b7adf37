"""Rows of the ledger's tables as records, and back."""

from __future__ import annotations

from facility.history.journal_tables import WritePointRow, WriteRow
from facility.records import LocalOverride, LoggedWrite, Permit, PointStanding, WriteState


def as_row(write: LoggedWrite, site_id: str) -> WriteRow:
    """Return a write as a row."""
    return WriteRow(
        id=write.id,
        site_id=site_id,
        point=write.point,
        device=write.device,
        at=write.at,
        value=write.value,
        before=write.before,
        actor=write.actor,
        reason=write.reason,
        request=write.request,
        state=write.state.value,
        read_back=write.read_back,
        note=write.note,
    )


def as_logged(row: WriteRow) -> LoggedWrite:
    """Return a row as a write."""
    return LoggedWrite(
        id=row.id,
        point=row.point,
        device=row.device,
        at=row.at,
        value=row.value,
        before=row.before,
        actor=row.actor,
        reason=row.reason,
        request=row.request,
        state=WriteState(row.state),
        read_back=row.read_back,
        note=row.note,
    )


def as_standing(point: str, row: WritePointRow | None, last: WriteRow | None, writes_last_day: int) -> PointStanding:
    """Return what the tables say of a point."""
    return PointStanding(
        point,
        permit=None if row is None else _permit(row),
        override=None if row is None else _override(row),
        cleared_at=None if row is None else row.cleared_at,
        last=None if last is None else as_logged(last),
        writes_last_day=writes_last_day,
    )


def _permit(row: WritePointRow) -> Permit | None:
    if row.permit_at is None:
        return None
    return Permit(row.permit_actor or "", row.permit_reason or "", row.permit_at, row.permit_until)


def _override(row: WritePointRow) -> LocalOverride | None:
    if row.override_at is None or row.override_expected is None or row.override_found is None:
        return None
    return LocalOverride(row.point, row.override_at, row.override_expected, row.override_found)
