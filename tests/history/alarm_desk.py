"""An alarm system over a real database, and a process of it to be killed: raises and ends an alarm again and again.

Arguments: state folder, moment to begin at (ISO).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from facility.alarms.catalogue import CATALOGUE
from facility.alarms.judge import judge
from facility.alarms.notice import Channel
from facility.alarms.observation import Delays, Observation
from facility.history.alarm_book import AlarmBook
from facility.history.journal_database import open_database
from facility.state import StateFolder

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
HUMID = "hall_humid:hall-1"
MAIL = Channel("mail")


def humid(present: bool | None = True) -> Observation:
    return Observation("hall_humid", "hall-1", "hall-1", present, "dew point 17 degC, limit 15 degC")


class Desk:
    """Looks at the plant when told."""

    def __init__(self, url: str | None, folder: Path, now: datetime = NOW) -> None:
        self.book = AlarmBook(open_database(url, StateFolder(folder)), "demo")
        self.delays, self.now = Delays(), now

    def look(self, *seen: Observation, channels: Sequence[Channel] = (MAIL,), times: int = 7) -> None:
        for _ in range(times):
            self.now += timedelta(seconds=10)
            known = {alarm.id: alarm for alarm in self.book.alarms()}
            self.book.observe(judge(seen, CATALOGUE, known, self.delays, self.now), self.now, channels)


def main(root: Path, now: datetime) -> None:
    desk = Desk(None, root, now)
    while True:
        for present in (True, False):
            desk.look(humid(present))
            sys.stdout.write(f"{desk.now.isoformat()} {present}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2]))
