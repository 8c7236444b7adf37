"""Demand response: the ten events by chance of a month, each lived from some hours before its notice until four hours after it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from facility.site_file import load_site
from tools.bench.respond_delivery import DEMO, event_days, rows_of_methods
from tools.bench.rows import Row
from tools.closed_loop.random_calls import Ask, random_asks

YEAR, MONTH, ZONE = 2023, 7, "DE-LU"  # whose price, carbon and weather it is
QUICK_EVENTS = 1


def run(quick: bool) -> list[Row]:
    """Measure; `quick` the first event."""
    asks = month_asks(load_site(DEMO).site.zone)
    return rows_of_methods([event_days(ask, ZONE) for ask in (asks[:QUICK_EVENTS] if quick else asks)])


def month_asks(zone: ZoneInfo) -> tuple[Ask, ...]:
    """Return the events."""
    return random_asks(YEAR, MONTH, zone)
