"""Weather files for tests, written as their formats say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

HEADER = "LOCATION,Testville,-,DEU,Test,123450,52.5,13.4,{offset},40.0\n" + "X\n" * 7
DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def write_epw(path: Path, dry_bulb: Callable[[int], float], dew_point: float = 5.0, offset: float = 1.0) -> Path:
    """Write a typical year; `dry_bulb` is asked for each hour of the year from 0."""
    lines, number = [], 0
    for month, days in enumerate(DAYS, start=1):
        for day in range(1, days + 1):
            for hour in range(1, 25):
                lines.append(f"2001,{month},{day},{hour},0,?,{dry_bulb(number):.2f},{dew_point},50,101325\n")
                number += 1
    path.write_text(HEADER.format(offset=offset) + "".join(lines), encoding="utf-8")
    return path


def write_weather(path: Path, start: datetime, days: int, dry_bulb_degc: float = 15.0) -> Path:
    """Write a CSV file of hours from a start."""
    rows = [f"{(start + timedelta(hours=hour)).isoformat()},{dry_bulb_degc},60" for hour in range(24 * days)]
    path.write_text("time,dry_bulb_degc,relative_humidity_pct\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path
