"""Exports the head of the audit trail once a day (UTC): to a file of the state folder, and to the log, which is kept elsewhere."""

from __future__ import annotations

from datetime import datetime

from facility.errors import FacilityError
from facility.history.audit_heads import ExportedHeads
from facility.history.audit_trail import AuditTrail
from facility.log import get_logger
from facility.service.worker import Worker

_log = get_logger(__name__)


class HeadExport:
    """What the alarms' process does beside its looks; `audit_head_error` of its heartbeat becomes an alarm."""

    def __init__(self, worker: Worker, trail: AuditTrail) -> None:
        self._worker, self._trail = worker, trail
        self._heads = ExportedHeads(worker.state)
        self._newest: datetime | None = None
        self._error: str | None = None

    def look(self) -> None:
        """Export the head if this day has none yet; what fails is tried again at the next look."""
        try:
            self._export(self._worker.clock.now())
            error = None
        except FacilityError as failed:
            error = str(failed)
        if error is not None and error != self._error:  # said once, not every look
            _log.error("head of the audit trail not exported", reason=error)
        self._error = error
        self._worker.heartbeat.say("watching", audit_head_error=error)

    def _export(self, now: datetime) -> None:
        self._newest = self._newest or self._heads.newest()
        if self._newest is not None and self._newest.date() >= now.date():
            return
        head = self._trail.head()
        if head is None:
            return
        self._heads.append(head, now)
        self._newest = now
        _log.info("head of the audit trail", head=str(head))
