"""Signals refuse times without a zone: on two nights a year nobody could tell which hour is meant."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from facility.errors import SignalError
from facility.signals.outlook import PRICE, SiteSignals
from tests.closed_loop.making import START, toy_site
from tools.closed_loop.memory_telemetry import MemoryTelemetry

QUARTER = timedelta(minutes=15)


@pytest.mark.parametrize("naive", ["issued", "start"])
def test_a_naive_time_is_refused(naive: str) -> None:
    toy = toy_site()
    times: dict[str, datetime] = {"issued": START, "start": START}
    times[naive] = times[naive].replace(tzinfo=None)
    signals = SiteSignals(toy, MemoryTelemetry(toy.points, toy.revision))
    with pytest.raises(SignalError, match="no offset from UTC"):
        signals.forecast(PRICE, times["issued"], times["start"], 4, QUARTER)


def test_the_23_hour_day_has_23_hours_of_prices() -> None:
    toy = toy_site()
    signals = SiteSignals(toy, MemoryTelemetry(toy.points, toy.revision))
    midnight = datetime(2026, 3, 29, tzinfo=toy.site.zone)
    day = signals.forecast(PRICE, midnight, midnight, 92, QUARTER)
    assert day.times[-1].astimezone(toy.site.zone).isoformat() == "2026-03-29T23:45:00+02:00"
    assert (day.values == 0.32).sum() == 20  # 16:00 to 21:00 by the clock on the wall
