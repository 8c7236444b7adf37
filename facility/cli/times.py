"""Times and spans on a command line: ISO in the site's zone, relative to now (`-2h`), or `now`."""

from __future__ import annotations

import argparse
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from facility.errors import ConfigurationError

_UNITS = {"s": "seconds", "min": "minutes", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(s|min|m|h|d|w)")


def allow_relative_times(parser: argparse.ArgumentParser) -> None:
    """Let `-2h` be a value: argparse takes it for an option unless it looks like a negative number, which it now does."""
    parser._negative_number_matcher = re.compile(r"^-\d")


def time_of(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """Return the time that a text means, in UTC.

    Raises
    ------
    ConfigurationError
        If it means none.
    """
    if text == "now":
        return now
    if text.startswith("-"):
        return now - span_of(text[1:], "time")
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(
            f"time {text!r}: expected ISO such as 2026-07-01T06:00 or 2026-07-01T06:00+02:00, relative such as -2h, or now"
        ) from None
    return (time if time.tzinfo else time.replace(tzinfo=zone)).astimezone(UTC)


def period_of(start: str, end: str, now: datetime, zone: ZoneInfo, names: tuple[str, str]) -> tuple[datetime, datetime]:
    """Return the times of a period.

    Raises
    ------
    ConfigurationError
        If one means none, or the first is not before the second; `names` are what the options are called.
    """
    first, last = time_of(start, now, zone), time_of(end, now, zone)
    if first >= last:
        raise ConfigurationError(f"{names[0]} {start} must be before {names[1]} {end}")
    return first, last


def span_of(text: str, what: str) -> timedelta:
    """Return the span that a text means; `what` is what it is called.

    Raises
    ------
    ConfigurationError
        If it means none.
    """
    match = _SPAN.fullmatch(text.strip())
    if match is None or float(match[1]) == 0:
        raise ConfigurationError(f"{what} {text!r}: expected a number and s, min, h, d or w, such as 15min")
    return timedelta(**{_UNITS[match[2]]: float(match[1])})
