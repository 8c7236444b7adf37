"""Decisions on SQLite and PostgreSQL: two people where it is risky, one winner of a race, all in the chain."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from facility.history.journal import SqlJournal, open_journal
from facility.history.journal_database import open_database
from facility.history.review_book import ReviewBook
from facility.records import Plan, Recommendation, RecommendationState
from facility.review.decision import Decider, Decision
from facility.review.refusals import DecisionRefusedError, UnknownRecordError, WrongWordsError
from facility.state import StateFolder
from tests.history.decisions import NOW, plan, recommendation

State = RecommendationState
ADA, BOB = Decider.known_as("ada", "ada"), Decider.known_as("bob", "bob")
ADAS = Decider.known_as("token:0f0f", "ada")
_HOUSE = Path(__file__).parents[2]


def risky(name: str, of: Plan) -> Recommendation:
    return replace(recommendation(name, of), quantity="chillers_staged_command", current=2.0, recommended=1.0)


@pytest.fixture
def journal(journal_url: str, tmp_path: Path) -> Iterator[SqlJournal]:
    with closing(open_journal(journal_url, StateFolder(tmp_path))) as opened:
        one = plan(1)
        opened.save_plan(one, [recommendation("plain", one), risky("risky", one)], "cycle-1")
        yield opened


@pytest.fixture
def book(journal: SqlJournal, journal_url: str, tmp_path: Path) -> Iterator[ReviewBook]:
    with closing(ReviewBook(open_database(journal_url, StateFolder(tmp_path)), "demo")) as opened:
        yield opened


def approve(book: ReviewBook, who: Decider, *ids: str, minutes: int = 0) -> list[State]:
    at = NOW + timedelta(minutes=minutes)
    decided = book.decide(ids, Decision.APPROVE, who, reason=f"{who.name} agrees", at=at)
    return [one.recommendation.state for one in decided]


def test_the_second_person_approves_and_the_journal_has_both(journal: SqlJournal, book: ReviewBook) -> None:
    assert approve(book, ADA, "risky") == [State.PROPOSED]
    assert approve(book, BOB, "risky", minutes=1) == [State.APPROVED]
    found = book.found("risky")
    (first,) = found.standing.endorsements
    (move,) = found.moves
    assert (first.by, first.reason, first.at) == (ADA, "ada agrees", NOW)
    assert (move.before, move.after, move.by, move.reason) == (State.PROPOSED, State.APPROVED, "bob", "bob agrees")
    events = journal.events(kind="recommendation")
    assert [(one.kind, one.subject, one.actor, one.correlation_id) for one in events] == [
        ("recommendation.endorsed", "risky", "ada", "cycle-1"),
        ("recommendation.approved", "risky", "bob", "cycle-1"),
    ]
    assert events[0].detail == {"persons": '["ada"]', "reason": "ada agrees"}
    assert journal.verify() is None


def test_nobody_approves_twice_by_a_machine_either(book: ReviewBook) -> None:
    assert approve(book, ADAS, "risky") == [State.PROPOSED]
    for who in (ADA, ADAS):
        with pytest.raises(DecisionRefusedError, match="was approved by token:0f0f"):
            approve(book, who, "risky")
    assert len(book.found("risky").standing.endorsements) == 1


def test_of_several_all_are_decided_or_none(journal: SqlJournal, book: ReviewBook) -> None:
    approve(book, ADA, "risky")
    for ids in (("plain", "risky"), ("plain", "nope")):
        with pytest.raises((DecisionRefusedError, UnknownRecordError)):
            approve(book, ADA, *ids)
        assert book.found("plain").standing.recommendation.state is State.PROPOSED
    assert approve(book, BOB, "plain", "risky", "plain") == [State.APPROVED, State.APPROVED]
    assert len(journal.events(kind="recommendation")) == 3


def test_a_rejection_ends_it_and_takes_an_approval_back(book: ReviewBook) -> None:
    approve(book, ADA, "risky")
    approve(book, BOB, "plain")
    book.decide(["risky", "plain"], Decision.REJECT, ADA, reason="the crane is here today", at=NOW)
    for name in ("risky", "plain"):
        with pytest.raises(DecisionRefusedError, match="is rejected already"):
            approve(book, BOB, name)
    with pytest.raises(WrongWordsError, match="say why"):
        book.decide(["risky"], Decision.REJECT, ADA, reason=" ", at=NOW)


def test_an_expired_one_is_expired_when_it_is_decided_about(book: ReviewBook) -> None:
    approve(book, ADA, "risky")
    late = round((recommendation("x", plan(1)).expires - NOW) / timedelta(minutes=1))
    for name in ("risky", "plain"):
        with pytest.raises(DecisionRefusedError, match="is expired already"):
            approve(book, BOB, name, minutes=late)
        assert [move.after for move in book.found(name).moves] == [State.EXPIRED]


def test_a_new_plan_that_proposes_the_same_keeps_the_first_approval(journal: SqlJournal, book: ReviewBook) -> None:
    approve(book, ADA, "risky")
    journal.save_plan(plan(2), [recommendation("plain-2", plan(2)), risky("again", plan(2))], "cycle-2")
    with pytest.raises(DecisionRefusedError, match="is superseded already"):
        approve(book, BOB, "risky")
    journal.save_plan(plan(3), [risky("third", plan(3))], "cycle-3")
    assert book.found("third").standing.still_needed == 1
    with pytest.raises(DecisionRefusedError, match="was approved by ada, the same person as token:0f0f"):
        approve(book, ADAS, "third", minutes=50)
    assert approve(book, BOB, "third", minutes=50) == [State.APPROVED]
    (first,) = book.found("third").standing.endorsements
    assert (first.by, first.reason, first.at) == (ADA, "ada agrees", NOW)
    told = journal.events(kind="recommendation.carried")
    assert [(one.subject, one.actor, one.detail["given_to"]) for one in told] == [
        ("again", "ada", "risky"),
        ("third", "ada", "again"),
    ]
    assert journal.verify() is None


@pytest.mark.parametrize(
    "changes",
    [
        {"recommended": 0.0},  # further
        {"points": ("crah-2.supply_air_temperature_setpoint_degc",)},
        {"equipment": "plant-2"},
        {"current": 0.0},  # the other way
        {"current": None},
        {"site_revision": "def456"},
    ],
)
def test_an_approval_holds_for_no_other_change(
    journal: SqlJournal, book: ReviewBook, changes: dict[str, object]
) -> None:
    approve(book, ADA, "risky")
    journal.save_plan(plan(2), [replace(risky("again", plan(2)), **changes)], "cycle-2")  # type: ignore[arg-type]
    assert (book.found("again").standing.endorsements, journal.events(kind="recommendation.carried")) == ((), [])


def test_what_is_decided_or_asks_for_one_person_takes_nothing_over(journal: SqlJournal, book: ReviewBook) -> None:
    approve(book, ADA, "risky")
    book.decide(["risky"], Decision.REJECT, BOB, reason="not today", at=NOW)
    journal.save_plan(plan(2), [risky("again", plan(2))], "cycle-2")
    assert book.found("again").standing.still_needed == 2


def test_who_saw_another_state_decides_nothing(book: ReviewBook) -> None:
    approve(book, ADA, "plain")
    with pytest.raises(DecisionRefusedError, match="is approved, not proposed as it was seen"):
        book.decide(["plain"], Decision.REJECT, BOB, reason="late", at=NOW, expected=State.PROPOSED)
    (decided,) = book.decide(["plain"], Decision.REJECT, BOB, reason="late", at=NOW, expected=State.APPROVED)
    assert decided.recommendation.state is State.REJECTED


def test_what_is_of_another_site_is_not_known(journal: SqlJournal, book: ReviewBook) -> None:
    there = plan(1, site_id="elsewhere")
    journal.save_plan(there, [recommendation("theirs", there)], "cycle-1")
    for ask in (lambda: approve(book, ADA, "theirs"), lambda: book.comment("theirs", "ada", "hm", NOW)):
        with pytest.raises(UnknownRecordError, match="'theirs'"):
            ask()
    with pytest.raises(UnknownRecordError):
        book.found("theirs")
    assert [one.recommendation.id for one in book.listed()] == ["plain", "risky"]


def test_comments_stay_and_are_in_the_chain(journal: SqlJournal, book: ReviewBook) -> None:
    book.comment("plain", "ada", " is the crane booked? ", NOW)
    book.comment("plain", "bob", "yes", NOW + timedelta(minutes=1))
    assert [(one.by, one.text) for one in book.found("plain").comments] == [
        ("ada", "is the crane booked?"),
        ("bob", "yes"),
    ]
    assert book.found("risky").comments == []
    assert [one.detail for one in journal.events(kind="recommendation.commented")] == [
        {"text": "is the crane booked?"},
        {"text": "yes"},
    ]
    assert journal.verify() is None


@pytest.mark.parametrize("table", ["endorsements", "recommendation_comments"])
@pytest.mark.parametrize("change", ["UPDATE {} SET actor = 'x'", "DELETE FROM {}"])
def test_the_database_refuses_to_change_them(journal_url: str, book: ReviewBook, table: str, change: str) -> None:
    approve(book, ADA, "risky")
    book.comment("plain", "ada", "hm", NOW)
    engine = create_engine(journal_url.replace("postgresql:", "postgresql+psycopg:"))
    with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(text(change.format(table)))
    engine.dispose()


def test_pages_join_into_the_whole(journal: SqlJournal, book: ReviewBook) -> None:
    approve(book, ADA, "risky")
    for number in (3, 2):  # the clock went back: what was stored last is newest
        one = plan(number)
        journal.save_plan(one, [recommendation(f"{number}-{each}", one) for each in range(3)], "cycle")

    def ids(**wanted: object) -> list[str]:
        return [one.recommendation.id for one in book.listed(**wanted)]  # type: ignore[arg-type]

    whole = ["2-0", "2-1", "2-2", "3-0", "3-1", "3-2", "plain", "risky"]
    assert ids() == whole
    for size in range(1, 9):
        pages, last = [], None
        while page := ids(limit=size, before=last):
            pages.append(page)
            last = page[-1]
        assert [name for page in pages for name in page] == whole
        assert {len(page) for page in pages[:-1]} <= {size}
    assert ids(state=State.PROPOSED) == whole[:3]
    assert ids(plan_id=plan(1).id) == whole[6:]
    assert [len(one.endorsements) for one in book.listed(limit=2, before="3-2")] == [0, 1]
    with pytest.raises(UnknownRecordError):
        ids(before="nope")


_RACE = """
import pathlib, sys
from facility.history.journal_database import open_database
from facility.history.review_book import ReviewBook
from facility.review.decision import Decider, Decision
from facility.review.refusals import DecisionRefusedError
from facility.state import StateFolder
from tests.history.decisions import NOW
book = ReviewBook(open_database(sys.argv[1], StateFolder(pathlib.Path(sys.argv[2]))), "demo")
who = Decider.known_as(*sys.argv[3:])
print("ready", flush=True)
sys.stdin.readline()
done = []
for number in range(20):
    try:
        (one,) = book.decide([f"r{number}"], Decision.APPROVE, who, reason="", at=NOW)
        done.append(one.recommendation.state.value)
    except DecisionRefusedError as error:
        assert "needs another person" in str(error) or "is approved already" in str(error), error
        done.append("refused")
print(done)
"""


def race(journal_url: str, folder: Path, racers: Sequence[Sequence[str]]) -> list[list[str]]:
    """Let several processes approve r0 to r19 at once; return what each was told."""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", _RACE, journal_url, str(folder), *names],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=_HOUSE,
        )
        for names in racers
    ]
    for racer in running:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in running:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    return [ast.literal_eval(racer.communicate(timeout=60)[0]) for racer in running]


def test_of_three_people_at_once_one_endorses_one_approves_and_one_is_late(
    journal_url: str, journal: SqlJournal, book: ReviewBook, tmp_path: Path
) -> None:
    one = plan(2)
    journal.save_plan(one, [risky(f"r{number}", one) for number in range(20)], "cycle-2")
    told = race(journal_url, tmp_path, [("ada", "ada"), ("bob", "bob"), ("eve", "eve")])
    for number, three in enumerate(zip(*told, strict=True)):
        assert sorted(three) == ["approved", "proposed", "refused"]
        found = book.found(f"r{number}")
        (move,), (first,) = found.moves, found.standing.endorsements
        assert move.by != first.by.name
    assert journal.verify() is None


def test_one_person_at_two_keyboards_at_once_is_one_person(
    journal_url: str, journal: SqlJournal, book: ReviewBook, tmp_path: Path
) -> None:
    one = plan(2)
    journal.save_plan(one, [risky(f"r{number}", one) for number in range(20)], "cycle-2")
    told = race(journal_url, tmp_path, [("ada", "ada"), ("token:0f0f", "ada")])
    assert {tuple(sorted(two)) for two in zip(*told, strict=True)} == {("proposed", "refused")}
    assert all(one.still_needed == 1 for one in book.listed(plan_id=one.id))
