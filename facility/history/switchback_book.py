"""What is kept of switchbacks, in the journal's database: each change is one transaction with its event (`switchback.*`)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from facility.errors import JournalError
from facility.history.dispatch_records import Said
from facility.history.journal_database import journal_errors, writing
from facility.history.journal_events import append_event
from facility.history.switchback_records import Switchback
from facility.history.switchback_tables import SwitchbackBlockRow, SwitchbackRow
from facility.records import Event


class SwitchbackBook:
    """The switchbacks of one site."""

    def __init__(self, engine: Engine, site_id: str) -> None:
        self._engine = engine
        self._site_id = site_id

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def all(self) -> list[Switchback]:
        """Return all of them, oldest first."""
        wanted = select(SwitchbackRow).where(SwitchbackRow.site_id == self._site_id)
        with journal_errors("switchbacks not read"), Session(self._engine) as session:
            return [_as_switchback(row) for row in session.scalars(wanted.order_by(SwitchbackRow.begins))]

    def one(self, name: str) -> Switchback:
        """Return a switchback.

        Raises
        ------
        JournalError
            If there is none of this id.
        """
        with journal_errors(f"switchback {name} not read"), Session(self._engine) as session:
            return _as_switchback(self._row(session, name))

    def running(self) -> Switchback | None:
        """Return the one that nobody and nothing has stopped yet, if there is one."""
        return next((one for one in self.all() if one.stopped is None), None)

    def start(self, one: Switchback) -> None:
        """Keep that one is started.

        Raises
        ------
        JournalError
            If another one runs: each would measure the other.
        """
        running = select(SwitchbackRow.id).where(
            SwitchbackRow.site_id == self._site_id, SwitchbackRow.stopped_at.is_(None)
        )
        said = one.started
        with journal_errors(f"switchback of {one.recommendation} not started"), writing(self._engine) as session:
            other = session.scalar(running)
            if other is not None:
                raise JournalError(f"switchback {other} runs; wait for its end, or stop it first")
            session.add(
                SwitchbackRow(
                    id=one.id, site_id=self._site_id, recommendation_id=one.recommendation, begins=one.begins,
                    pairs=one.pairs, block_h=one.block_h, wash_out_h=one.wash_out_h, seed=one.seed, by_hand=one.by_hand,
                    started_by=said.by, started_reason=said.reason, started_at=said.at,
                )
            )  # fmt: skip
            self._tell(session, "started", one.id, said, recommendation=one.recommendation, seed=one.seed)

    def stop(self, name: str, said: Said) -> Switchback:
        """Keep that one is over.

        Raises
        ------
        JournalError
            If there is none of this id, or it is over already.
        """
        with journal_errors(f"switchback {name} not stopped"), writing(self._engine) as session:
            row = self._row(session, name)
            if row.stopped_at is not None:
                raise JournalError(f"switchback {name} is over: {row.stopped_reason}")
            row.stopped_by, row.stopped_reason, row.stopped_at = said.by, said.reason, said.at
            self._tell(session, "stopped", name, said)
            return _as_switchback(row)

    def reach(self, name: str, number: int, *, on: bool, at: datetime, by: str) -> None:
        """Keep that all points hold what a block asks for."""
        with journal_errors(f"block {number} of {name} not kept"), writing(self._engine) as session:
            session.add(SwitchbackBlockRow(switchback_id=name, number=number, at=at))
            self._tell(session, "on" if on else "off", name, Said(by, f"block {number} reached", at), block=number)

    def _row(self, session: Session, name: str) -> SwitchbackRow:
        row = session.get(SwitchbackRow, name)
        if row is None or row.site_id != self._site_id:
            raise JournalError(f"no switchback {name!r}; `facility switchback show SITE` lists them")
        return row

    def _tell(self, session: Session, what: str, name: str, said: Said, **detail: str | int) -> None:
        known = {**detail, "reason": said.reason, "site": self._site_id}
        append_event(session, Event(said.at, f"switchback.{what}", name, said.by, known))


def _as_switchback(row: SwitchbackRow) -> Switchback:
    stopped = None
    if row.stopped_at is not None:
        stopped = Said(row.stopped_by or "", row.stopped_reason or "", row.stopped_at)
    return Switchback(
        id=row.id, recommendation=row.recommendation_id, begins=row.begins, pairs=row.pairs, block_h=row.block_h,
        wash_out_h=row.wash_out_h, seed=row.seed, by_hand=row.by_hand,
        started=Said(row.started_by, row.started_reason, row.started_at), stopped=stopped,
        reached={one.number: one.at for one in row.reached},
    )  # fmt: skip
