"""What is kept of dispatch, on SQLite and PostgreSQL: it survives, and each change is told once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from facility.errors import JournalError
from facility.history.dispatch_book import DispatchBook
from facility.history.dispatch_records import (
    LIVE,
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
from facility.history.journal import SqlJournal
from facility.history.journal_database import open_database
from facility.state import StateFolder
from tests.history.decisions import NOW, plan, recommendation

SAID, LATER = Said("R. Weber", "a reason", NOW), Said("S. Kim", "another", NOW + timedelta(minutes=5))
POINT = "crah-1.supply_air_temperature_setpoint_degc"


class Kept:
    """The book and the journal of one database, opened anew when asked."""

    def __init__(self, url: str, folder: Path, open_: ExitStack) -> None:
        self._url, self._folder, self._open = url, folder, open_
        self.journal = SqlJournal(self._engine())
        self._open.callback(self.journal.close)

    def book(self, site: str = "demo") -> DispatchBook:
        found = DispatchBook(self._engine(), site)
        self._open.callback(found.close)
        return found

    def told(self) -> list[tuple[str, str, str]]:
        assert self.journal.verify() is None
        return [(event.kind, event.subject, event.actor) for event in self.journal.events(kind="dispatch")]

    def _engine(self) -> Engine:
        return open_database(self._url, StateFolder(self._folder))


@pytest.fixture
def kept(journal_url: str, tmp_path: Path) -> Iterator[Kept]:
    with ExitStack() as open_:
        yield Kept(journal_url, tmp_path, open_)


def test_a_new_site_begins_in_advise_and_what_is_set_survives(kept: Kept) -> None:
    assert kept.book().posture() == Posture(Mode.ADVISE)
    kept.book().set_mode(Mode.AUTO, SAID)
    kept.book().suspend(Said("dispatch", "leak", NOW))
    kept.book().suspend(LATER)  # what held it up first stays the reason
    kept.book().veto(LATER)
    found = kept.book().posture()
    assert found == Posture(Mode.AUTO, SAID, Said("dispatch", "leak", NOW), LATER)
    assert kept.book("other").posture() == Posture(Mode.ADVISE)
    kept.book().resume(LATER)
    kept.book().lift_veto(LATER)
    assert kept.book().posture() == Posture(Mode.AUTO, SAID)
    for undo in (kept.book().resume, kept.book().lift_veto):
        with pytest.raises(JournalError, match="there is no"):
            undo(LATER)
    kinds = ["mode", "suspended", "vetoed", "resumed", "veto_lifted"]
    assert [kind for kind, _, _ in kept.told()] == [f"dispatch.{kind}" for kind in kinds]
    (moded,) = kept.journal.events(kind="dispatch.mode")
    assert (moded.detail["before"], moded.detail["mode"], moded.detail["reason"]) == ("advise", "auto", SAID.reason)


def test_a_lock_out_names_person_and_end_and_ends_by_itself(kept: Kept) -> None:
    until = NOW + timedelta(hours=1)
    kept.book().lock_out(LockOut("crah-1", SAID, until))
    assert kept.book().lock_outs(NOW) == {"crah-1": LockOut("crah-1", SAID, until)}
    assert kept.book().lock_outs(until) == {}
    assert [one.equipment for one in kept.book().expired_lock_outs(until)] == ["crah-1"]
    assert kept.book().expired_lock_outs(NOW) == []
    kept.book().return_to_service("crah-1", LATER)  # also after it has ended: somebody has looked
    assert kept.book().expired_lock_outs(until) == []
    with pytest.raises(JournalError, match="not locked out"):
        kept.book().return_to_service("crah-1", Said("R. Weber", "again", until))
    assert kept.book().lock_outs(NOW) == {}
    assert kept.told() == [
        ("dispatch.locked_out", "crah-1", "R. Weber"),
        ("dispatch.returned_to_service", "crah-1", "S. Kim"),
    ]


def test_the_last_test_of_a_reversion_counts(kept: Kept) -> None:
    first = ReversionTest(POINT, "bms", SAID, NOW + timedelta(days=180), False, 60.0, None, "it stayed")
    again = replace(first, said=LATER, passed=True, took_s=41.5, note="")
    kept.book().record_test(first)
    kept.book().record_test(again)
    assert kept.book().reversion_tests() == {POINT: again}
    assert again.holds(NOW) and not again.holds(again.expires) and not first.holds(NOW)
    assert len(kept.told()) == 2


def test_an_application_is_opened_once_and_kept_point_by_point(kept: Kept) -> None:
    kept.journal.save_plan(plan(1), [recommendation("r-1", plan(1))], "c")
    one = Application(
        id="r-1", equipment="hall-1", quantity="supply_air_temperature_setpoint_degc", value=22.0, unit="degC",
        saving_kw=recommendation("r-1", plan(1)).saving_kw, ordered=SAID, state=ApplicationState.WRITING, since=NOW,
        measured={"site.power_kw": 410.5}, targets=(Target(POINT), Target("crah-2.x")),
    )  # fmt: skip
    kept.book().open([one])
    with pytest.raises(JournalError, match="ordered already"):
        kept.book().open([one])
    moving = replace(one, targets=(Target(POINT, TargetState.MOVING, 18.0, "a note"), one.targets[1]))
    kept.book().keep(moving, SAID)  # no change of its state: not told
    assert kept.book().applications() == [moving]
    back = replace(moving, state=ApplicationState.ROLLED_BACK, since=LATER.at, why="another")
    kept.book().keep(back, LATER)
    assert kept.book().applications(LIVE) == [] and kept.book().applications() == [back]
    assert kept.told() == [("dispatch.ordered", "r-1", "R. Weber"), ("dispatch.rolled_back", "r-1", "S. Kim")]
