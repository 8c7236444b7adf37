"""Durations of ISO 8601, with the bound that the site sets to those without an end."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

# P9999Y is the standard's infinity. An event that holds until it is cancelled is kept as one of ten years.
LONGEST = timedelta(days=3650)
_ISO = re.compile(
    r"P(?=\d|T\d)(?:(\d{1,4})Y)?(?:(\d{1,6})M)?(?:(\d{1,7})([DW]))?"
    r"(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?)?"
)


@dataclass(frozen=True, slots=True)
class Duration:
    """So many months by the calendar, and then so much time."""

    months: int
    rest: timedelta

    @property
    def is_zero(self) -> bool:
        """Whether it lasts no time at all."""
        return not self.months and not self.rest

    def after(self, start: datetime) -> datetime:
        """Return when it ends; what lasts longer than `LONGEST` ends then."""
        if self.months >= LONGEST.days // 28 or self.rest >= LONGEST:
            return start + LONGEST
        years, month = divmod(start.month - 1 + self.months, 12)
        year, month = start.year + years, month + 1
        day = min(start.day, calendar.monthrange(year, month)[1])
        return min(start.replace(year=year, month=month, day=day) + self.rest, start + LONGEST)


ENDLESS = Duration(12 * 9999, timedelta(0))
NONE = Duration(0, timedelta(0))


def read_duration(text: str) -> Duration:
    """Return the duration that a text gives.

    Raises
    ------
    ValueError
        If it is none, or negative.
    """
    match = _ISO.fullmatch(text)
    if match is None:
        raise ValueError("expected a duration of ISO 8601 that is not negative, such as PT1H")
    years, months, days, unit, hours, minutes, seconds = match.groups()
    whole_days = int(days or 0) * (7 if unit == "W" else 1)
    rest = timedelta(days=whole_days, hours=int(hours or 0), minutes=int(minutes or 0), seconds=float(seconds or 0))
    return Duration(12 * int(years or 0) + int(months or 0), rest)
