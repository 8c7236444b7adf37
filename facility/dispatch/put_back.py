"""Puts points back to what they held before: those of an application that went wrong, or all of them for local control."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from facility.acquire.writing.writer import PointWriter
from facility.errors import DeviceError, JournalError, WriteRefusedError
from facility.history.dispatch_book import DispatchBook
from facility.history.dispatch_records import LIVE, Application, ApplicationState, Said, Target, TargetState
from facility.history.journal import SqlJournal
from facility.log import get_logger
from facility.ports import Clock
from facility.records import RecommendationState

HELD = frozenset({TargetState.MOVING, TargetState.WRITTEN})
AGAIN_AFTER = timedelta(minutes=1)  # a device that did not take it
_log = get_logger(__name__)


class PutBack:
    """Puts points back; what a device does not take is tried again, what somebody else changed is left."""

    def __init__(self, book: DispatchBook, journal: SqlJournal, writer: PointWriter, clock: Clock) -> None:
        self._book, self._journal, self._writer, self._clock = book, journal, writer, clock
        self._again: dict[str, datetime] = {}  # point -> not before

    async def step(self, application: Application) -> Application:
        """Put back those points of an application that it still holds, and close it when none is left."""
        for target in application.targets:
            if self._again.get(target.point, self._clock.now()) <= self._clock.now():
                changed = await self.target(target, by=application.ordered.by, reason=f"rolled back: {application.why}")
                application = self._keep(application, changed)
        if not any(target.state in HELD for target in application.targets):
            self._close(application)
        return application

    async def release(self, said: Said, *, here: bool = True) -> list[Target]:
        """Put every point that we hold back to what it held before the first of our writes, newest application first.

        Returns the points as they then are; those still held were not taken by their device. Not `here`: another machine writes,
        and its service puts them back.
        """
        outcome: dict[str, Target] = {}
        holding = self._book.applications((*LIVE, ApplicationState.VERIFIED))
        first = {one.point: one for each in reversed(holding) for one in each.targets if one.state in HELD}
        for target in first.values():
            outcome[target.point] = await self.target(target, by=said.by, reason=said.reason) if here else target
        for application in holding:
            self._released(application, outcome, said)
        return list(outcome.values())

    def _released(self, application: Application, outcome: Mapping[str, Target], said: Said) -> None:
        targets = tuple(_like(one, outcome.get(one.point)) for one in application.targets)
        state = ApplicationState.ROLLING_BACK
        application = replace(application, state=state, since=said.at, why=said.reason, targets=targets)
        self._book.keep(application, said)
        if not any(target.state in HELD for target in targets):
            self._close(application)

    async def target(self, target: Target, *, by: str, reason: str) -> Target:
        """Put one point back."""
        if target.state not in HELD or target.before is None:
            return _unheld(target)
        try:
            await self._writer.put_back(target.point, target.before, actor=by, reason=reason)
        except (WriteRefusedError, DeviceError) as error:
            _log.warning("not put back", point=target.point, value=target.before, reason=str(error))
            if self._writer.is_ours(target.point):
                self._again[target.point] = self._clock.now() + AGAIN_AFTER
                return replace(target, note=str(error))
            return replace(target, state=TargetState.LEFT, note=str(error))
        return replace(target, state=TargetState.PUT_BACK, note="")

    def _keep(self, application: Application, target: Target) -> Application:
        targets = tuple(target if one.point == target.point else one for one in application.targets)
        if targets == application.targets:
            return application
        application = replace(application, targets=targets)
        self._book.keep(application, Said(application.ordered.by, application.why, self._clock.now()))
        return application

    def _close(self, application: Application) -> None:
        now = self._clock.now()
        told = "; ".join(_told(target) for target in application.targets)
        why = f"{application.why} ({told})"
        self._journal_closed(application, why, now)
        closed = replace(application, state=ApplicationState.ROLLED_BACK, since=now, why=why)
        self._book.keep(closed, Said("dispatch", why, now))

    def _journal_closed(self, application: Application, why: str, now: datetime) -> None:
        """Move the recommendation too; one that was never claimed is rejected, one that is closed already stays."""
        for to in (RecommendationState.ROLLED_BACK, RecommendationState.REJECTED):
            try:
                self._journal.transition(application.id, to, actor="dispatch", reason=why, at=now)
            except JournalError as error:
                _log.info("recommendation stays as it is", recommendation=application.id, reason=str(error))
            else:
                return


def _like(target: Target, outcome: Target | None) -> Target:
    if target.state not in HELD:
        return _unheld(target)
    return target if outcome is None else replace(target, state=outcome.state, note=outcome.note)


def _unheld(target: Target) -> Target:
    pending = target.state is TargetState.PENDING
    return replace(target, state=TargetState.LEFT, note=target.note or "nothing was written") if pending else target


def _told(target: Target) -> str:
    return f"{target.point} {target.state.value.replace('_', ' ')}{': ' + target.note if target.note else ''}"
