"""What batteries can do about charged peaks, learnt from weeks at the meter, with their own power taken out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from facility.prepare.demand import demand_ahead, expected_peak_kw
from facility.prepare.shaving import PastDays, past_days
from facility.site_file import LoadedSite
from models.peak_shaving import Shaver
from tools.closed_loop.memory_telemetry import MemoryTelemetry

NOW = datetime(2026, 11, 3, 11, 0, tzinfo=UTC)  # noon in Berlin, all November to come
QUARTER = timedelta(minutes=15)
DAYS = 28
SITE_KW, BURST_KW, LONG_BURST_KW = 300.0, 100.0, 220.0


def load_kw(at: datetime) -> float:
    """Return a load that has a burst in the afternoon, on one day in the middle a larger one."""
    local = pd.Timestamp(at).tz_convert("Europe/Berlin")
    if not 13 <= local.hour < 15:
        return SITE_KW
    return SITE_KW + (LONG_BURST_KW if local.day == 20 else BURST_KW)


def lived(
    demo: LoadedSite, charge_kw: Callable[[datetime], float] = lambda _: 0.0, silent: frozenset[int] = frozenset()
) -> MemoryTelemetry:
    """Return a history of the meter and the battery; on `silent` days of the month the meter is out half the time."""
    telemetry = MemoryTelemetry(demo.points, demo.revision)
    for number in range((DAYS + 2) * 96):
        at = NOW - timedelta(days=DAYS + 1) + number * QUARTER
        if at >= NOW:
            break
        measured = {("battery-1", "charge_power_kw"): charge_kw(at)}
        if at.day not in silent or at.hour % 2:
            measured |= {("utility", "power_kw"): load_kw(at) + charge_kw(at)}
        telemetry.record(at, measured)
    return telemetry


@pytest.fixture(scope="module")
def idle(demo: LoadedSite) -> MemoryTelemetry:
    return lived(demo)


def shaved(at: datetime) -> float:
    """Return the power of a battery that has shaved the bursts, and filled itself at night."""
    hour = pd.Timestamp(at).tz_convert("Europe/Berlin").hour
    return -80.0 if 13 <= hour < 15 else 45.0 if hour < 4 else 0.0


def with_tariff(demo: LoadedSite, **changes: Any) -> LoadedSite:
    tariff = demo.site.tariff.model_copy(update=changes)
    return replace(demo, site=demo.site.model_copy(update={"tariff": tariff}))


def known(found: PastDays | None) -> PastDays:
    assert found is not None
    return found


def test_the_expected_peak_is_what_batteries_can_hold_and_their_own_power_is_taken_out(
    demo: LoadedSite, idle: MemoryTelemetry
) -> None:
    used = lived(demo, shaved)
    days = known(past_days(demo, idle, NOW))
    assert days.load_kw.shape == (DAYS, 96)
    assert days.peaks_kw.max() == SITE_KW + LONG_BURST_KW
    assert days.reserve_kwh == pytest.approx(520.0 / 6.0 / 0.95)
    np.testing.assert_allclose(known(past_days(demo, used, NOW)).load_kw, days.load_kw)
    # The larger burst takes all that the battery has: 2 h at (400 kWh less reserve) times its efficiency.
    held_kw = SITE_KW + LONG_BURST_KW - (400.0 - days.reserve_kwh) * 0.95 / 2.0
    assert days.held_kw.max() == pytest.approx(held_kw, abs=0.3)
    for telemetry in (idle, used):
        assert SITE_KW < expected_peak_kw(demo, telemetry, NOW) <= held_kw + 0.3


def test_where_batteries_are_small_the_usual_peak_stands(demo: LoadedSite, idle: MemoryTelemetry) -> None:
    small = tuple(one.model_copy(update={"energy_kwh": 100.0}) for one in demo.site.batteries)
    site = replace(demo, site=demo.site.model_copy(update={"batteries": small}))
    assert expected_peak_kw(site, idle, NOW) == SITE_KW + BURST_KW


def test_days_measured_in_part_are_left_out(demo: LoadedSite) -> None:
    days = known(past_days(demo, lived(demo, silent=frozenset({20})), NOW))
    assert len(days.load_kw) == DAYS - 1
    assert np.isfinite(days.load_kw).all()


def test_batteries_are_ready_before_the_bursts_and_free_after_them(demo: LoadedSite, idle: MemoryTelemetry) -> None:
    days, floor_kw = known(past_days(demo, idle, NOW)), expected_peak_kw(demo, idle, NOW)
    to_come_kw, ready = demand_ahead(demo, idle, NOW, 0.0, 96)
    assert to_come_kw == floor_kw
    kwh = np.asarray(ready.kwh)
    assert kwh[3] == pytest.approx(400.0, abs=0.5)  # at 13:00: each step's end counts
    assert kwh[12] == pytest.approx(days.reserve_kwh)  # at 15:15
    assert days.reserve_kwh <= kwh.min() and kwh.max() <= 400.0 + 1e-6
    assert ready.price_per_kwh_h > 0.0
    dearer = with_tariff(demo, demand_charge_per_kw_month=19.0)
    _, twice = demand_ahead(dearer, idle, NOW, 0.0, 96)
    assert twice.price_per_kwh_h == pytest.approx(2.0 * ready.price_per_kwh_h)


def test_the_price_shares_what_is_at_stake_by_energy_and_hours() -> None:
    load = np.full((2, 24), 100.0)
    load[:, 12:14] = 150.0
    days = PastDays(load, Shaver(200.0, 100.0, 1.0, 1.0), 20.0, 1.0)
    ready = days.ready(130.0, 10.0, pd.date_range("2026-11-03 01:00", periods=24, freq="h"))
    # 20 kW for two hours, and 30 kW of room before: 40 kWh at noon, 10 an hour earlier, 20 at 13:00.
    np.testing.assert_allclose(np.asarray(ready.kwh)[[9, 10, 11, 12, 13]], [20.0, 30.0, 60.0, 40.0, 20.0])
    assert ready.price_per_kwh_h == pytest.approx(10.0 * 20.0 / (200.0 * 3.0))


def test_where_the_peak_so_far_lies_above_all_days_nothing_is_kept(demo: LoadedSite, idle: MemoryTelemetry) -> None:
    _, ready = demand_ahead(demo, idle, NOW, 600.0, 96)
    assert (ready.kwh, ready.price_per_kwh_h) == (0.0, 0.0)


def test_without_charge_or_battery_to_move_nothing_is_learnt(demo: LoadedSite, idle: MemoryTelemetry) -> None:
    fixed = tuple(one.model_copy(update={"dispatchable": False}) for one in demo.site.batteries)
    still = replace(demo, site=demo.site.model_copy(update={"batteries": fixed}))
    free = with_tariff(demo, demand_charge_per_kw_month=0.0)
    for site in (still, free):
        assert past_days(site, idle, NOW) is None
        to_come_kw, ready = demand_ahead(site, idle, NOW, 0.0, 96)
        assert (to_come_kw, ready.price_per_kwh_h) == (SITE_KW + BURST_KW, 0.0)
