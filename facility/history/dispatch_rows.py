"""Rows of the tables of dispatch as records, and back."""

from __future__ import annotations

import json
from datetime import datetime

from facility.history.dispatch_records import (
    Application,
    ApplicationState,
    LockOut,
    Mode,
    Posture,
    ReversionTest,
    Said,
    Target,
    TargetState,
)
from facility.history.dispatch_tables import (
    ApplicationRow,
    ApplicationTargetRow,
    DispatchPostureRow,
    LockOutRow,
    ReversionTestRow,
)
from facility.records import Interval


def as_posture(row: DispatchPostureRow | None) -> Posture:
    """Return the posture that a row keeps; that of a new site where there is none."""
    if row is None:
        return Posture()
    return Posture(
        Mode(row.mode),
        _said(row.mode_by, row.mode_reason, row.mode_at),
        _said(row.suspended_by, row.suspended_reason, row.suspended_at),
        _said(row.vetoed_by, row.vetoed_reason, row.vetoed_at),
    )


def posture_row(posture: Posture, site_id: str) -> DispatchPostureRow:
    """Return a posture as a row."""
    row = DispatchPostureRow(site_id=site_id, mode=posture.mode.value)
    said = {"mode": posture.set_by, "suspended": posture.suspended, "vetoed": posture.vetoed}
    for what, one in said.items():
        setattr(row, f"{what}_by", one and one.by)
        setattr(row, f"{what}_reason", one and one.reason)
        setattr(row, f"{what}_at", one and one.at)
    return row


def as_lock_out(row: LockOutRow) -> LockOut:
    """Return the lock-out that a row keeps."""
    return LockOut(row.equipment, Said(row.actor, row.reason, row.at), row.until)


def as_test(row: ReversionTestRow) -> ReversionTest:
    """Return the test that a row keeps."""
    said = Said(row.actor, row.reason, row.at)
    return ReversionTest(
        row.point, row.heartbeat, said, row.expires, row.passed, row.within_s, row.took_s, row.note
    )  # fmt: skip


def as_application(row: ApplicationRow) -> Application:
    """Return the application that a row keeps."""
    return Application(
        id=row.recommendation_id,
        equipment=row.equipment,
        quantity=row.quantity,
        value=row.value,
        unit=row.unit,
        saving_kw=Interval(row.saving_kw, row.saving_low_kw, row.saving_high_kw),
        ordered=Said(row.ordered_by, row.reason, row.ordered_at),
        state=ApplicationState(row.state),
        since=row.since,
        why=row.why,
        measured=json.loads(row.measured),
        targets=tuple(Target(one.point, TargetState(one.state), one.before, one.note) for one in row.targets),
    )


def application_row(application: Application, site_id: str) -> ApplicationRow:
    """Return an application as a row, with those of its points."""
    saving = application.saving_kw
    return ApplicationRow(
        recommendation_id=application.id,
        site_id=site_id,
        equipment=application.equipment,
        quantity=application.quantity,
        value=application.value,
        unit=application.unit,
        saving_kw=saving.value,
        saving_low_kw=saving.low,
        saving_high_kw=saving.high,
        ordered_by=application.ordered.by,
        reason=application.ordered.reason,
        ordered_at=application.ordered.at,
        state=application.state.value,
        since=application.since,
        why=application.why,
        measured=json.dumps(dict(application.measured)),
        targets=[_target_row(application.id, number, one) for number, one in enumerate(application.targets)],
    )


def _target_row(application: str, number: int, target: Target) -> ApplicationTargetRow:
    return ApplicationTargetRow(
        recommendation_id=application,
        number=number,
        point=target.point,
        state=target.state.value,
        before=target.before,
        note=target.note,
    )


def _said(by: str | None, reason: str | None, at: datetime | None) -> Said | None:
    return None if by is None or at is None else Said(by, reason or "", at)
