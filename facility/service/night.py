"""When the night's work begins."""

from __future__ import annotations

from datetime import datetime, timedelta

NIGHTLY_AT_H = 3  # in site time


def next_night(local: datetime) -> datetime:
    """Return the next time after `local` (in site time) that the clock on the wall shows the nightly hour."""
    tonight = local.replace(hour=NIGHTLY_AT_H, minute=0, second=0, microsecond=0)
    return tonight if tonight > local else tonight + timedelta(days=1)
