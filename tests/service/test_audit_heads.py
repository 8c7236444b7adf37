"""The head of the audit trail is exported once a day, tried again when that fails, and a failure that lasts is an alarm."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from facility.heartbeat import Heartbeat, read_health
from facility.history.audit_chain import heads_in
from facility.history.audit_trail import AuditTrail
from facility.history.journal import SqlJournal
from facility.records import Event
from facility.service.audit_heads import HeadExport
from facility.service.worker import Worker
from facility.site_audit import open_audit_trail
from facility.site_file import load_site
from facility.site_journal import open_site_journal
from facility.state import StateFolder
from tests.service.watched_site import DEMO, SetClock, WatchedSite, watched_site


class Day:
    """A worker over a journal, on a clock that is told what time it is."""

    def __init__(self, folder: Path) -> None:
        loaded, self.state, self.clock = load_site(DEMO), StateFolder(folder), SetClock()
        self.journal: SqlJournal = open_site_journal(loaded, self.state)
        self.trail: AuditTrail = open_audit_trail(loaded, self.state)
        self.worker = Worker(self.state, self.clock, Heartbeat(self.state, "alarms", self.clock), loaded)
        self.export = HeadExport(self.worker, self.trail)
        self.file = folder / "audit_heads" / "2026.txt"

    def look(self, hours: float = 0.0) -> None:
        self.clock.at += timedelta(hours=hours)
        self.journal.append(Event(self.clock.at, "device.failed", "meter-1", "poller"))
        self.export.look()

    def exported(self) -> list[int]:
        return [head.sequence for head in heads_in(self.file.read_text(encoding="utf-8"))]

    def said(self) -> Any:
        (health,) = read_health(self.state, self.clock.at)
        return health.detail["audit_head_error"]

    def close(self) -> None:
        self.journal.close()
        self.trail.close()


@pytest.fixture
def day(tmp_path: Path) -> Iterator[Day]:
    with closing(Day(tmp_path)) as opened:
        yield opened


def test_a_line_a_day_also_over_a_restart(day: Day) -> None:
    day.export.look()
    assert not day.file.exists()  # nothing has happened yet: there is no head
    for hours in (0, 6, 5, 1, 23, 1):
        day.look(hours)
    assert day.exported() == [1, 4, 6]
    day.export = HeadExport(day.worker, day.trail)
    day.look()
    assert day.exported() == [1, 4, 6]
    assert day.trail.verify(heads_in(day.file.read_text(encoding="utf-8"))).fault is None


def test_a_failure_is_said_and_tried_again(day: Day) -> None:
    day.file.parent.write_text("in the way", encoding="utf-8")
    day.look()
    assert "not written to" in day.said()
    day.file.parent.unlink()
    day.look()
    assert day.said() is None
    assert day.exported() == [2]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[WatchedSite]:
    with watched_site(tmp_path) as opened:
        yield opened


def test_a_failure_that_lasts_is_an_alarm(site: WatchedSite) -> None:
    site.said["alarms"] = {"audit_head_error": "disk full"}
    site.pass_by(minutes=9)
    assert site.alarms() == {}
    site.pass_by(minutes=2)
    assert site.alarms() == {"audit_head_missing:audit": "unacknowledged"}
    assert site.book.alarm("audit_head_missing:audit").text == "disk full"
    site.said["alarms"] = {"audit_head_error": None}
    site.look()
    assert site.alarms() == {"audit_head_missing:audit": "returned_unacknowledged"}
