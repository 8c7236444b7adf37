from __future__ import annotations

from datetime import time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from facility.errors import SignalError
from facility.signals.carbon import carbon_intensities
from facility.signals.series_file import step_times
from facility.signals.tariff import energy_prices
from facility.site import Carbon, PriceWindow, Tariff

BERLIN = ZoneInfo("Europe/Berlin")
QUARTER = timedelta(minutes=15)


def times(start: str, steps: int) -> pd.DatetimeIndex:
    return step_times(pd.Timestamp(start).to_pydatetime(), steps, QUARTER)


def test_windows_follow_site_time_and_the_later_window_wins() -> None:
    tariff = Tariff(
        energy_price_per_kwh=0.20,
        windows=(
            PriceWindow(days="weekdays", start=time(8), end=time(20), price_per_kwh=0.30),
            PriceWindow(days="weekdays", start=time(17), end=time(19), price_per_kwh=0.40),
        ),
    )
    day = energy_prices(tariff, BERLIN, times("2026-11-23T00:00+01:00", 96), Path())  # a Monday
    assert day[[0, 31, 32, 67, 68, 75, 76, 79, 80]].tolist() == [0.2, 0.2, 0.3, 0.3, 0.4, 0.4, 0.3, 0.3, 0.2]
    sunday = energy_prices(tariff, BERLIN, times("2026-11-22T00:00+01:00", 96), Path())
    assert (sunday == 0.2).all()


def test_a_window_over_midnight_and_one_to_midnight() -> None:
    night = Tariff(energy_price_per_kwh=0.3, windows=(PriceWindow(start=time(22), end=time(6), price_per_kwh=0.1),))
    late = Tariff(energy_price_per_kwh=0.3, windows=(PriceWindow(start=time(22), end=time(0), price_per_kwh=0.1),))
    day = times("2026-11-23T00:00+01:00", 96)
    assert (energy_prices(night, BERLIN, day, Path()) == 0.1).sum() == 32
    assert (energy_prices(late, BERLIN, day, Path()) == 0.1).sum() == 8


def test_the_25_hour_day_has_25_hours_of_prices() -> None:
    tariff = Tariff(energy_price_per_kwh=0.3, windows=(PriceWindow(start=time(2), end=time(3), price_per_kwh=0.1),))
    day = times("2026-10-25T00:00+02:00", 100)
    assert (energy_prices(tariff, BERLIN, day, Path()) == 0.1).sum() == 8  # 02:00-03:00 happens twice


def test_a_price_file_that_ends_too_early_is_refused_with_its_end(tmp_path: Path) -> None:
    rows = [f"2026-11-23T{hour:02d}:00+00:00,{0.1 + hour / 100}" for hour in range(24)]
    (tmp_path / "prices.csv").write_text("time,price_per_kwh\n" + "\n".join(rows))
    tariff = Tariff(energy_price_per_kwh=0.2, price_file=Path("prices.csv"))
    values = energy_prices(tariff, BERLIN, times("2026-11-23T00:00+00:00", 96), tmp_path)
    np.testing.assert_allclose(values[[0, 3, 4, 95]], [0.10, 0.10, 0.11, 0.33])
    with pytest.raises(SignalError, match="ends at 2026-11-24 00:00 UTC, needed until 2026-11-24 23:45"):
        energy_prices(tariff, BERLIN, times("2026-11-23T00:00+00:00", 192), tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("when,price_per_kwh\n", "no column time"),
        ("time,price_per_kwh\n2026-11-23T00:00,0.1\n", r":2: .* has no offset"),
        ("time,price_per_kwh\nyesterday,0.1\n", "expected ISO 8601"),
        ("time,price_per_kwh\n2026-11-23T00:00+00:00,cheap\n", "cheap"),
        ("time,price_per_kwh\n", "holds no rows"),
        ("time,price_per_kwh\n2026-11-22T00:00+00:00,\n2026-11-24T00:00+00:00,0.1\n", "has no value at"),
    ],
)
def test_a_bad_price_file_is_named_with_the_fault(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "prices.csv").write_text(text)
    tariff = Tariff(energy_price_per_kwh=0.2, price_file=Path("prices.csv"))
    with pytest.raises(SignalError, match=message):
        energy_prices(tariff, BERLIN, times("2026-11-23T00:00+00:00", 4), tmp_path)


def test_a_missing_price_file_is_named(tmp_path: Path) -> None:
    tariff = Tariff(energy_price_per_kwh=0.2, price_file=Path("nowhere.csv"))
    with pytest.raises(SignalError, match=r"nowhere\.csv"):
        energy_prices(tariff, BERLIN, times("2026-11-23T00:00+00:00", 4), tmp_path)


def test_carbon_in_the_wrong_unit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "carbon.csv").write_text("time,gco2_per_kwh\n2026-11-23T00:00+00:00,424000\n")
    with pytest.raises(SignalError, match="is the unit g per kWh"):
        carbon_intensities(Carbon(intensity_file=Path("carbon.csv")), times("2026-11-23T00:00+00:00", 4), tmp_path)
    assert (carbon_intensities(Carbon(gco2_per_kwh=380.0), times("2026-11-23T00:00+00:00", 4), tmp_path) == 380).all()
