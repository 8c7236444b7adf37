"""The grid's events on SQLite and PostgreSQL: what is taken, moved and told, and that no kill loses or doubles one."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from facility.grid_event import GridEventKind, GridEventStanding
from facility.history.alarm_outbox import AlarmOutbox
from facility.history.audit_trail import AuditTrail, Wanted
from facility.history.grid_event_book import GridEventBook, UnknownGridEventError
from facility.history.hook_deliveries import KEPT as DELIVERIES_KEPT
from facility.history.hook_deliveries import Delivery, KeyReusedError, ReplayedError
from facility.history.journal_database import open_database
from facility.respond.event_state import Answer, GridEventError, GridEventState, Opt, Said
from facility.respond.reception import Outcome
from facility.state import StateFolder
from tests.history.grid_event_taker import open_book
from tests.respond.grid_events import NOW, SOURCE, START, changed, grid_event, hours

_HOUSE = Path(__file__).parents[2]
_STATE = GridEventState
ASKED = grid_event(program="asked")  # a person answers


@pytest.fixture
def book(journal_url: str, tmp_path: Path) -> Iterator[GridEventBook]:
    with closing(open_book(journal_url, tmp_path)) as opened:
        yield opened


@pytest.fixture
def trail(journal_url: str, tmp_path: Path) -> Iterator[AuditTrail]:
    engine = open_database(journal_url, StateFolder(tmp_path))
    yield AuditTrail(engine)
    engine.dispose()


@pytest.fixture
def outbox(journal_url: str, tmp_path: Path) -> Iterator[AlarmOutbox]:
    with closing(AlarmOutbox(open_database(journal_url, StateFolder(tmp_path)), "demo")) as opened:
        yield opened


def kinds(trail: AuditTrail) -> list[str]:
    return [one.event.kind for one in trail.oldest_first(Wanted(kind="dr"))]


def said(opt: Opt, at: datetime = NOW) -> Answer:
    return Answer(opt, Said("r.weber", "the tank is full", at))


def take(book: GridEventBook, event: object = ASKED, at: datetime = NOW) -> int:
    (reception,) = book.receive([event], at)  # type: ignore[list-item]
    assert reception.number is not None
    return reception.number


def test_a_person_answers_and_the_clock_moves_it(book: GridEventBook, trail: AuditTrail) -> None:
    number = take(book)
    assert book.event(number).state is _STATE.INVITED and book.promised() == []
    kept = book.answer(number, said(Opt.IN))
    assert kept.state is _STATE.OPTED_IN and book.promised() == [kept] == [book.event(number)]
    assert book.answer(number, said(Opt.IN, NOW + timedelta(minutes=1))) == kept  # the same again changes nothing
    assert book.keep_time(START - timedelta(seconds=1)) == []
    assert [one.state for one in book.keep_time(START)] == [_STATE.ACTIVE]
    assert [one.state for one in book.keep_time(kept.event.end)] == [_STATE.DONE]
    assert [(one.after, one.said.by) for one in book.moves(number)] == [
        (_STATE.INVITED, SOURCE), (_STATE.OPTED_IN, "r.weber"), (_STATE.ACTIVE, "clock"), (_STATE.DONE, "clock"),
    ]  # fmt: skip
    assert kinds(trail) == ["dr.invited", "dr.opted_in", "dr.active", "dr.done"]
    with pytest.raises(GridEventError, match="over"):
        book.answer(number, said(Opt.OUT, START))


def test_a_rule_answers_at_once_and_a_clock_that_was_away_catches_up(book: GridEventBook) -> None:
    number = take(book, grid_event())
    kept = book.event(number)
    assert kept.state is _STATE.OPTED_IN and kept.answer is not None and kept.answer.said.by == "standing rule"
    assert [one.state for one in book.keep_time(kept.event.end)] == [_STATE.ACTIVE, _STATE.DONE]


def test_what_nobody_answers_is_opted_out_when_its_time_comes(book: GridEventBook) -> None:
    first, second = take(book), take(book, replace(ASKED, id="e-2", answer_by=NOW + timedelta(minutes=5)))
    book.keep_time(NOW + timedelta(minutes=6))
    assert (book.event(first).state, book.event(second).state) == (_STATE.INVITED, _STATE.OPTED_OUT)
    with pytest.raises(GridEventError, match="was to be answered until"):
        book.answer(second, said(Opt.IN, NOW + timedelta(minutes=7)))
    book.keep_time(START + timedelta(seconds=1))
    assert book.event(first).state is _STATE.OPTED_OUT


def test_opting_out_is_possible_until_the_end(book: GridEventBook) -> None:
    number = take(book, grid_event())
    book.keep_time(START)
    assert book.answer(number, said(Opt.OUT, START + timedelta(minutes=90))).state is _STATE.OPTED_OUT
    assert book.promised() == []


def test_a_revision_that_asks_no_more_keeps_the_answer_and_one_that_asks_more_asks_again(book: GridEventBook) -> None:
    number = take(book)
    book.answer(number, said(Opt.IN))
    book.freeze(number, "[1]")
    later = NOW + timedelta(minutes=10)
    less = changed(ASKED, intervals=hours(70.0))
    assert take(book, less, later) == number and book.event(number).state is _STATE.OPTED_IN
    assert (book.baseline(number), book.event(number).noticed) == ("[1]", NOW)
    take(book, changed(less, intervals=hours(90.0)), later)
    kept = book.event(number)
    assert (kept.state, kept.answer, kept.noticed, book.baseline(number)) == (_STATE.INVITED, None, later, None)


def test_what_runs_and_is_put_off_stops_and_is_still_promised(book: GridEventBook, outbox: AlarmOutbox) -> None:
    event = grid_event((80.0, 80.0, 80.0))
    number = take(book, event)
    book.keep_time(START)
    take(book, changed(event, intervals=hours(80.0, start=START + timedelta(hours=2))), START + timedelta(minutes=1))
    assert book.event(number).state is _STATE.OPTED_IN and len(book.promised()) == 1
    told = [one.body["what"] for one in outbox.due("hook:slurm", START + timedelta(hours=1))]
    assert told == ["work.advance_notice", "work.reduce", "work.restore", "work.advance_notice"]


def test_hooks_outside_are_told_of_each_move(book: GridEventBook, outbox: AlarmOutbox) -> None:
    number = take(book, grid_event((2.0,), kind=GridEventKind.LEVEL))
    take(book, changed(book.event(number).event, standing=GridEventStanding.CANCELLED), NOW)
    life, work = (outbox.due(channel, NOW) for channel in ("hook:ops", "hook:slurm"))
    assert [one.body["what"] for one in life] == ["event.invited", "event.opted_in", "event.cancelled"]
    assert [one.body["what"] for one in work] == ["work.advance_notice", "work.withdrawn"]
    assert [one["kw"] for one in work[0].body["asks"]] == [100.0]
    test = replace(grid_event(name="test"), test=True)
    take(book, test)
    assert len(outbox.due("hook:slurm", NOW)) == 2 and book.promised() == []


def test_refused_events_change_nothing_and_are_told_to_the_audit(book: GridEventBook, trail: AuditTrail) -> None:
    number = take(book)
    kept, newest = book.event(number), book.newest_move()
    refused = [
        replace(ASKED, reason="other words"),
        replace(ASKED, id="x\n" * 400),
        replace(ASKED, id="e-9", program="other"),
        grid_event(name="past", start=NOW - timedelta(days=1)),
        grid_event(name="late", start=NOW + timedelta(minutes=1)),
        grid_event(name="far", start=NOW + timedelta(days=300)),
    ]
    outcomes = [one.outcome for one in book.receive([*refused, ASKED], NOW)]
    assert outcomes == [
        Outcome.CONTRADICTORY, Outcome.MALFORMED, Outcome.NOT_PERMITTED, Outcome.PAST, Outcome.LATE,
        Outcome.TOO_FAR_AHEAD, Outcome.REPEATED,
    ]  # fmt: skip
    assert (book.event(number), book.newest_move(), len(book.events())) == (kept, newest, 1)
    told = [one.event.detail.get("outcome") for one in trail.oldest_first(Wanted(kind="dr.refused"))]
    assert told == [one.value for one in outcomes[:-1]]
    assert trail.verify().fault is None


def test_a_cancelled_event_that_was_never_seen_does_not_come_to_life(book: GridEventBook) -> None:
    number = take(book, changed(ASKED, standing=GridEventStanding.CANCELLED))
    (reception,) = book.receive([ASKED], NOW)
    assert reception.outcome is Outcome.OUT_OF_DATE and book.event(number).state is _STATE.CANCELLED


def test_a_delivery_is_taken_once(book: GridEventBook) -> None:
    first = Delivery("aggregator", "sha256=aa", "digest", "key-1", NOW)
    (reception,) = book.receive([ASKED], NOW, first)
    with pytest.raises(ReplayedError):
        book.receive([ASKED], NOW, first)
    again = replace(first, signature="sha256=bb", at=NOW + timedelta(minutes=1))
    assert book.receive([ASKED], again.at, again) == [reception]  # as the first time
    with pytest.raises(KeyReusedError):
        book.receive([grid_event(name="e-2")], NOW, replace(first, signature="sha256=cc", digest="other"))
    assert len(book.events()) == 1
    other = replace(first, sender="other")
    assert [one.outcome for one in book.receive([ASKED], NOW, other)] == [Outcome.REPEATED]
    late = replace(first, signature="sha256=dd", key=None, at=NOW + 2 * DELIVERIES_KEPT)
    book.receive([], late.at, late)
    assert [one.outcome for one in book.receive([ASKED], NOW, first)] == [Outcome.REPEATED]  # forgotten, and harmless


def test_pages_and_what_is_not_there(book: GridEventBook, journal_url: str, tmp_path: Path) -> None:
    for index in range(5):
        take(book, grid_event(name=f"e-{index}"))
    first = book.events(limit=2)
    rest = book.events(before=first[-1].number)
    assert [one.event.id for one in (*first, *rest)] == [f"e-{index}" for index in (4, 3, 2, 1, 0)]
    with closing(open_book(journal_url, tmp_path, "another")) as other:
        assert other.events() == [] and other.newest_move() == 0
        with pytest.raises(UnknownGridEventError):
            other.answer(first[0].number, said(Opt.OUT))
    with pytest.raises(UnknownGridEventError):
        book.event(10_000)


def _run_and_kill(folder: Path, url: str, number: int, alive_s: float) -> list[str]:
    """Start a burst, kill it some time after its first word, and return what it said."""
    command = [sys.executable, "-m", "tests.history.grid_event_taker", str(folder), url, str(number)]
    with subprocess.Popen(command, cwd=_HOUSE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None and child.stderr is not None
        heard = child.stdout.readline()
        assert heard, child.stderr.read()
        time.sleep(alive_s)
        child.kill()
        return (heard + child.stdout.read()).split("\n")[:-1]


@pytest.mark.parametrize("kills", [2, pytest.param(8, marks=pytest.mark.slow)])
def test_a_burst_across_kills_loses_and_doubles_nothing(
    book: GridEventBook, trail: AuditTrail, journal_url: str, tmp_path: Path, kills: int
) -> None:
    burst, moments, said_taken = 1000, random.Random(kills), set()
    for _ in range(kills):
        for line in _run_and_kill(tmp_path, journal_url, burst, moments.uniform(0.0, 0.6)):
            index, outcome = line.split()
            assert outcome in {"new", "repeated"}
            said_taken.add(f"burst-{index}")
    kept = {one.event.id for one in book.events(limit=2 * burst)}
    assert said_taken <= kept and len(kept) < burst, "lost, or nothing was left to be killed"
    for begin in range(0, burst, 100):  # the sender sends them all again
        book.receive([grid_event(name=f"burst-{index}") for index in range(begin, begin + 100)], NOW)
    everything = book.events(limit=2 * burst)
    assert sorted(one.event.id for one in everything) == sorted(f"burst-{index}" for index in range(burst))
    assert all(one.state is _STATE.OPTED_IN for one in everything)
    # Each with its two moves and its two lines, whatever was killed in between.
    assert kinds(trail).count("dr.invited") == kinds(trail).count("dr.opted_in") == burst
    assert {len(book.moves(one.number)) for one in everything[:50]} == {2}
    assert trail.verify().fault is None
