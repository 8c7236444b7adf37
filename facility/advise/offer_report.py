"""Offers and simulated events as rows: the same for a terminal, CSV, JSON and the API."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from facility.promises import Offer

Row = dict[str, object]
SOURCES = ("it", "cooling", "losses", "battery", "other")


def offer_row(one: Offer, zone: ZoneInfo) -> Row:
    """Return an offer as a row; times in the site's zone with their offset."""
    delivered_kwh = one.kw * ((one.end - one.start - one.ramp) / timedelta(hours=1))
    return {
        "start": _told(one.start, zone),
        "end": _told(one.end, zone),
        "notice_min": one.notice / timedelta(minutes=1),
        "price_per_kwh": one.price_per_kwh,
        "kw": one.kw,
        "expected_kw": one.expected_kw,
        "cost": one.cost,
        "cost_per_kwh": one.cost / delivered_kwh if delivered_kwh > 0.0 else None,
        "ramp_min": one.ramp / timedelta(minutes=1),
        **{f"{source}_kw": one.by_source_kw[source] for source in SOURCES},
        "recovery_peak_kw": one.recovery_peak_kw,
        "recovery_kwh": one.recovery_kwh,
    }


def _told(time: datetime, zone: ZoneInfo) -> str:
    return time.astimezone(zone).isoformat(timespec="minutes")
