from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from facility.history.telemetry import TelemetryStore
from facility.prepare.demand import earlier_peaks_kw, expected_peak_kw, month_peak_kw, peak_charges
from facility.site import DemandCharge
from facility.site_file import LoadedSite
from tests.prepare.conftest import NOW, write

METER = "utility.power_kw"
FIVE_MIN = timedelta(minutes=5)


def test_the_peak_is_a_mean_over_the_demand_window_in_this_month_of_site_time(
    demo: LoadedSite, store: TelemetryStore
) -> None:
    # 23:30 UTC on 31 October is 1 November in Berlin (still 00:30); 22:45 UTC is October there.
    write(
        store,
        {METER: 900.0},
        datetime(2026, 10, 31, 22, 30, tzinfo=UTC),
        datetime(2026, 10, 31, 23, 0, tzinfo=UTC),
        FIVE_MIN,
    )
    write(
        store,
        {METER: 600.0},
        datetime(2026, 10, 31, 23, 0, tzinfo=UTC),
        datetime(2026, 10, 31, 23, 30, tzinfo=UTC),
        FIVE_MIN,
    )
    spike = datetime(2026, 11, 10, 10, 0, tzinfo=UTC)
    write(store, {METER: 500.0}, spike, spike + timedelta(hours=1), FIVE_MIN)
    write(store, {METER: 800.0}, spike + timedelta(minutes=5), spike + timedelta(minutes=10), FIVE_MIN)
    assert (
        month_peak_kw(demo, store, NOW) == 600.0
    )  # the five-minute spike is 600 in its window too: (500 + 800 + 500) / 3


def test_no_reading_this_month_is_none_not_zero(demo: LoadedSite, store: TelemetryStore) -> None:
    assert month_peak_kw(demo, store, NOW) is None
    assert expected_peak_kw(demo, store, NOW) == 0.0


def test_the_expected_peak_is_the_median_of_daily_peaks_while_the_month_outlasts_the_plan(
    demo: LoadedSite, store: TelemetryStore
) -> None:
    for days_ago, peak in ((1, 500.0), (2, 700.0), (3, 550.0)):
        noon = NOW - timedelta(days=days_ago)
        write(store, {METER: 300.0}, noon - timedelta(hours=4), noon, FIVE_MIN)
        write(store, {METER: peak}, noon, noon + timedelta(hours=1), FIVE_MIN)
    assert expected_peak_kw(demo, store, NOW) == 550.0
    assert expected_peak_kw(demo, store, datetime(2026, 11, 29, 12, tzinfo=UTC)) == 0.0


def test_a_ratchet_keeps_the_peaks_of_its_months_and_those_of_old_bills(
    demo: LoadedSite, store: TelemetryStore
) -> None:
    """NOW is in November 2026; September has a peak in the history, August one in the site file, October neither."""
    september = datetime(2026, 9, 30, 21, 0, tzinfo=UTC)  # 23:00 in Berlin
    write(store, {METER: 1000.0}, september, september + timedelta(hours=1), FIVE_MIN)
    known = {
        "demand_ratchet_frac": 0.9,
        "demand_ratchet_months": 3,
        "earlier_peaks_kw": {"2026-08": 1200.0, "2026-07": 5000.0},
    }
    tariff = demo.site.tariff.model_copy(update=known)
    site = replace(demo, site=demo.site.model_copy(update={"tariff": tariff}))
    np.testing.assert_array_equal(earlier_peaks_kw(site, store, NOW, 3), [1200.0, 1000.0, np.nan])
    assert expected_peak_kw(site, store, NOW) == 1080.0
    assert expected_peak_kw(site, store, datetime(2026, 11, 29, 12, tzinfo=UTC)) == 1080.0
    assert expected_peak_kw(site, store, datetime(2026, 12, 5, 12, tzinfo=UTC)) == 900.0
    assert expected_peak_kw(demo, store, NOW) == 0.0


WINTER = {"first_day": "11-01", "last_day": "03-31"}
ON_PEAK = DemandCharge(id="on-peak", price_per_kw=6.2, days="weekdays", start=time(12), end=time(18), **WINTER)
DRAWN = {date(2026, 10, 28): (450.0, 900.0), date(2026, 10, 29): (430.0, 900.0), date(2026, 11, 3): (420.0, 950.0)}


def charging(loaded: LoadedSite, *charges: DemandCharge) -> LoadedSite:
    tariff = loaded.site.tariff.model_copy(update={"demand_charges": charges})
    return replace(loaded, site=loaded.site.model_copy(update={"tariff": tariff}))


def test_demand_in_some_hours_is_charged_above_what_was_there_and_what_comes_there_anyway(
    demo: LoadedSite, store: TelemetryStore
) -> None:
    """In October the charge was out of season, but what was drawn at that time of day is what November brings."""
    for day, drawn_kw in DRAWN.items():
        for hour, kw in zip((13, 22), drawn_kw, strict=True):
            begin = datetime.combine(day, time(hour), UTC)
            write(store, {METER: kw}, begin, begin + timedelta(hours=1), FIVE_MIN)
    at = datetime(2026, 11, 5, 9, 0, tzinfo=UTC)  # a Thursday, ten in Berlin
    (found,) = peak_charges(charging(demo, ON_PEAK), store, at, 192).values()
    assert (found.price_per_kw, found.so_far_kw, found.to_come_kw) == (6.2, 420.0, 430.0)
    hours = [at.astimezone(demo.site.zone) + number * demo.site.step for number in range(192)]
    assert [bool(held) for held in found.holds] == [one.weekday() < 5 and 12 <= one.hour < 18 for one in hours]


def test_what_the_grid_tells_afterwards_and_what_costs_nothing_is_not_planned_for(
    demo: LoadedSite, store: TelemetryStore
) -> None:
    told = ON_PEAK.model_copy(update={"id": "transmission", "at": "coincident_peaks"})
    free = ON_PEAK.model_copy(update={"id": "free", "price_per_kw": 0.0})
    assert peak_charges(charging(demo, told, free), store, NOW, 192) == {}


def test_without_readings_all_demand_in_the_hours_is_charged(demo: LoadedSite, store: TelemetryStore) -> None:
    (found,) = peak_charges(charging(demo, ON_PEAK), store, NOW, 192).values()
    assert (found.so_far_kw, found.to_come_kw) == (0.0, 0.0)
