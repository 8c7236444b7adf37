"""Alarms on SQLite and PostgreSQL: what a restart and a kill leave, who may move what, and which notices wait."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from facility.alarms import machine
from facility.alarms.alarm import AlarmState, Priority, Said
from facility.alarms.notice import Channel
from facility.errors import JournalError
from facility.history.alarm_book import AlarmBook
from facility.history.alarm_outbox import GIVEN_UP_AFTER, KEPT, LONGEST_PAUSE, MOST_AT_ONCE, AlarmOutbox
from facility.history.alarm_tables import AlarmNoticeRow
from facility.history.journal import open_journal
from facility.history.journal_database import open_database
from facility.state import StateFolder
from tests.history.alarm_desk import HUMID, NOW, Desk, humid

_HOUSE = Path(__file__).parents[2]


@pytest.fixture
def desk(journal_url: str, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(journal_url, tmp_path)
    yield made
    made.book.close()


@pytest.fixture
def outbox(journal_url: str, tmp_path: Path) -> Iterator[AlarmOutbox]:
    with closing(AlarmOutbox(open_database(journal_url, StateFolder(tmp_path)), "demo")) as opened:
        yield opened


def said(desk: Desk, reason: str = "valve is replaced", hours: float | None = None) -> Said:
    return Said("R. Weber", reason, desk.now, None if hours is None else desk.now + timedelta(hours=hours))


def test_an_alarm_is_raised_acknowledged_and_ends_and_the_journal_tells_it(
    desk: Desk, journal_url: str, tmp_path: Path
) -> None:
    desk.look(humid())
    raised = desk.book.alarm(HUMID)
    assert (raised.state, raised.since) == (AlarmState.UNACKNOWLEDGED, NOW + timedelta(seconds=70))
    desk.book.move(HUMID, machine.acknowledge, said(desk))
    assert desk.book.alarm(HUMID).acknowledged == said(desk)
    desk.look(humid(False))
    desk.look(humid(False))
    assert desk.book.alarm(HUMID).state is AlarmState.NORMAL
    moves = [(move.before, move.after, move.actor, move.reason) for move in desk.book.moves(HUMID)]
    assert moves == [
        (AlarmState.NORMAL, AlarmState.UNACKNOWLEDGED, "alarms", ""),
        (AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED, "R. Weber", "valve is replaced"),
        (AlarmState.ACKNOWLEDGED, AlarmState.NORMAL, "alarms", ""),
    ]
    with closing(open_journal(journal_url, StateFolder(tmp_path))) as journal:
        events = journal.events(kind="alarm")
        assert journal.verify() is None
    assert [(event.kind, event.subject) for event in events] == [
        (f"alarm.{state}", HUMID) for state in ("unacknowledged", "acknowledged", "normal")
    ]
    assert events[0].detail["text"] == "dew point 17 degC, limit 15 degC"


def test_states_are_as_they_were_after_a_restart_and_nothing_is_told_twice(
    desk: Desk, outbox: AlarmOutbox, journal_url: str, tmp_path: Path
) -> None:
    desk.look(humid())
    before, notices = desk.book.alarms(), outbox.due("mail", desk.now)
    assert [one.body["what"] for one in notices] == ["raised"]
    again = Desk(journal_url, tmp_path, desk.now)
    with closing(again.book):
        again.look(humid())
        assert again.book.alarms() == before
    assert outbox.due("mail", again.now) == notices


def test_every_fact_of_an_alarm_survives(desk: Desk, journal_url: str, tmp_path: Path) -> None:
    desk.look(humid())
    for how, reason, hours in (
        (machine.acknowledge, "seen", None),
        (machine.shelve, "valve is replaced", 2.0),
        (machine.unshelve, "done", None),
        (machine.take_out_of_service, "sensor away", None),
        (machine.return_to_service, "sensor back", None),
    ):
        moved = desk.book.move(HUMID, how, said(desk, reason, hours))
        with closing(AlarmBook(open_database(journal_url, StateFolder(tmp_path)), "demo")) as fresh:
            assert fresh.alarm(HUMID) == moved


def test_a_shelved_alarm_comes_back_when_its_time_is_over(desk: Desk, outbox: AlarmOutbox) -> None:
    desk.look(humid())
    outbox.taken(outbox.due("mail", desk.now), desk.now)
    desk.book.move(HUMID, machine.shelve, said(desk, hours=1))
    desk.look(humid())
    assert desk.book.alarm(HUMID).state is AlarmState.SHELVED
    assert outbox.due("mail", desk.now) == []
    desk.now += timedelta(hours=1)
    desk.look(humid(), times=1)
    assert desk.book.alarm(HUMID).state is AlarmState.UNACKNOWLEDGED
    assert desk.book.moves(HUMID)[-1].reason == "the time on the shelf is over"
    assert [one.body["what"] for one in outbox.due("mail", desk.now)] == ["raised"]


def test_a_look_that_finds_nothing_new_writes_nothing(desk: Desk) -> None:
    desk.look(humid())
    moves = desk.book.moves(HUMID)
    desk.look(humid(), times=30)
    assert desk.book.moves(HUMID) == moves


def test_what_is_not_there_or_not_allowed_is_refused_and_changes_nothing(desk: Desk) -> None:
    with pytest.raises(JournalError, match="no alarm 'nope'; `facility alarms SITE --all`"):
        desk.book.move("nope", machine.acknowledge, said(desk))
    desk.look(humid())
    before = desk.book.alarms(), desk.book.moves(HUMID)
    with pytest.raises(JournalError, match="is unacknowledged and cannot be unshelved"):
        desk.book.move(HUMID, machine.unshelve, said(desk))
    assert (desk.book.alarms(), desk.book.moves(HUMID)) == before


def test_alarms_of_another_site_are_not_seen(desk: Desk, journal_url: str, tmp_path: Path) -> None:
    desk.look(humid())
    with closing(AlarmBook(open_database(journal_url, StateFolder(tmp_path)), "elsewhere")) as other:
        assert (other.alarms(), other.annunciated(NOW), other.moves(HUMID)) == ([], [], [])
        with pytest.raises(JournalError, match="no alarm"):
            other.alarm(HUMID)


def test_only_channels_that_take_so_low_a_priority_are_told(desk: Desk, outbox: AlarmOutbox) -> None:
    channels = (Channel("pager", Priority.HIGH), Channel("mail"), Channel("webhook", Priority.LOW))
    desk.look(humid(), channels=channels)
    assert [len(outbox.due(name, desk.now)) for name in ("pager", "mail", "webhook")] == [0, 1, 1]


def test_a_refused_notice_waits_longer_each_time_and_is_given_up_after_a_day(
    desk: Desk, outbox: AlarmOutbox, journal_url: str, tmp_path: Path
) -> None:
    desk.look(humid())
    now, pauses = desk.now, []
    while notices := outbox.due("mail", now):
        outbox.refused(notices, "no route to host", now)
        began = now
        while not outbox.due("mail", now) and now - began < timedelta(hours=1):
            now += timedelta(seconds=15)
        pauses.append(now - began)
    assert pauses[:4] == [timedelta(seconds=15 * 2**power) for power in range(4)]
    assert pauses[-2] == LONGEST_PAUSE
    assert GIVEN_UP_AFTER <= now - timedelta(hours=1) - desk.now < GIVEN_UP_AFTER + LONGEST_PAUSE
    assert outbox.oldest_waiting() is None
    with closing(open_journal(journal_url, StateFolder(tmp_path))) as journal:
        (event,) = journal.events(kind="notice")
    assert (event.kind, event.subject, event.detail["error"]) == ("notice.given_up", HUMID, "no route to host")


def test_what_was_taken_long_ago_is_forgotten(
    desk: Desk, outbox: AlarmOutbox, journal_url: str, tmp_path: Path
) -> None:
    desk.look(humid())
    assert outbox.oldest_waiting() == desk.now
    outbox.taken(outbox.due("mail", desk.now), desk.now)
    assert outbox.oldest_waiting() is None
    desk.look(humid(False))
    outbox.taken(outbox.due("mail", desk.now), desk.now + KEPT)
    engine = open_database(journal_url, StateFolder(tmp_path))
    with Session(engine) as session:
        assert [json.loads(body)["what"] for body in session.scalars(select(AlarmNoticeRow.body))] == ["returned"]
    engine.dispose()


def test_a_flood_is_told_in_parts(desk: Desk, outbox: AlarmOutbox) -> None:
    for _ in range(MOST_AT_ONCE):
        desk.look(humid())
        desk.look(humid(False))
    first = outbox.due("mail", desk.now)
    assert len(first) == MOST_AT_ONCE
    outbox.taken(first, desk.now)
    assert len(outbox.due("mail", desk.now)) == MOST_AT_ONCE


def _run_and_kill(root: Path, now: datetime, alive_s: float) -> datetime:
    """Start a desk, kill it some time after it has said something; return the moment that it had come to."""
    command = [sys.executable, "-m", "tests.history.alarm_desk", str(root), now.isoformat()]
    with subprocess.Popen(command, cwd=_HOUSE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None and child.stderr is not None
        heard = child.stdout.readline()
        assert heard, child.stderr.read()
        time.sleep(alive_s)
        child.kill()
        heard += child.stdout.read()
    return datetime.fromisoformat(heard.split("\n")[-2].split()[0])


@pytest.mark.parametrize("kills", [3, pytest.param(10, marks=pytest.mark.slow)])
def test_a_kill_leaves_each_move_with_its_notice_and_its_event(tmp_path: Path, kills: int) -> None:
    moments, now = random.Random(kills), NOW
    for _ in range(kills):
        now = _run_and_kill(tmp_path, now, moments.uniform(0.0, 0.5)) + timedelta(hours=1)
    state = StateFolder(tmp_path)
    engine = open_database(None, state)
    with Session(engine) as session:
        told = [json.loads(body)["what"] for body in session.scalars(select(AlarmNoticeRow.body))]
    with closing(AlarmBook(engine, "demo")) as book, closing(open_journal(None, state)) as journal:
        moves, events = book.moves(HUMID), journal.events(kind="alarm")
        assert journal.verify() is None
        assert book.alarm(HUMID).state is moves[-1].after
    # Nobody acknowledges: raised and returned in turn, whatever was killed in between.
    assert told == ["raised", "returned"] * (len(moves) // 2) + ["raised"] * (len(moves) % 2)
    assert [f"alarm.{move.after}" for move in moves] == [event.kind for event in events]
    assert len(moves) >= kills
