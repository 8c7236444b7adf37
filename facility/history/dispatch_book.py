"""What is kept of dispatch, in the journal's database: each change is one transaction with its event (`dispatch.*`)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from facility.errors import JournalError
from facility.history.dispatch_records import (
    LIVE,
    Application,
    ApplicationState,
    LockOut,
    Mode,
    Posture,
    ReversionTest,
    Said,
)
from facility.history.dispatch_rows import (
    application_row,
    as_application,
    as_lock_out,
    as_posture,
    as_test,
    posture_row,
)
from facility.history.dispatch_tables import ApplicationRow, DispatchPostureRow, LockOutRow, ReversionTestRow
from facility.history.journal_codec import RECOMMENDATION
from facility.history.journal_database import journal_errors, writing
from facility.history.journal_events import append_event
from facility.history.journal_tables import RecommendationRow
from facility.records import Event, Recommendation, RecommendationState

Detail = Mapping[str, str | int | float | bool | None]


class DispatchBook:
    """What is kept of the dispatch of one site."""

    def __init__(self, engine: Engine, site_id: str) -> None:
        self._engine = engine
        self._site_id = site_id

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def posture(self) -> Posture:
        """Return the mode of the site, and what holds it up."""
        with journal_errors("mode of dispatch not read"), Session(self._engine) as session:
            return as_posture(session.get(DispatchPostureRow, self._site_id))

    def set_mode(self, mode: Mode, said: Said) -> Posture:
        """Set the mode."""
        return self._pose(
            "mode",
            said,
            lambda now: replace(now, mode=mode, set_by=said),
            lambda before: {"before": before.mode.value, "mode": mode.value},
        )

    def suspend(self, said: Said) -> Posture:
        """Hold dispatch up until a person resumes it; what held it up first stays the reason."""
        return self._pose("suspended", said, lambda now: now if now.suspended else replace(now, suspended=said))

    def resume(self, said: Said) -> Posture:
        """End a suspension.

        Raises
        ------
        JournalError
            If there is none.
        """
        return self._pose("resumed", said, _resumed)

    def veto(self, said: Said) -> Posture:
        """Forbid all writing until the veto is lifted."""
        return self._pose("vetoed", said, lambda now: replace(now, vetoed=said))

    def lift_veto(self, said: Said) -> Posture:
        """Lift the veto.

        Raises
        ------
        JournalError
            If there is none.
        """
        return self._pose("veto_lifted", said, _lifted)

    def lock_outs(self, now: datetime) -> dict[str, LockOut]:
        """Return the lock-outs that hold, by equipment."""
        wanted = select(LockOutRow).where(LockOutRow.site_id == self._site_id, LockOutRow.until > now)
        with journal_errors("lock-outs not read"), Session(self._engine) as session:
            return {row.equipment: as_lock_out(row) for row in session.scalars(wanted.order_by(LockOutRow.equipment))}

    def expired_lock_outs(self, now: datetime) -> list[LockOut]:
        """Return the lock-outs that have ended by themselves, and that nobody has returned to service."""
        wanted = select(LockOutRow).where(LockOutRow.site_id == self._site_id, LockOutRow.until <= now)
        with journal_errors("lock-outs not read"), Session(self._engine) as session:
            return [as_lock_out(row) for row in session.scalars(wanted.order_by(LockOutRow.equipment))]

    def lock_out(self, lock_out: LockOut) -> None:
        """Lock equipment out, or say anew until when."""
        said, name = lock_out.said, lock_out.equipment
        row = LockOutRow(site_id=self._site_id, equipment=name, actor=said.by, reason=said.reason, at=said.at,
                         until=lock_out.until)  # fmt: skip
        with journal_errors(f"{name} not locked out"), writing(self._engine) as session:
            session.merge(row)
            self._tell(session, "locked_out", name, said, {"until": lock_out.until.isoformat()})

    def return_to_service(self, equipment: str, said: Said) -> None:
        """End a lock-out, or say of one that has ended by itself that all is well.

        Raises
        ------
        JournalError
            If there is none.
        """
        with journal_errors(f"{equipment} not returned to service"), writing(self._engine) as session:
            row = session.get(LockOutRow, (self._site_id, equipment))
            if row is None:
                raise JournalError(f"{equipment} is not locked out: there is nothing to return to service")
            session.delete(row)
            self._tell(session, "returned_to_service", equipment, said)

    def reversion_tests(self) -> dict[str, ReversionTest]:
        """Return the last test of each point that had one."""
        wanted = select(ReversionTestRow).where(ReversionTestRow.site_id == self._site_id)
        with journal_errors("tests of reversion not read"), Session(self._engine) as session:
            return {row.point: as_test(row) for row in session.scalars(wanted)}

    def record_test(self, test: ReversionTest) -> None:
        """Keep the outcome of a test in place of the one before."""
        said = test.said
        row = ReversionTestRow(
            site_id=self._site_id, point=test.point, heartbeat=test.heartbeat, actor=said.by, reason=said.reason,
            at=said.at, expires=test.expires, passed=test.passed, within_s=test.within_s, took_s=test.took_s,
            note=test.note,
        )  # fmt: skip
        detail: Detail = {"passed": test.passed, "within_s": test.within_s, "took_s": test.took_s, "note": test.note}
        with journal_errors(f"test of {test.point} not kept"), writing(self._engine) as session:
            session.merge(row)
            self._tell(session, "reversion_tested", test.point, said, detail)

    def applications(
        self, states: Collection[ApplicationState] | None = None, since: datetime | None = None
    ) -> list[Application]:
        """Return what was written, in some states or in a state since a time at the earliest, oldest order first."""
        wanted = select(ApplicationRow).where(ApplicationRow.site_id == self._site_id)
        if states is not None:
            wanted = wanted.where(ApplicationRow.state.in_([state.value for state in states]))
        if since is not None:
            wanted = wanted.where(ApplicationRow.since >= since)
        with journal_errors("applications not read"), Session(self._engine) as session:
            return [as_application(row) for row in session.scalars(wanted.order_by(ApplicationRow.ordered_at))]

    def holds_any(self) -> bool:
        """Tell whether any point is held, or may be."""
        states = [state.value for state in (*LIVE, ApplicationState.VERIFIED)]
        held = ApplicationRow.site_id == self._site_id, ApplicationRow.state.in_(states)
        with journal_errors("applications not read"), Session(self._engine) as session:
            return session.scalar(select(ApplicationRow.recommendation_id).where(*held).limit(1)) is not None

    def recommendation(self, name: str) -> Recommendation:
        """Return a recommendation, without reading all the others.

        Raises
        ------
        JournalError
            If there is none of this id.
        """
        wanted = select(RecommendationRow).where(RecommendationRow.id == name)
        with journal_errors(f"recommendation {name} not read"), Session(self._engine) as session:
            row = session.scalar(wanted)
            if row is None:
                raise JournalError(f"no recommendation {name!r} at this site")
            return replace(RECOMMENDATION.load(row.body), state=RecommendationState(row.state))

    def open(self, applications: Sequence[Application]) -> None:
        """Keep that recommendations are about to be written, all or none; this comes before anything is sent.

        Raises
        ------
        JournalError
            If one was opened already.
        """
        names = ", ".join(one.id for one in applications)
        with journal_errors(f"{names} not opened"), writing(self._engine) as session:
            for one in applications:
                if session.get(ApplicationRow, one.id) is not None:
                    raise JournalError(f"recommendation {one.id} was ordered already")
                session.add(application_row(one, self._site_id))
                self._tell(session, "ordered", one.id, one.ordered, {"value": one.value})

    def keep(self, application: Application, said: Said) -> None:
        """Keep how far an application is; a change of its state is an event."""
        with journal_errors(f"{application.id} not kept"), writing(self._engine) as session:
            before = session.get(ApplicationRow, application.id)
            moved = before is None or before.state != application.state.value
            session.merge(application_row(application, self._site_id))
            if moved:
                self._tell(session, application.state.value, application.id, said)

    def _pose(
        self,
        what: str,
        said: Said,
        how: Callable[[Posture], Posture],
        detail: Callable[[Posture], Detail] = lambda _: {},
    ) -> Posture:
        with journal_errors("mode of dispatch not kept"), writing(self._engine) as session:
            before = as_posture(session.get(DispatchPostureRow, self._site_id))
            after = how(before)
            if after != before:
                session.merge(posture_row(after, self._site_id))
                self._tell(session, what, self._site_id, said, detail(before))
            return after

    def _tell(self, session: Session, what: str, subject: str, said: Said, detail: Detail | None = None) -> None:
        known = {**(detail or {}), "reason": said.reason, "site": self._site_id}
        append_event(session, Event(said.at, f"dispatch.{what}", subject, said.by, known))


def _resumed(posture: Posture) -> Posture:
    if posture.suspended is None:
        raise JournalError("dispatch is not suspended: there is nothing to resume")
    return replace(posture, suspended=None)


def _lifted(posture: Posture) -> Posture:
    if posture.vetoed is None:
        raise JournalError("there is no veto to lift")
    return replace(posture, vetoed=None)
