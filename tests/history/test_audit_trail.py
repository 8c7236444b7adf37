"""The audit trail on SQLite and PostgreSQL: what was changed, removed, inserted, reordered or cut off is found and named."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from facility.errors import ConfigurationError, JournalError, SecretError
from facility.history.audit_chain import Head, heads_in
from facility.history.audit_keys import SETTING, AuditKeys
from facility.history.audit_rotation import rotate_key
from facility.history.audit_trail import Wanted
from facility.history.journal_codec import CHAIN_START, EVENT, sealed
from tests.history.audited import NOW, Audited, behind_its_back, event, old_journal, plain_engine, sqlite_time, tamper
from tests.history.decisions import plan, recommendation

_HOUSE = Path(__file__).parents[2]


@pytest.fixture
def audited(journal_url: str, tmp_path: Path) -> Iterator[Audited]:
    with closing(Audited(journal_url, tmp_path / "state")) as opened:
        opened.append(8)
        yield opened


def url_of(audited: Audited) -> str:
    assert audited.url is not None
    return audited.url


def test_a_chain_that_nobody_touched_is_whole_and_all_of_it_is_sealed(audited: Audited) -> None:
    verdict = audited.trail.verify()
    assert (verdict.events, verdict.sealed, verdict.unsealed, verdict.lost, verdict.fault) == (8, 8, 0, 0, None)
    assert verdict.head == audited.trail.head()
    assert verdict.head is not None
    assert verdict.head.sequence == 8


def test_an_empty_chain_is_whole(journal_url: str, tmp_path: Path) -> None:
    with closing(Audited(journal_url, tmp_path)) as empty:
        assert empty.trail.verify().events == 0
        assert empty.trail.head() is None
        assert empty.fault(Head(3, "a" * 64)) == (1, "and what followed is missing: event 3 was the head once")


TAMPERING = {
    "the text": ("UPDATE events SET body = replace(body, 'actor-2', 'nobody') WHERE sequence = 3", 3, "was changed"),
    "the kind": ("UPDATE events SET kind = 'device.fine' WHERE sequence = 2", 2, "another kind or time"),
    "the hash": ("UPDATE events SET hash = previous_hash WHERE sequence = 1", 1, "was changed"),
    "the key": ("UPDATE events SET key_id = NULL WHERE sequence = 5", 5, "is made with key none"),
    "removed": ("DELETE FROM events WHERE sequence = 4", 5, "does not follow event 3"),
    "removed at the start": ("DELETE FROM events WHERE sequence = 1", 2, "does not follow the start"),
    "inserted": (
        "INSERT INTO events (sequence, time, kind, body, previous_hash, hash, key_id) "
        "SELECT 9, time, kind, body, (SELECT hash FROM events WHERE sequence = 8), hash, key_id FROM events WHERE sequence = 3",
        9,
        "was changed, or was made without the key",
    ),
    "reordered": (
        "UPDATE events SET sequence = CASE sequence WHEN 3 THEN 40 ELSE sequence END",
        4,
        "does not follow event 2",
    ),
}


@pytest.mark.parametrize("how", TAMPERING)
def test_what_was_done_behind_our_back_is_found_at_the_first_event_that_is_not_right(
    audited: Audited, how: str
) -> None:
    statement, first, what = TAMPERING[how]
    tamper(url_of(audited), statement)
    found = audited.fault()
    assert found is not None
    assert found[0] == first
    assert what in found[1]


def test_what_cannot_even_be_read_is_found(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/journal.sqlite"
    with closing(Audited(url, tmp_path)) as audited:
        audited.append(8)
        tamper(url, "UPDATE events SET time = 'yesterday' WHERE sequence = 4")
        assert audited.fault() == (4, "cannot be read")


def test_whoever_has_the_database_and_not_the_key_cannot_make_the_chain_anew(audited: Audited) -> None:
    with behind_its_back(url_of(audited)) as engine, engine.begin() as connection:
        previous = CHAIN_START
        for sequence, body in connection.execute(text("SELECT sequence, body FROM events ORDER BY sequence")).all():
            changed = body.replace("actor-2", "nobody")
            digest = hashlib.sha256(f"{previous}\n{changed}".encode()).hexdigest()
            row = {"b": changed, "p": previous, "h": digest, "s": sequence}
            statement = "UPDATE events SET body = :b, previous_hash = :p, hash = :h, key_id = NULL WHERE sequence = :s"
            connection.execute(text(statement), row)
            previous = digest
    found = audited.fault()
    assert found is not None
    assert found[0] == 1
    assert "is made with key none" in found[1]


def test_what_was_cut_off_is_found_by_a_head_exported_before(audited: Audited) -> None:
    head = audited.trail.head()
    audited.append(2, first=8)
    assert audited.fault(head) is None
    tamper(url_of(audited), "DELETE FROM events WHERE sequence > 6")
    assert audited.fault() is None  # the chain alone cannot tell: this is what heads are for
    assert audited.fault(head) == (7, "and what followed is missing: event 8 was the head once")
    audited.append(4, first=20)
    found = audited.fault(head)
    assert found is not None
    assert found[1] in (
        "is another event than the one that was the head once",
        "event 8 before it, which was the head once, is not there",  # PostgreSQL gives no number twice
    )


def test_a_head_of_another_journal_is_not_on_the_chain(audited: Audited) -> None:
    assert audited.fault(Head(3, "a" * 64)) == (3, "is another event than the one that was the head once")


@pytest.mark.parametrize("table", ["events", "transitions"])
@pytest.mark.parametrize("change", ["UPDATE {} SET sequence = sequence + 1", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_database_refuses_to_change_the_record(audited: Audited, table: str, change: str) -> None:
    one = plan(1)
    audited.journal.save_plan(one, [recommendation("a", one)], "cycle-1")
    audited.journal.save_plan(plan(2), [], "cycle-2")
    engine = plain_engine(url_of(audited))
    if engine.dialect.name == "sqlite" and "TRUNCATE" in change:
        change = f"INSERT OR REPLACE INTO {{}} SELECT * FROM {table} LIMIT 1"
    with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(text(change.format(table)))
    engine.dispose()
    assert audited.trail.verify().events == 9


def test_events_from_before_there_was_a_key_stay_verifiable(journal_url: str, tmp_path: Path) -> None:
    old_journal(journal_url, [event(index) for index in range(4)])
    with closing(Audited(journal_url, tmp_path)) as audited:
        assert audited.trail.verify().unsealed == 4
        audited.append(3, first=4)
        verdict = audited.trail.verify()
        assert (verdict.unsealed, verdict.sealed, verdict.fault) == (4, 3, None)
        assert list(audited.journal.events())[3].time == event(3).time
        tamper(journal_url, "DELETE FROM events WHERE sequence > 3")
        found = audited.fault()  # without any head: the key knows after which event it began
        assert found is not None
        assert found[0] == 4
        assert "began after one that is not there" in found[1]


def test_the_key_is_private_and_outside_the_database(audited: Audited, tmp_path: Path) -> None:
    path = tmp_path / "state" / "audit.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    secret = json.loads(path.read_text(encoding="utf-8"))["keys"][0]["secret"]
    assert len(bytes.fromhex(secret)) == 32
    assert secret not in repr(AuditKeys(path).all())
    path.chmod(0o640)
    with closing(audited.again()) as again, pytest.raises(SecretError, match="chmod 600"):
        again.append(1)


def test_the_key_can_lie_elsewhere(journal_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, str(tmp_path / "elsewhere" / "key"))
    with closing(Audited(journal_url, tmp_path / "state")) as audited:
        audited.append(1)
        assert (tmp_path / "elsewhere" / "key").is_file()
        assert not (tmp_path / "state" / "audit.key").exists()
        assert audited.fault() is None


def test_who_has_another_key_or_none_does_not_fork_the_chain(audited: Audited, tmp_path: Path) -> None:
    with closing(audited.again(tmp_path / "other host")) as other:
        with pytest.raises(
            JournalError, match=r"audit\.key is not there: restore it, or name the file .* FACILITY_AUDIT_KEY_FILE"
        ):
            other.append(1)
        assert not (other.state.root / "audit.key").exists()
    own = tmp_path / "own"
    with closing(Audited(f"sqlite:///{own}.sqlite", own)) as stranger:
        stranger.append(1)
    with closing(audited.again(own)) as other, pytest.raises(JournalError, match="nothing is appended"):
        other.append(1)
    assert audited.trail.verify().events == 8


@pytest.mark.parametrize("damage", ["{", '{"keys": []}', '{"keys": [{"id": "ab", "after": "", "secret": "00"}]}'])
def test_a_damaged_key_is_told_and_not_shown(audited: Audited, tmp_path: Path, damage: str) -> None:
    path = tmp_path / "state" / "audit.key"
    path.write_text(damage, encoding="utf-8")
    with pytest.raises(SecretError, match="restore it") as refused:
        audited.trail.verify()
    assert damage not in str(refused.value)


def test_a_key_is_changed_while_another_process_appends(audited: Audited) -> None:
    with closing(audited.again()) as other:
        first = AuditKeys(audited.state.root / "audit.key").all()[0]
        new = rotate_key(other.engine, actor="Ada", reason="yearly", at=NOW)
        audited.append(2, first=8)
        last = list(audited.trail.newest_first(Wanted()))
        assert [one.link.key_id for one in last[:4]] == [new.id, new.id, new.id, first.id]
        assert last[2].event.kind == "audit.key_rotated"
        assert last[2].event.detail == {"reason": "yearly", "before": first.id, "loss_accepted": False}
        verdict = audited.trail.verify()
        assert (verdict.sealed, verdict.fault) == (11, None)


def test_a_process_that_dies_between_key_and_event_leaves_a_good_chain(audited: Audited) -> None:
    keys = AuditKeys(audited.state.root / "audit.key")
    (first,) = keys.all()
    head = audited.trail.head()
    assert head is not None
    keys.keep([first, replace(AuditKeys(Path(_another(audited))).all()[0], after=head.hash)])
    assert audited.fault() is None
    audited.append(2, first=8)
    rotate_key(audited.engine, actor="Ada", reason="again", at=NOW)
    assert (audited.trail.verify().sealed, audited.fault()) == (11, None)


def _another(audited: Audited) -> Path:
    folder = audited.state.root / "another"
    with closing(Audited(None, folder)) as other:
        other.append(1)
    return folder / "audit.key"


def test_a_lost_key_is_said_to_be_lost_and_the_chain_goes_on(audited: Audited) -> None:
    (audited.state.root / "audit.key").unlink()
    with pytest.raises(JournalError, match="is not there"):
        rotate_key(audited.engine, actor="Ada", reason="disk died", at=NOW)
    rotate_key(audited.engine, actor="Ada", reason="disk died", at=NOW, accept_loss=True)
    audited.append(1, first=8)
    verdict = audited.trail.verify()
    assert (verdict.lost, verdict.sealed, verdict.fault) == (8, 2, None)
    tamper(url_of(audited), "DELETE FROM events WHERE sequence = 4")
    assert audited.fault() == (5, "does not follow event 3: events were removed, inserted or reordered before it")


def test_a_journal_restored_from_before_the_key_was_changed_waits_for_a_person(audited: Audited) -> None:
    rotate_key(audited.engine, actor="Ada", reason="yearly", at=NOW)
    tamper(url_of(audited), "DELETE FROM events WHERE sequence > 6")
    with pytest.raises(JournalError, match="is of another journal or another time"):
        audited.append(1)
    rotate_key(audited.engine, actor="Ada", reason="restored of last night", at=NOW, accept_loss=True)
    verdict = audited.trail.verify()
    assert (verdict.sealed, verdict.fault) == (7, None)


def test_events_are_found_by_what_they_tell_of(audited: Audited) -> None:
    def numbers(wanted: Wanted, before: int | None = None) -> list[int]:
        return [one.link.sequence for one in audited.trail.newest_first(wanted, before)]

    assert numbers(Wanted()) == [8, 7, 6, 5, 4, 3, 2, 1]
    assert numbers(Wanted(kind="device"), before=6) == [5, 4, 2, 1]
    assert numbers(Wanted(kind="session.refused")) == [6, 3]
    assert numbers(Wanted(subject='Ünal "x" 50%_\\')) == [8, 6, 4, 2]
    assert numbers(Wanted(subject='ünal "x" 50%_\\')) == []
    assert numbers(Wanted(actor="actor-1")) == [7, 2]
    assert numbers(Wanted(since=event(2).time, until=event(5).time)) == [5, 4, 3]
    assert [one.link.sequence for one in audited.trail.oldest_first(Wanted(kind="device"), after=4)] == [5, 7, 8]
    assert audited.trail.count(Wanted(kind="device")) == 6
    assert audited.trail.count(Wanted()) == 8


def test_heads_are_read_from_what_was_exported() -> None:
    one, two = Head(7, "a" * 64), Head(9, "b" * 64)
    assert heads_in(f"2026-03-10T00:00:00+00:00 {one}\n2026-03-11T00:00:00+00:00 {two}\n") == [one, two]
    with pytest.raises(ConfigurationError, match="SEQUENCE:HASH"):
        heads_in("7")


_FILL = """
import sys, pathlib
from tests.history.audited import Audited
Audited(sys.argv[1], pathlib.Path(sys.argv[2])).append(40)
"""


def test_processes_that_begin_at_once_share_one_key(journal_url: str, tmp_path: Path) -> None:
    Audited(journal_url, tmp_path).close()
    command = [sys.executable, "-c", _FILL, journal_url, str(tmp_path)]
    started = [subprocess.Popen(command, cwd=_HOUSE, env=dict(os.environ)) for _ in range(2)]
    assert [process.wait(60) for process in started] == [0, 0]
    with closing(Audited(journal_url, tmp_path)) as audited:
        assert len(AuditKeys(tmp_path / "audit.key").all()) == 1
        assert (audited.trail.verify().sealed, audited.fault()) == (80, None)


@pytest.mark.slow
def test_a_long_chain_is_walked_in_little_memory(tmp_path: Path) -> None:
    with closing(Audited(None, tmp_path)) as audited:
        audited.append(1)
        (key,) = AuditKeys(tmp_path / "audit.key").all()
        head, rows = audited.trail.head(), []
        assert head is not None
        assert key.secret is not None
        previous = head.hash
        for index in range(1, 100_000):
            one = event(index)
            body = EVENT.dump(one)
            digest = sealed(key.secret, previous, body)
            rows.append({"t": sqlite_time(one.time), "k": one.kind, "b": body, "p": previous, "h": digest, "i": key.id})
            previous = digest
        statement = "INSERT INTO events (time, kind, body, previous_hash, hash, key_id) VALUES (:t, :k, :b, :p, :h, :i)"
        with audited.engine.begin() as connection:
            connection.execute(text(statement), rows)
        del rows
        tracemalloc.start()
        verdict = audited.trail.verify()
        _, peak_bytes = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert (verdict.sealed, verdict.fault) == (100_000, None)
        assert peak_bytes < 8e6  # all of it takes 80 MB
