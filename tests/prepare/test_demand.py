from __future__ import annotations

from datetime import UTC, datetime, timedelta

from facility.history.telemetry import TelemetryStore
from facility.prepare.demand import expected_peak_kw, month_peak_kw
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
