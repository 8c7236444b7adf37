"""A process to be killed: takes a burst of events, each in a delivery of its own, and says which it has taken.

Arguments: state folder, journal's address (`-`: in the state folder), how many. Each time it begins anew it sends them all.
"""

from __future__ import annotations

import sys
from pathlib import Path
from zoneinfo import ZoneInfo

from facility.history.grid_event_book import GridEventBook
from facility.history.journal_database import open_database
from facility.state import StateFolder
from tests.respond.grid_events import NOW, SETTINGS, grid_event


def open_book(url: str | None, folder: Path, site_id: str = "demo") -> GridEventBook:
    return GridEventBook(open_database(url, StateFolder(folder)), site_id, SETTINGS, ZoneInfo("Europe/Berlin"))


def main(folder: Path, url: str | None, number: int) -> None:
    book = open_book(url, folder)
    for index in range(number):
        (reception,) = book.receive([grid_event(name=f"burst-{index}")], NOW)
        sys.stdout.write(f"{index} {reception.outcome.value}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), None if sys.argv[2] == "-" else sys.argv[2], int(sys.argv[3]))
