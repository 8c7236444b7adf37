"""The journal on SQLite and PostgreSQL: one state machine, append-only, one winner, a chain that shows changes."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from facility.errors import JournalError
from facility.history.journal import SqlJournal, open_journal
from facility.records import TRANSITIONS, Event, RecommendationKind, RecommendationState
from facility.state import StateFolder
from tests.history.decisions import NOW, plan, recommendation

State = RecommendationState
_HOUSE = Path(__file__).parents[2]


@pytest.fixture
def journal(journal_url: str, tmp_path: Path) -> Iterator[SqlJournal]:
    with closing(open_journal(journal_url, StateFolder(tmp_path))) as opened:
        yield opened


def test_the_plan_at_a_time_is_the_newest_made_by_then(journal: SqlJournal) -> None:
    for number in (1, 2):
        journal.save_plan(plan(number), [], f"cycle-{number}")
    made = [plan(number).created for number in (1, 2)]
    assert journal.plan_at(made[0] - timedelta(seconds=1)) is None
    assert journal.plan_at(made[0]) == journal.plan_at(made[1] - timedelta(seconds=1)) == plan(1)
    assert journal.plan_at(made[1] + timedelta(days=30)) == plan(2)


def _states(journal: SqlJournal) -> dict[str, State]:
    return {found.id: found.state for found in journal.recommendations()}


def test_a_new_plan_supersedes_what_is_still_proposed(journal: SqlJournal) -> None:
    assert journal.latest_plan() is None
    first, second = plan(1), plan(2)
    journal.save_plan(first, [recommendation("a", first), recommendation("b", first)], "cycle-1")
    journal.transition("b", State.APPROVED, actor="Ada", reason="looks right", at=NOW)
    journal.save_plan(second, [recommendation("c", second), recommendation("d", second)], "cycle-2")
    assert journal.latest_plan() == second
    assert _states(journal) == {"c": State.PROPOSED, "d": State.PROPOSED, "a": State.SUPERSEDED, "b": State.APPROVED}
    assert [found.id for found in journal.recommendations()] == ["c", "d", "a", "b"]  # newest plan first, in its order
    assert [found.id for found in journal.recommendations(State.PROPOSED)] == ["c", "d"]
    assert journal.recommendations(State.APPROVED) == [replace(recommendation("b", first), state=State.APPROVED)]
    (move,) = journal.transitions("a")
    assert (move.before, move.after, move.reason) == (State.PROPOSED, State.SUPERSEDED, f"plan {second.id}")


def test_plans_of_another_site_are_left_alone(journal: SqlJournal) -> None:
    here, there = plan(1), plan(1, site_id="elsewhere")
    journal.save_plan(here, [recommendation("a", here)], "cycle-1")
    journal.save_plan(there, [recommendation("b", there)], "cycle-2")
    assert _states(journal)["a"] is State.PROPOSED


def test_a_plan_that_cannot_be_stored_changes_nothing(journal: SqlJournal) -> None:
    first, second = plan(1), plan(2)
    journal.save_plan(first, [recommendation("a", first)], "cycle-1")
    with pytest.raises(JournalError, match="plan demo-plan-2 not stored"):
        journal.save_plan(second, [recommendation("a", second)], "cycle-2")
    assert journal.latest_plan() == first
    assert _states(journal) == {"a": State.PROPOSED}
    assert journal.events() == []


def test_the_plan_stored_last_is_the_latest_even_if_the_clock_went_back(journal: SqlJournal) -> None:
    journal.save_plan(plan(5), [], "cycle-1")
    journal.save_plan(plan(3), [], "cycle-2")
    assert journal.latest_plan() == plan(3)


@pytest.mark.parametrize("before", list(State))
def test_exactly_the_allowed_moves_are_possible(before: State, tmp_path: Path) -> None:
    with closing(open_journal(None, StateFolder(tmp_path))) as journal:
        for after in State:
            one = plan(len(list(State)) + list(State).index(after))
            name = f"{before}-{after}"
            journal.save_plan(one, [replace(recommendation(name, one), state=before)], "cycle")
            if after in TRANSITIONS[before]:
                assert journal.transition(name, after, actor="Ada", reason="", at=NOW).state is after
            else:
                allowed = "that is final" if not TRANSITIONS[before] else "it may become"
                with pytest.raises(JournalError, match=f"is {before} and cannot become {after}: {allowed}"):
                    journal.transition(name, after, actor="Ada", reason="", at=NOW)
                assert journal.transitions(name) == []


def test_an_unknown_recommendation_is_named(journal: SqlJournal) -> None:
    with pytest.raises(JournalError, match="no recommendation 'nope'"):
        journal.transition("nope", State.APPROVED, actor="Ada", reason="", at=NOW)


def test_what_was_not_applied_in_time_expires(journal: SqlJournal) -> None:
    one = plan(0)
    names = {"proposed": 10, "approved": 10, "young": 90, "applied": 10}
    journal.save_plan(one, [recommendation(name, one, lasts=timedelta(minutes=m)) for name, m in names.items()], "c")
    for name in ("approved", "applied"):
        journal.transition(name, State.APPROVED, actor="Ada", reason="", at=NOW)
    journal.transition("applied", State.APPLIED, actor="service", reason="", at=NOW)
    assert journal.expire(NOW + timedelta(minutes=9)) == []
    assert [gone.id for gone in journal.expire(NOW + timedelta(minutes=10))] == ["proposed", "approved"]
    assert journal.expire(NOW + timedelta(minutes=10)) == []
    assert _states(journal) == {
        "proposed": State.EXPIRED,
        "approved": State.EXPIRED,
        "young": State.PROPOSED,
        "applied": State.APPLIED,
    }


def test_events_are_found_by_time_and_by_dotted_prefix(journal: SqlJournal) -> None:
    kinds = ["device.failed", "devices", "device", "site.reloaded", "device.failed.twice", "device%"]
    events = [Event(NOW + timedelta(seconds=n), kind, f"s{n}", "poller") for n, kind in enumerate(kinds)]
    for event in events:
        journal.append(event)
    assert journal.events() == events
    assert [event.kind for event in journal.events(kind="device")] == ["device.failed", "device", "device.failed.twice"]
    assert journal.events(kind="device.failed.") == [events[4]]  # only what stands under it
    assert journal.events(since=NOW + timedelta(seconds=3)) == events[3:]


def test_moves_are_events_too(journal: SqlJournal) -> None:
    one = plan(1)
    journal.save_plan(one, [recommendation("a", one)], "cycle-7")
    journal.transition("a", State.REJECTED, actor="Ada", reason="maintenance today", at=NOW)
    detail = {"from": "proposed", "to": "rejected", "reason": "maintenance today"}
    assert journal.events(kind="recommendation") == [
        Event(NOW, "recommendation.rejected", "a", "Ada", detail, "cycle-7")
    ]


@pytest.mark.parametrize("change", ["UPDATE events SET kind = 'x'", "DELETE FROM events", "DELETE FROM transitions"])
def test_the_database_refuses_to_change_the_record(journal_url: str, journal: SqlJournal, change: str) -> None:
    one = plan(1)
    journal.save_plan(one, [recommendation("a", one)], "cycle-1")
    journal.transition("a", State.APPROVED, actor="Ada", reason="", at=NOW)
    engine = create_engine(journal_url.replace("postgresql:", "postgresql+psycopg:"))
    with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(text(change))
    engine.dispose()
    assert len(journal.events()) == 1


@pytest.mark.parametrize(
    ("tampering", "found"),
    [
        ("UPDATE events SET body = replace(body, 'poller', 'nobody') WHERE sequence = 3", 3),
        ("UPDATE events SET kind = 'device.fine' WHERE sequence = 2", 2),
        ("DELETE FROM events WHERE sequence = 4", 5),
        ("UPDATE events SET hash = previous_hash WHERE sequence = 1", 1),
    ],
)
def test_the_chain_shows_what_was_changed_behind_our_back(tmp_path: Path, tampering: str, found: int) -> None:
    state = StateFolder(tmp_path)
    with closing(open_journal(None, state)) as journal:
        for number in range(6):
            journal.append(Event(NOW, "device.failed", f"device-{number}", "poller"))
        assert journal.verify() is None
        with closing(sqlite3.connect(state.journal)) as behind:
            for (trigger,) in behind.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                behind.execute(f"DROP TRIGGER {trigger}")
            behind.execute(tampering)
            behind.commit()
        assert journal.verify() == found


_RACE = """
import pathlib, sys
from facility.errors import JournalError
from facility.history.journal import open_journal
from facility.records import Event, RecommendationState
from facility.state import StateFolder
from tests.history.decisions import NOW
journal = open_journal(sys.argv[1], StateFolder(pathlib.Path(sys.argv[2])))
print("ready", flush=True)
sys.stdin.readline()
won = []
for number in range(20):
    try:
        to = RecommendationState(sys.argv[3])
        journal.transition(f"r{number}", to, actor=sys.argv[3], reason="", at=NOW)
        won.append(number)
    except JournalError as error:
        assert "cannot become" in str(error), error
    journal.append(Event(NOW, "race", str(number), sys.argv[3]))
print(won)
"""


def test_of_two_processes_exactly_one_wins_each_move(journal_url: str, journal: SqlJournal, tmp_path: Path) -> None:
    one = plan(1)
    journal.save_plan(one, [recommendation(f"r{number}", one) for number in range(20)], "cycle-1")
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", _RACE, journal_url, str(tmp_path), state.value],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=_HOUSE,
        )
        for state in (State.REJECTED, State.SUPERSEDED)
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    won = [eval(racer.communicate("go\n", timeout=60)[0]) for racer in racers]
    assert sorted(won[0] + won[1]) == list(range(20))
    assert all(len(journal.transitions(f"r{number}")) == 1 for number in range(20))
    assert len(journal.events(kind="race")) == 40
    assert journal.verify() is None


def test_a_reopened_journal_has_everything(journal_url: str, journal: SqlJournal, tmp_path: Path) -> None:
    one = plan(1)
    journal.save_plan(one, [recommendation("a", one)], "cycle-1")
    with closing(open_journal(journal_url, StateFolder(tmp_path))) as again:
        assert again.latest_plan() == one
        assert again.recommendations() == [recommendation("a", one)]


def test_sqlite_is_durable_and_shared(tmp_path: Path) -> None:
    state = StateFolder(tmp_path / "not yet there")
    with closing(open_journal(None, state)) as journal, journal._engine.connect() as connection:
        pragmas = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    assert state.journal.exists()


def test_a_journal_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    state = StateFolder(tmp_path)
    open_journal(None, state).close()
    with closing(sqlite3.connect(state.journal)) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
        database.commit()
    with pytest.raises(JournalError, match="newer version of facility"):
        open_journal(None, state)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nonsense", "journal url: expected postgresql://"),
        ("nosuch://host/db", "journal url: expected postgresql://"),
        ("postgresql://ada:s3cret@127.0.0.1:1/journal", "cannot be opened"),
    ],
)
def test_a_wrong_url_is_explained_without_its_password(tmp_path: Path, url: str, message: str) -> None:
    with pytest.raises(JournalError, match=message) as refused:
        open_journal(url, StateFolder(tmp_path))
    assert "s3cret" not in str(refused.value)


def test_a_file_that_is_no_database_is_explained(tmp_path: Path) -> None:
    state = StateFolder(tmp_path)
    state.journal.write_bytes(b"this is a letter to my grandmother, not a database" * 100)
    with pytest.raises(JournalError, match="file is not a database"):
        open_journal(None, state)


def test_a_plan_leaves_tries_proposed_and_new_tries_supersede_old_ones(journal: SqlJournal) -> None:
    def proposed() -> list[str]:
        return sorted(item.id for item in journal.recommendations(State.PROPOSED))

    first, second = plan(1), plan(2)
    tries = [
        replace(recommendation(name, first), kind=RecommendationKind.COMMISSIONING, begins=NOW, ends=NOW)
        for name in ("try-1", "try-2", "try-3")
    ]
    journal.save_plan(first, [recommendation("saves", first)], "cycle-1")
    journal.propose_tries(tries[:2], "commissioning-1")
    assert proposed() == ["saves", "try-1", "try-2"]
    journal.save_plan(second, [], "cycle-2")
    assert proposed() == ["try-1", "try-2"]
    journal.propose_tries(tries[2:], "commissioning-2")
    assert list(journal.recommendations(State.PROPOSED)) == tries[2:]


def test_tries_need_a_plan_beside_them(journal: SqlJournal) -> None:
    one = replace(recommendation("try", plan(7)), kind=RecommendationKind.COMMISSIONING)
    with pytest.raises(JournalError, match=r"no plan .*facility recommend"):
        journal.propose_tries([one], "commissioning-1")
    journal.propose_tries([], "commissioning-2")
    assert list(journal.recommendations()) == []


def test_corrections_replace_older_ones_and_end_with_their_plan(journal: SqlJournal) -> None:
    def proposed() -> list[str]:
        return sorted(item.id for item in journal.recommendations(State.PROPOSED))

    first, second = plan(1), plan(2)
    one, other, third = (
        replace(recommendation(name, first), kind=RecommendationKind.CORRECTION) for name in ("one", "other", "third")
    )
    journal.save_plan(first, [recommendation("saves", first)], "cycle-1")
    journal.correct_plan(first, [one], NOW)
    assert proposed() == ["one", "saves"]
    journal.correct_plan(first, [other], NOW)
    assert proposed() == ["other", "saves"]
    journal.correct_plan(first, [], NOW)  # the plan is followed again
    assert proposed() == ["saves"]
    journal.correct_plan(first, [third], NOW)
    journal.save_plan(second, [], "cycle-2")
    assert proposed() == []
