"""The ledger of writes, kept in the journal: the intent before a write is sent, its outcome after, and who allowed what.

Each change is one transaction with its event (`write.*`), so that the chain of events tells the whole of it. A process that dies
between intent and outcome leaves an intent; whoever holds the device next puts it in doubt: it counts as written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, Select, func, select
from sqlalchemy.orm import Session

from facility.errors import JournalError
from facility.history.device_hold import device_held
from facility.history.journal_database import journal_errors, writing
from facility.history.journal_events import append_event
from facility.history.journal_tables import WritePointRow, WriteRow
from facility.history.write_rows import as_logged, as_row, as_standing
from facility.history.writer_lease import WriterLease
from facility.records import Event, LocalOverride, LoggedWrite, Permit, PointStanding, WriteState

_DAY = timedelta(days=1)
Detail = Mapping[str, str | int | float | bool | None]


class SqlWriteLedger:
    """Implements `facility.ports.WriteLedger` for one site; `holds` is a folder for the locks of its devices.

    `lease` elects the one machine that may write: no intent is recorded without it.
    """

    def __init__(self, engine: Engine, site_id: str, holds: Path, lease: WriterLease) -> None:
        self._engine = engine
        self._site_id = site_id
        self._holds = holds
        self._lease = lease

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def hold(self, device: str) -> AbstractContextManager[None]:
        """Hold a device; refused while another holder, in this process or another, writes to it."""
        return device_held(self._holds, device)

    def reconcile(self, device: str, now: datetime) -> Sequence[LoggedWrite]:
        """Put intents of a device that have no outcome in doubt, and return them; call it while holding the device."""
        left = self._writes().where(WriteRow.device == device, WriteRow.state == WriteState.INTENDED.value)
        with journal_errors(f"writes to {device} not reconciled"), writing(self._engine) as session:
            rows = session.scalars(left.order_by(WriteRow.sequence)).all()
            for row in rows:
                row.state, row.note = WriteState.IN_DOUBT.value, "its process died before the outcome was recorded"
                self._tell_outcome(session, as_logged(row), now)
            return [as_logged(row) for row in rows]

    def standing(self, point: str, now: datetime) -> PointStanding:
        """Return what is known of a point."""
        taken = self._writes().where(WriteRow.point == point, WriteRow.state != WriteState.REFUSED.value)
        recent = taken.where(WriteRow.at > now - _DAY).with_only_columns(func.count())
        with journal_errors(f"standing of {point} not read"), Session(self._engine) as session:
            row = session.get(WritePointRow, (self._site_id, point))
            last = session.scalar(taken.order_by(WriteRow.sequence.desc()).limit(1))
            return as_standing(point, row, last, session.scalar(recent) or 0)

    def intend(self, write: LoggedWrite) -> None:
        """Record durably that a write is about to be sent.

        Raises
        ------
        NotTheWriterError
            If another machine writes to the site's devices.
        """
        detail: Detail = {
            "value": write.value,
            "before": write.before,
            "device": write.device,
            "request": write.request,
            "reason": write.reason,
        }
        with journal_errors(f"write of {write.point} not recorded"), writing(self._engine) as session:
            self._lease.hold(session)
            session.add(as_row(write, self._site_id))
            self._tell(session, "intended", write.point, write.actor, at=write.at, detail=detail, write=write.id)

    def settle(self, write: LoggedWrite, at: datetime) -> None:
        """Record what became of a write."""
        with journal_errors(f"outcome of {write.point} not recorded"), writing(self._engine) as session:
            row = session.scalar(select(WriteRow).where(WriteRow.id == write.id))
            if row is None:
                raise JournalError(f"no write {write.id!r} was intended")
            row.state, row.read_back, row.note = write.state.value, write.read_back, write.note
            self._tell_outcome(session, write, at)

    def overridden(self, override: LocalOverride) -> None:
        """Record that somebody else changed a point; it is left alone from now on."""
        detail = {"expected": override.expected, "found": override.found}
        with journal_errors(f"override of {override.point} not recorded"), writing(self._engine) as session:
            row = self._point(session, override.point)
            row.override_at = override.at
            row.override_expected, row.override_found = override.expected, override.found
            self._tell(session, "overridden", override.point, "facility", at=override.at, detail=detail)

    def clear(self, point: str, *, actor: str, reason: str, at: datetime) -> None:
        """End an override; what the device holds now is accepted.

        Raises
        ------
        JournalError
            If the point is not overridden.
        """
        with journal_errors(f"override of {point} not cleared"), writing(self._engine) as session:
            row = self._point(session, point)
            if row.override_at is None:
                raise JournalError(f"{point} is not overridden: nobody else has set it, or that is accepted already")
            detail = {"expected": row.override_expected, "found": row.override_found, "reason": reason}
            row.override_at = row.override_expected = row.override_found = None
            row.cleared_at = at
            self._tell(session, "cleared", point, actor, at=at, detail=detail)

    def allow(self, point: str, permit: Permit) -> None:
        """Let a point be written."""
        detail = {"reason": permit.reason, "until": permit.until.isoformat() if permit.until else None}
        with journal_errors(f"{point} not allowed"), writing(self._engine) as session:
            row = self._point(session, point)
            row.permit_actor, row.permit_reason = permit.actor, permit.reason
            row.permit_at, row.permit_until = permit.at, permit.until
            self._tell(session, "allowed", point, permit.actor, at=permit.at, detail=detail)

    def forbid(self, point: str, *, actor: str, reason: str, at: datetime) -> None:
        """Take the leave to write a point back.

        Raises
        ------
        JournalError
            If it was not allowed.
        """
        with journal_errors(f"{point} not forbidden"), writing(self._engine) as session:
            row = self._point(session, point)
            if row.permit_at is None:
                raise JournalError(f"{point} was not allowed: there is nothing to forbid")
            row.permit_actor = row.permit_reason = row.permit_at = row.permit_until = None
            self._tell(session, "forbidden", point, actor, at=at, detail={"reason": reason})

    def _writes(self) -> Select[WriteRow]:
        return select(WriteRow).where(WriteRow.site_id == self._site_id)

    def _point(self, session: Session, point: str) -> WritePointRow:
        row = session.get(WritePointRow, (self._site_id, point))
        if row is None:
            row = WritePointRow(site_id=self._site_id, point=point)
            session.add(row)
        return row

    def _tell_outcome(self, session: Session, write: LoggedWrite, at: datetime) -> None:
        detail: Detail = {
            "value": write.value,
            "before": write.before,
            "read_back": write.read_back,
            "note": write.note,
        }
        self._tell(session, write.state.value, write.point, write.actor, at=at, detail=detail, write=write.id)

    def _tell(
        self,
        session: Session,
        what: str,
        point: str,
        actor: str,
        *,
        at: datetime,
        detail: Detail,
        write: str | None = None,
    ) -> None:
        event = Event(at, f"write.{what}", point, actor, {**detail, "site": self._site_id}, correlation_id=write)
        append_event(session, event)
