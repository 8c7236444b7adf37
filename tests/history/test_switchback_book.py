"""What is kept of switchbacks, on both databases: one at a time, each change with its event."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from facility.errors import JournalError
from facility.history.dispatch_records import Said
from facility.history.journal import SqlJournal
from facility.history.journal_database import open_database
from facility.history.switchback_book import SwitchbackBook
from facility.history.switchback_records import Switchback
from facility.state import StateFolder
from tests.history.decisions import NOW, plan, recommendation

SAID, LATER = Said("R. Weber", "is it worth it?", NOW), Said("S. Kim", "enough", NOW + timedelta(hours=9))
ONE = Switchback("sb1", "rec-1", NOW, 6, 4.0, 1.0, 2**31 - 1, False, SAID)


@pytest.fixture
def journal(journal_url: str, tmp_path: Path) -> Iterator[SqlJournal]:
    with closing(SqlJournal(open_database(journal_url, StateFolder(tmp_path)))) as opened:
        opened.save_plan(plan(1), [recommendation("rec-1", plan(1))], "c")
        yield opened


@pytest.fixture
def book(journal: SqlJournal, journal_url: str, tmp_path: Path) -> Iterator[SwitchbackBook]:
    with closing(SwitchbackBook(open_database(journal_url, StateFolder(tmp_path)), "demo")) as opened:
        yield opened


def test_one_is_started_reached_and_stopped(book: SwitchbackBook, journal: SqlJournal) -> None:
    book.start(ONE)
    assert book.running() == ONE == book.one("sb1")
    at = NOW + timedelta(minutes=20)
    book.reach("sb1", 0, on=ONE.blocks[0].on, at=at, by="dispatch")
    stopped = book.stop("sb1", LATER)
    assert stopped == replace(ONE, reached={0: at}, stopped=LATER) == book.one("sb1")
    assert (book.running(), stopped.ends) == (None, LATER.at)
    side = "on" if ONE.blocks[0].on else "off"
    told = [(event.kind, event.actor) for event in journal.events(kind="switchback")]
    assert told == [
        ("switchback.started", "R. Weber"),
        (f"switchback.{side}", "dispatch"),
        ("switchback.stopped", "S. Kim"),
    ]
    assert journal.verify() is None


def test_one_runs_at_a_time_and_ends_once(book: SwitchbackBook) -> None:
    book.start(ONE)
    with pytest.raises(JournalError, match="sb1 runs"):
        book.start(replace(ONE, id="sb2"))
    book.stop("sb1", LATER)
    with pytest.raises(JournalError, match="is over: enough"):
        book.stop("sb1", LATER)
    with pytest.raises(JournalError, match="no switchback 'sb9'"):
        book.one("sb9")
    book.start(replace(ONE, id="sb2"))
    assert [one.id for one in book.all()] == ["sb1", "sb2"]


def test_blocks_follow_from_the_seed() -> None:
    number = ONE.number_at(NOW + timedelta(hours=9))
    assert number == 2 and ONE.span(ONE.blocks[2])[0] == NOW + timedelta(hours=8)
    assert ONE.number_at(ONE.ends) is None and ONE.ends == NOW + timedelta(hours=48)
    assert ONE.made(ONE.block_id(3)) and not ONE.made("sb11-3") and not ONE.made("rec-1")
