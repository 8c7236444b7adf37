"""What is kept of stand-ins, on both databases: one a point, until a time or until a person ends it, each change with its event."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from facility.errors import JournalError
from facility.history.dispatch_records import Said
from facility.history.journal import SqlJournal
from facility.history.journal_database import open_database
from facility.history.stand_in_book import StandInBook, new_stand_in
from facility.state import StateFolder
from tests.history.decisions import NOW

HOUR = timedelta(hours=1)
POINT, OTHER = "rack-01.inlet_temperature_degc", "rack-02.inlet_temperature_degc"
SAID = Said("R. Weber", "the probe hangs loose", NOW)


@pytest.fixture
def journal(journal_url: str, tmp_path: Path) -> Iterator[SqlJournal]:
    with closing(SqlJournal(open_database(journal_url, StateFolder(tmp_path)))) as opened:
        yield opened


@pytest.fixture
def book(journal: SqlJournal, journal_url: str, tmp_path: Path) -> Iterator[StandInBook]:
    with closing(StandInBook(open_database(journal_url, StateFolder(tmp_path)), "demo")) as opened:
        yield opened


def test_one_holds_until_its_time(book: StandInBook) -> None:
    one = new_stand_in(POINT, SAID, NOW + HOUR, value=23.5)
    book.begin(one)
    assert book.holding(NOW) == [one]
    assert book.holding(NOW + HOUR) == []
    assert book.between(NOW + HOUR / 2, NOW + 9 * HOUR) == [one]
    assert book.between(NOW + HOUR, NOW + 9 * HOUR) == []
    with pytest.raises(JournalError, match=f"nothing stands in for {POINT}"):
        book.end(POINT, Said("S. Kim", "mended", NOW + 2 * HOUR))


def test_one_is_ended_or_replaced_and_the_audit_trail_tells(book: StandInBook, journal: SqlJournal) -> None:
    first = new_stand_in(POINT, SAID, NOW + 8 * HOUR, value=23.5)
    second = new_stand_in(POINT, Said("S. Kim", "its neighbour knows", NOW + HOUR), NOW + 8 * HOUR, source=OTHER)
    beside = new_stand_in(OTHER, SAID, NOW + 8 * HOUR, value=22.0)
    for one in (first, beside, second):
        book.begin(one)
    assert [one.id for one in book.holding(NOW + HOUR)] == [second.id, beside.id]
    book.end(POINT, Said("S. Kim", "mended", NOW + 2 * HOUR))
    assert [one.id for one in book.holding(NOW + 2 * HOUR)] == [beside.id]
    kept = {one.id: (one.ended_by, one.ends) for one in book.between(NOW, NOW + 9 * HOUR)}
    assert kept[first.id] == ("S. Kim", NOW + HOUR)
    assert kept[second.id] == ("S. Kim", NOW + 2 * HOUR)
    told = [(event.kind, event.subject, event.detail.get("value")) for event in journal.events(kind="stand_in")]
    assert told == [
        ("stand_in.begun", POINT, 23.5),
        ("stand_in.begun", OTHER, 22.0),
        ("stand_in.ended", POINT, None),
        ("stand_in.begun", POINT, None),
        ("stand_in.ended", POINT, None),
    ]
    assert journal.verify() is None


def test_another_site_in_the_same_database_has_its_own(book: StandInBook, journal_url: str, tmp_path: Path) -> None:
    book.begin(new_stand_in(POINT, SAID, NOW + HOUR, value=23.5))
    with closing(StandInBook(open_database(journal_url, StateFolder(tmp_path)), "elsewhere")) as other:
        assert other.holding(NOW) == []
        with pytest.raises(JournalError):
            other.end(POINT, SAID)
