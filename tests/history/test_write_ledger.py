"""The ledger of writes on SQLite and PostgreSQL: what survives, what counts, and what the events tell."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from facility.errors import JournalError, WriteRefusedError
from facility.history.journal import open_journal
from facility.history.journal_database import open_database
from facility.history.write_ledger import SqlWriteLedger
from facility.history.writer_lease import WriterLease
from facility.history.writer_seat import holder_name
from facility.ports import WriteLedger
from facility.records import Event, LocalOverride, LoggedWrite, Permit, PointStanding, WriteState
from facility.state import StateFolder
from tests.history.audited import old_journal
from tests.history.decisions import NOW

POINT = "crah-1.supply_air_temperature_setpoint_degc"
_HOUSE = Path(__file__).parents[2]


def opened(url: str, folder: Path, site: str = "demo") -> SqlWriteLedger:
    engine = open_database(url, StateFolder(folder))
    return SqlWriteLedger(engine, site, folder / "writing", WriterLease(engine, site, holder_name(StateFolder(folder))))


@pytest.fixture
def ledger(journal_url: str, tmp_path: Path) -> Iterator[SqlWriteLedger]:
    with closing(opened(journal_url, tmp_path)) as found:
        yield found


def write(number: int, *, minutes: float = 0.0, device: str = "controller", point: str = POINT) -> LoggedWrite:
    at = NOW + timedelta(minutes=minutes)
    return LoggedWrite(f"w{number}", point, device, at, 20.0 + number, 19.0, "R. Weber", "why", "06 00 00 00 d7")


def told(url: str, folder: Path) -> list[tuple[str, str, str]]:
    with closing(open_journal(url, StateFolder(folder))) as journal:
        assert journal.verify() is None
        return [(event.kind, event.subject, event.actor) for event in journal.events(kind="write")]


def test_a_write_is_kept_from_intent_to_outcome(ledger: WriteLedger, journal_url: str, tmp_path: Path) -> None:
    assert ledger.standing(POINT, NOW) == PointStanding(POINT)
    ledger.intend(write(1))
    assert ledger.standing(POINT, NOW) == PointStanding(POINT, last=write(1), writes_last_day=1)
    done = replace(write(1), state=WriteState.MISMATCHED, read_back=19.5, note="keeps its own")
    ledger.settle(done, NOW)
    with closing(opened(journal_url, tmp_path)) as again:
        assert again.standing(POINT, NOW).last == done
    assert told(journal_url, tmp_path) == [
        ("write.intended", POINT, "R. Weber"),
        ("write.mismatched", POINT, "R. Weber"),
    ]


def test_a_write_is_intended_once_and_settled_only_then(ledger: WriteLedger) -> None:
    ledger.intend(write(1))
    with pytest.raises(JournalError, match="not recorded"):
        ledger.intend(write(1))
    with pytest.raises(JournalError, match="no write 'w2' was intended"):
        ledger.settle(write(2), NOW)


def test_a_day_has_24_hours_and_refused_writes_do_not_count(ledger: WriteLedger) -> None:
    for number, minutes in enumerate((0, 30, 60)):
        ledger.intend(write(number, minutes=minutes))
        state = WriteState.REFUSED if number == 2 else WriteState.WRITTEN
        ledger.settle(replace(write(number, minutes=minutes), state=state), NOW)
    late = NOW + timedelta(days=1)
    counts = [ledger.standing(POINT, late + timedelta(minutes=minutes)).writes_last_day for minutes in (-1, 0, 29, 30)]
    assert counts == [2, 1, 1, 0]
    last = ledger.standing(POINT, late).last
    assert last is not None and last.id == "w1"


def test_intents_left_by_the_dead_are_in_doubt_once(ledger: WriteLedger, journal_url: str, tmp_path: Path) -> None:
    ledger.intend(write(1))
    ledger.intend(write(2, device="other"))
    ledger.settle(replace(write(2, device="other"), state=WriteState.WRITTEN, read_back=22.0), NOW)
    ledger.intend(write(3, device="other", point="crah-2.on_status"))
    assert [lost.id for lost in ledger.reconcile("controller", NOW)] == ["w1"]
    assert ledger.reconcile("controller", NOW) == []
    assert [lost.state for lost in ledger.reconcile("other", NOW)] == [WriteState.IN_DOUBT]
    assert [kind for kind, _, _ in told(journal_url, tmp_path)].count("write.in_doubt") == 2


def test_leave_is_given_and_taken_back(ledger: WriteLedger, journal_url: str, tmp_path: Path) -> None:
    permit = Permit("R. Weber", "commissioned", NOW, NOW + timedelta(days=2))
    ledger.allow(POINT, permit)
    assert ledger.standing(POINT, NOW).permit == permit
    assert permit.holds(NOW + timedelta(days=1)) and not permit.holds(NOW + timedelta(days=2))
    ledger.forbid(POINT, actor="A. Khan", reason="night work", at=NOW)
    assert ledger.standing(POINT, NOW).permit is None
    with pytest.raises(JournalError, match="was not allowed"):
        ledger.forbid(POINT, actor="A. Khan", reason="", at=NOW)
    assert told(journal_url, tmp_path) == [("write.allowed", POINT, "R. Weber"), ("write.forbidden", POINT, "A. Khan")]


def test_an_override_stays_until_a_person_clears_it(ledger: WriteLedger, journal_url: str, tmp_path: Path) -> None:
    override = LocalOverride(POINT, NOW, 21.0, 19.5)
    with pytest.raises(JournalError, match="not overridden"):
        ledger.clear(POINT, actor="A. Khan", reason="", at=NOW)
    ledger.overridden(override)
    with closing(opened(journal_url, tmp_path)) as again:
        assert again.standing(POINT, NOW).override == override
        again.clear(POINT, actor="A. Khan", reason="agreed", at=NOW + timedelta(minutes=1))
    standing = ledger.standing(POINT, NOW)
    assert (standing.override, standing.cleared_at) == (None, NOW + timedelta(minutes=1))
    assert told(journal_url, tmp_path) == [("write.overridden", POINT, "facility"), ("write.cleared", POINT, "A. Khan")]


def test_sites_that_share_a_journal_do_not_share_points(ledger: WriteLedger, journal_url: str, tmp_path: Path) -> None:
    ledger.allow(POINT, Permit("R. Weber", "", NOW, None))
    ledger.intend(write(1))
    with closing(opened(journal_url, tmp_path, "elsewhere")) as other:
        assert other.standing(POINT, NOW) == PointStanding(POINT)
        assert other.reconcile("controller", NOW) == []


def test_a_device_is_held_by_one_at_a_time(ledger: WriteLedger, journal_url: str, tmp_path: Path) -> None:
    with ledger.hold("controller"), closing(opened(journal_url, tmp_path)) as other:
        with pytest.raises(WriteRefusedError, match=r"process \d+ is writing to controller"), other.hold("controller"):
            pass
        with other.hold("another"):
            pass
    with ledger.hold("controller"):
        pass


_DIE_HOLDING = """
import os, pathlib, sys
from facility.history.device_hold import device_held
with device_held(pathlib.Path(sys.argv[1]), "controller"):
    os._exit(9)
"""


def test_the_dead_hold_nothing(tmp_path: Path, ledger: WriteLedger) -> None:
    command = [sys.executable, "-c", _DIE_HOLDING, str(tmp_path / "writing")]
    assert subprocess.run(command, check=False, cwd=_HOUSE).returncode == 9
    with ledger.hold("controller"):
        pass


def test_a_journal_of_the_version_before_is_brought_up_and_keeps_its_events(tmp_path: Path) -> None:
    state = StateFolder(tmp_path)
    old_journal(f"sqlite:///{state.journal}", [Event(NOW, "device.failed", "meter-1", "poller")], version="0001")
    with closing(opened(f"sqlite:///{state.journal}", tmp_path)) as ledger:
        ledger.allow(POINT, Permit("R. Weber", "", NOW, None))
    with closing(open_journal(None, state)) as journal:
        assert [event.kind for event in journal.events()] == ["device.failed", "write.allowed"]
        assert journal.verify() is None
