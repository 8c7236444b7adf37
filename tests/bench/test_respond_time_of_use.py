"""The benchmark of time of use: its bound against a sum by hand, its days against the plan, its rows."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from facility.signals.outlook import PRICE, SiteSignals
from facility.site_journal import open_forecast_archive
from facility.state import StateFolder
from tools.bench.respond_time_of_use import HISTORY, Shifted, in_market, lived, local, rows_of
from tools.bench.shared_data import folder
from tools.bench.shifting_bound import STEP_H, Days, Operation, clairvoyant, cost
from tools.bench.shifting_days import base_load_kw
from tools.bench.shifting_market import DayAhead
from tools.bench.shifting_roll import TICK
from tools.bench.shifting_site import shifting_site
from tools.closed_loop.memory_telemetry import MemoryTelemetry

START = local("2026-03-02", "Europe/Berlin")
DAY = round(24 / STEP_H)


def test_the_bound_of_a_cheap_day_before_a_dear_one_is_what_filling_the_battery_gains() -> None:
    site = shifting_site(demand_charge_per_kw_month=0.0).site
    days = Days(site, START, np.full(2 * DAY, 300.0), np.repeat([0.05, 0.25], DAY))
    best = clairvoyant(days)
    carbon = 340.0 * 60.0 * 1e-6
    paid = (200.0 / 0.95) * (1.01 * (0.05 + carbon) + 0.03)
    kept = 200.0 * 0.95 * (0.25 + carbon)
    assert cost(days, Operation.unshifted(days)) - cost(days, best) == pytest.approx(kept - paid, abs=1e-3)
    assert STEP_H * best.charged_kw.sum() == pytest.approx(200.0 / 0.95, abs=1e-3)


def test_the_bound_of_a_month_levels_its_only_peak() -> None:
    site = shifting_site(windows=[], demand_charge_per_kw_month=9.5).site
    it_kw = np.full(DAY, 300.0)
    it_kw[48:52] += 40.0  # for an hour, in which work comes too
    days = Days(site, START, it_kw, np.full(DAY, 0.16))
    before, after = (one.meter_kw(days) for one in (Operation.unshifted(days), clairvoyant(days)))
    assert before.max() - before[40] == pytest.approx(40.0 * 1.01 * 1.23)
    assert after.max() <= before[40] + 1e-6


def test_where_price_and_carbon_are_flat_nothing_is_shifted() -> None:
    loaded = shifting_site(windows=[], demand_charge_per_kw_month=0.0)
    found = lived("flat", loaded, START, np.full(8, 0.16), 1)
    assert found.shifted_kwh < 1e-6
    assert abs(found.possible) < 1e-3


def test_plans_shift_towards_cheap_hours_and_never_beat_the_bound() -> None:
    loaded = shifting_site(
        demand_charge_per_kw_month=0.0
    )  # with the demo's windows: 0.11 at night, 0.24 in the evening
    hours = (pd.date_range(START, periods=24, freq="h").tz_convert("Europe/Berlin").hour).to_numpy()
    price = np.where((hours >= 22) | (hours < 6), 0.11, np.where((hours >= 17) & (hours < 20), 0.24, 0.16))
    found = lived("contract", loaded, START, np.repeat(price, 4), 1, plan_every=timedelta(hours=4))
    assert 0.0 < found.saved <= found.possible + 1e-6
    assert found.share > 0.9


def test_day_ahead_prices_are_known_from_the_day_before_at_one(tmp_path: Path) -> None:
    loaded = shifting_site(currency="USD", price_source={"provider": "caiso", "node": "N"})
    hours = pd.date_range(START - timedelta(days=2), periods=24 * 6, freq="h")
    prices = pd.Series(np.arange(len(hours), dtype=float) / 1000.0, hours)
    with closing(open_forecast_archive(loaded, StateFolder(tmp_path))) as archive:
        market = DayAhead(loaded.site, prices, archive)
        signals = SiteSignals(loaded, MemoryTelemetry(loaded.points, ""), archive)
        for hour, known in ((12, 12), (13, 35)):
            at = START + timedelta(hours=hour)
            market.fetched(at)
            told = signals.forecast(PRICE, at, at, known + 1, timedelta(hours=1)).values
            true = prices[prices.index >= at].to_numpy()[: known + 1]
            np.testing.assert_allclose(told[:known], true[:known])
            assert told[known] == pytest.approx(true[known] - 0.024), "a day before"


def test_the_base_load_is_that_of_a_site_with_working_days_and_bursts() -> None:
    times = pd.date_range(START, periods=28 * 288, freq=TICK)
    load = pd.Series(base_load_kw(times, "Europe/Berlin", 2), times.tz_convert("Europe/Berlin"))
    by_hour = load[pd.DatetimeIndex(load.index).day_of_week < 5].groupby(lambda at: at.hour).mean()
    assert by_hour[14] > by_hour[3] + 40.0
    assert load.diff().max() > 30.0, "a burst begins at once; noise is far less"
    assert timedelta(days=28) == HISTORY


def test_the_share_over_all_days_is_weighed_by_money() -> None:
    rows = {
        row.metric: row.value
        for row in rows_of("tou", [Shifted("a", 9.0, 10.0, 1.0), Shifted("b", 45.0, 90.0, 1.0)], 0.9)
    }
    assert rows["tou_share_of_bound"] == pytest.approx(0.54)
    assert rows["tou_share_of_bound: a"] == pytest.approx(0.9)
    assert rows["tou_saved: b"] == 45.0


@pytest.mark.slow
def test_a_day_in_a_market_is_lived_through() -> None:
    found = in_market("DE-LU", "2023-07-10", 1)
    known = folder("grid_price_carbon_weather") is not None
    assert found.name.startswith("DE-LU" if known else "generated")
    assert 0.0 < found.saved <= found.possible + 1e-6
