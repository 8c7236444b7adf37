"""The times at which a backtest plans: every so often from its begin, days by the clock on the wall."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd

from facility.errors import ConfigurationError
from facility.site import Site

_DAY = timedelta(days=1)


def windows(start: datetime, end: datetime, every: timedelta, site: Site) -> list[tuple[datetime, datetime]]:
    """Return origins with the end of what each is judged by: the next origin, or the end of its plan; UTC, at whole steps.

    Whole days keep the hour of the site's clock, so that one of them may have 23 or 25 hours.

    Raises
    ------
    ConfigurationError
        If a time has no zone, plans would be made too often or too rarely, or no step lies in the span.
    """
    for time in (start, end):
        if time.tzinfo is None:
            raise ConfigurationError(f"time {time.isoformat()} has no offset from UTC; add one, such as +00:00")
    horizon = timedelta(hours=site.planning.horizon_h)
    if every < site.step or every % site.step or every > horizon:
        raise ConfigurationError(f"--every: expected a multiple of {site.step}, and no more than a plan's {horizon}")
    bounds = [_aligned(start, site.step)]
    while bounds[-1] < end:
        bounds.append(_aligned(_later(start, len(bounds), every, site.zone), site.step))
    bounds[-1] = min(bounds[-1], _aligned(end, site.step))
    found = [(origin, min(later, origin + horizon)) for origin, later in itertools.pairwise(bounds) if origin < later]
    if not found:
        raise ConfigurationError(f"--from and --to: expected at least a step of {site.step} between them")
    return found


def _later(start: datetime, number: int, every: timedelta, zone: ZoneInfo) -> datetime:
    if every % _DAY:
        return start.astimezone(UTC) + number * every  # within a zone, Python adds by the clock on the wall
    on_the_wall = start.astimezone(zone).replace(tzinfo=None) + number * every
    return on_the_wall.replace(tzinfo=zone).astimezone(UTC)


def _aligned(time: datetime, step: timedelta) -> datetime:
    return pd.Timestamp(time).tz_convert(UTC).floor(step).to_pydatetime()
