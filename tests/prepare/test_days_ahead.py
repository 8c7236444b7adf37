"""PUE of the coming days by the meters alone, on a site whose overhead fell by two fifths one day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pytest

from facility.errors import NotEnoughDataError
from facility.prepare.days_ahead import predict_days
from facility.site_file import LoadedSite, load_site
from tests.cycle.lived_in import changed_site
from tools.closed_loop.memory_telemetry import MemoryTelemetry

FIRST = date(2026, 3, 1)  # with a day of 23 hours to come
DAYS, REBUILT_AFTER, NIGHT_MISSING = 75, 60, 20
IT_KW, OVERHEAD_KW, LESS_KW = 250.0, 100.0, 60.0


@pytest.fixture(scope="module")
def hourly(tmp_path_factory: pytest.TempPathFactory) -> LoadedSite:
    folder: Path = tmp_path_factory.mktemp("hourly")
    return load_site(changed_site(folder, {"planning": {"step_min": 60}}))


def midnight(hourly: LoadedSite, day: int) -> datetime:
    return datetime.combine(FIRST + timedelta(days=day), time(), hourly.site.zone).astimezone(UTC)


@pytest.fixture(scope="module")
def telemetry(hourly: LoadedSite) -> MemoryTelemetry:
    readings, random = MemoryTelemetry(hourly.points, hourly.site.id), np.random.default_rng(1)
    racks = [rack.id for hall in hourly.site.halls for rack in hall.racks]
    for day in range(DAYS):
        work, weather = random.normal(1.0, 0.02, 2)
        it_kw, overhead_kw = IT_KW * work, (OVERHEAD_KW if day < REBUILT_AFTER else LESS_KW) * weather
        values = {(rack, "power_kw"): it_kw / len(racks) for rack in racks}
        values |= {(one.id, "charge_power_kw"): 0.0 for one in hourly.site.batteries}
        values |= {(one.id, "power_kw"): 0.0 for one in (*hourly.site.photovoltaics, *hourly.site.heat_pumps)}
        values[hourly.site.electrical.main_meter, "power_kw"] = it_kw + overhead_kw
        now = midnight(hourly, day) + timedelta(hours=6 if day == NIGHT_MISSING else 0)
        while now < midnight(hourly, day + 1):
            readings.record(now, values)
            now += timedelta(hours=1)
    return readings


def test_the_days_follow_the_rebuilt_plant(hourly: LoadedSite, telemetry: MemoryTelemetry) -> None:
    found = predict_days(hourly, telemetry, midnight(hourly, DAYS) + timedelta(hours=9))
    assert [day.day for day in found.days] == [date(2026, 5, 15), date(2026, 5, 16), date(2026, 5, 17)]
    assert (found.newest, found.known_days) == (date(2026, 5, 14), DAYS - 1)
    for day in found.days:
        assert day.pue.value == pytest.approx(1 + LESS_KW / IT_KW, abs=0.01)
        assert day.pue.low < day.pue.value < day.pue.high
        assert day.it_kw == pytest.approx(IT_KW, rel=0.03)
        assert day.record.days > 60
        assert day.record.error < 1.1 * day.record.persistence_error


def test_the_step_is_dated(hourly: LoadedSite, telemetry: MemoryTelemetry) -> None:
    (step,) = predict_days(hourly, telemetry, midnight(hourly, DAYS) + timedelta(hours=9)).steps
    assert (step.what, step.since) == ("the overhead", date(2026, 4, 30))
    assert step.since < step.found <= date(2026, 5, 7)
    assert step.frac == pytest.approx(LESS_KW / OVERHEAD_KW - 1, abs=0.05)


def test_two_weeks_of_days_are_needed(hourly: LoadedSite, telemetry: MemoryTelemetry) -> None:
    with pytest.raises(NotEnoughDataError, match="14 days known nearly whole: 10 are there"):
        predict_days(hourly, telemetry, midnight(hourly, 10) + timedelta(hours=9))
