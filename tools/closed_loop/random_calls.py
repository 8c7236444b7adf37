"""Ten events a month by chance, for `--events`: `python -m tools.closed_loop.random_calls SITE 2025-07 --site-kw 300 > calls.csv`.

Days, hours, notice and size hang on the month and the seed alone, so that whoever asks for the same gets the same.
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from facility.site_file import load_site
from tools.closed_loop.grid_calls import COLUMNS, GridCall

EVENTS, SEED = 10, 8
EARLIEST_H, LATEST_H = 7, 18  # of the site's clock: when an event begins
HOURS, NOTICES_H = (1, 2, 3), (0.5, 1.0, 2.0, 4.0)
SHARES = (0.05, 0.25)  # of what the site draws
PENALTY_PER_KWH = 5.0


@dataclass(frozen=True, slots=True)
class Ask:
    """An event before anybody knows what the site draws: when it is told, begins and ends, and which share it asks for."""

    told: datetime
    start: datetime
    end: datetime
    share: float

    def call(self, site_kw: float) -> GridCall:
        """Return it for a site that draws so much."""
        return GridCall(self.told, self.start, self.end, round(self.share * site_kw, 1), PENALTY_PER_KWH)


def random_asks(year: int, month: int, zone: ZoneInfo, seed: int = SEED) -> tuple[Ask, ...]:
    """Return the events of a month, each on a day of its own, in their order."""
    draw = random.Random(f"events/{year}-{month:02}/{seed}")
    days = sorted(draw.sample(range(1, monthrange(year, month)[1] + 1), EVENTS))
    return tuple(_ask(draw, datetime(year, month, day, tzinfo=zone)) for day in days)


def _ask(draw: random.Random, midnight: datetime) -> Ask:
    start = midnight.replace(hour=draw.randint(EARLIEST_H, LATEST_H))
    end = start + timedelta(hours=draw.choice(HOURS))
    return Ask(start - timedelta(hours=draw.choice(NOTICES_H)), start, end, round(draw.uniform(*SHARES), 3))


def main(words: Sequence[str] | None = None) -> int:
    """Write the events of a month as CSV."""
    parser = argparse.ArgumentParser(prog="python -m tools.closed_loop.random_calls")
    parser.add_argument("site", type=Path, metavar="SITE", help="site file: its zone counts")
    parser.add_argument("month", type=lambda text: date.fromisoformat(f"{text}-01"), metavar="YYYY-MM")
    parser.add_argument(
        "--site-kw", type=float, required=True, metavar="KW", help="what the site draws, of which events ask shares"
    )
    parser.add_argument("--seed", type=int, default=SEED, metavar="K", help=f"another choice (default: {SEED})")
    given = parser.parse_args(words)
    asks = random_asks(given.month.year, given.month.month, load_site(given.site).site.zone, given.seed)
    table = csv.writer(sys.stdout)
    table.writerow(COLUMNS)
    for one in (ask.call(given.site_kw) for ask in asks):
        table.writerow([one.told.isoformat(), one.start.isoformat(), one.end.isoformat(), one.kw, one.penalty_per_kwh])
    return 0


if __name__ == "__main__":
    sys.exit(main())
