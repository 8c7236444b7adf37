from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from facility.history.telemetry import TelemetryStore
from facility.prepare.demand import earlier_peaks_kw, expected_peak_kw, month_peak_kw
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
