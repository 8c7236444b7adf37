"""`facility audit` as an auditor uses it: is the trail whole, who did what, and all of it in a file."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from facility.cli import main
from facility.history.journal import SqlJournal
from facility.records import Event
from facility.site_file import load_site
from facility.site_journal import open_site_journal
from facility.state import StateFolder

Console = pytest.CaptureFixture[str]
NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
POINT = "crah-1.supply_air_temperature_setpoint_degc"


class Auditor:
    """Types commands and reads what they print."""

    def __init__(self, site: Path, console: Console) -> None:
        self._site, self._console = site, console
        self.state = StateFolder(site.parent / "state")

    def types(self, action: str, *words: str) -> tuple[int, str, str]:
        self._console.readouterr()
        code = main(["audit", action, str(self._site), *words, "--state", str(self.state.root)])
        said = self._console.readouterr()
        return code, said.out, said.err

    def reads(self, action: str, *words: str) -> Any:
        code, out, err = self.types(action, *words, "--format", "json")
        assert code == 0, err
        return json.loads(out)

    def tampers(self, statement: str) -> None:
        with closing(sqlite3.connect(self.state.journal)) as behind:
            for (trigger,) in behind.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                behind.execute(f"DROP TRIGGER {trigger}")
            behind.execute(statement)
            behind.commit()


@pytest.fixture
def journal(example_site: Path) -> Iterator[SqlJournal]:
    with closing(open_site_journal(load_site(example_site), StateFolder(example_site.parent / "state"))) as opened:
        told: tuple[tuple[str, str, str, dict[str, str | float]], ...] = (
            ("write.intended", POINT, "R. Weber", {"value": 18.0, "reason": "too warm"}),
            ("write.written", POINT, "R. Weber", {"value": 18.0, "read_back": float("nan")}),
            ("session.refused", "=cmd|' /C calc'!A0", "10.0.0.7", {}),
            ("device.failed", "meter-1", "poller", {"reason": "timed out"}),
        )
        for index, (kind, subject, actor, detail) in enumerate(told):
            opened.append(Event(NOW + timedelta(hours=index), kind, subject, actor, {**detail}))
        yield opened


@pytest.fixture
def auditor(example_site: Path, journal: SqlJournal, capsys: Console) -> Auditor:
    return Auditor(example_site, capsys)


def test_a_whole_trail_exits_with_0(auditor: Auditor) -> None:
    code, out, _ = auditor.types("verify")
    assert code == 0
    assert out.startswith("Whole: 4 events, 4 of them sealed with a key that is here.\nHead: 4:")
    assert auditor.reads("verify")["whole"] is True


def test_a_changed_event_is_named_and_exits_with_1(auditor: Auditor) -> None:
    auditor.tampers("UPDATE events SET body = replace(body, 'R. Weber', 'P. Smith') WHERE sequence = 2")
    code, out, _ = auditor.types("verify")
    assert code == 1
    assert out.startswith(
        "NOT WHOLE: event 2 was changed, or was made without the key.\nThe 1 events before it are well."
    )
    code, out, _ = auditor.types("verify", "--format", "json")
    assert code == 1
    assert (json.loads(out)["first_wrong"], json.loads(out)["whole"]) == (2, False)


def test_what_was_cut_off_shows_by_a_head_given_as_a_word_or_in_a_file(auditor: Auditor, tmp_path: Path) -> None:
    _, head, _ = auditor.types("head")
    kept = tmp_path / "kept.txt"
    auditor.types("head", "--output", str(kept))
    assert kept.read_text(encoding="utf-8") == head
    assert auditor.types("verify", "--head", head.strip())[0] == 0
    auditor.tampers("DELETE FROM events WHERE sequence = 4")
    assert auditor.types("verify")[0] == 0
    for given in (head.strip(), str(kept)):
        code, out, _ = auditor.types("verify", "--head", given)
        assert code == 1
        assert "event 4 and what followed is missing: event 4 was the head once" in out


def test_a_head_that_is_none_is_wrong_usage(auditor: Auditor) -> None:
    code, _, err = auditor.types("verify", "--head", "12")
    assert code == 2
    assert "SEQUENCE:HASH" in err


def test_without_its_key_the_trail_is_not_called_changed(auditor: Auditor) -> None:
    (auditor.state.root / "audit.key").write_text("not a key", encoding="utf-8")
    code, out, err = auditor.types("verify")
    assert (code, out) == (2, "")
    assert "restore it" in err


def test_events_are_listed_by_what_they_tell_of(auditor: Auditor) -> None:
    def numbers(*words: str) -> list[int]:
        return [row["sequence"] for row in auditor.reads("list", *words)]

    assert numbers() == [4, 3, 2, 1]
    assert numbers("--kind", "write") == [2, 1]
    assert numbers("--subject", POINT, "--kind", "write.written") == [2]
    assert numbers("--actor", "R. Weber", "--limit", "1") == [2]
    assert numbers("--since", "2026-03-10T13:00+00:00", "--until", "2026-03-10T15:00+00:00") == [3, 2]
    first = auditor.reads("list", "--kind", "write.written")[0]
    assert first["detail"] == {"value": 18.0, "read_back": "nan"}
    assert "too warm" in auditor.types("list")[1]
    assert auditor.types("list", "--actor", "nobody")[1] == "No events.\n"
    assert len(list(csv.DictReader(io.StringIO(auditor.types("list", "--format", "csv")[1])))) == 4
    assert auditor.types("list", "--limit", "0")[0] == 2


def test_exports_say_what_they_are_and_hold_what_each_hash_is_of(auditor: Auditor, tmp_path: Path) -> None:
    head = auditor.types("head")[1].strip()
    _, out, _ = auditor.types("export")
    said, _, rest = out.partition("\n")
    assert "site example" in said
    assert f"head {head}" in said
    assert "zone UTC" in said
    rows = list(csv.DictReader(io.StringIO(rest)))
    assert [row["sequence"] for row in rows] == ["1", "2", "3", "4"]
    assert rows[0]["time [UTC]"] == "2026-03-10T12:00:00.000000Z"
    assert rows[2]["subject"] == "'=cmd|' /C calc'!A0"  # a name that somebody typed to sign in is no formula
    lines = [
        json.loads(line) for line in auditor.types("export", "--format", "jsonl", "--kind", "write")[1].splitlines()
    ]
    assert lines[0]["audit_trail"]["head"] == head
    assert [line["sequence"] for line in lines[1:]] == [1, 2]
    path = tmp_path / "trail.parquet"
    assert auditor.types("export", "--format", "parquet", "--output", str(path))[0] == 0
    table = pq.read_table(path)
    assert table.schema.metadata[b"facility.head"] == head.encode()
    assert [row["body"] for row in table.to_pylist()] == [row["body"] for row in rows]
    assert table.to_pylist()[3]["time"] == NOW + timedelta(hours=3)
    assert auditor.types("export", "--format", "parquet")[0] == 2


def test_an_empty_export_is_one_too(auditor: Auditor, tmp_path: Path) -> None:
    path = tmp_path / "none.parquet"
    assert auditor.types("export", "--actor", "nobody", "--format", "parquet", "--output", str(path))[0] == 0
    assert pq.read_table(path).num_rows == 0
    assert len(auditor.types("export", "--actor", "nobody")[1].splitlines()) == 2


def test_the_key_is_changed_and_who_did_it_is_told(auditor: Auditor) -> None:
    code, out, _ = auditor.types("rotate-key", "--by", "Ada", "--reason", "Bob has left")
    assert code == 0
    assert "from now on" in out
    told = auditor.reads("list", "--kind", "audit")[0]
    assert (told["actor"], told["detail"]["reason"]) == ("Ada", "Bob has left")
    assert auditor.reads("verify")["sealed"] == 5


def test_a_lost_key_is_accepted_by_a_person_only(auditor: Auditor) -> None:
    (auditor.state.root / "audit.key").unlink()
    code, _, err = auditor.types("rotate-key", "--reason", "disk died")
    assert code == 1
    assert "is not there" in err
    assert auditor.types("rotate-key", "--reason", "disk died", "--accept-loss")[0] == 0
    code, out, _ = auditor.types("verify")
    assert code == 0
    assert "4 were sealed with a key that is lost" in out
