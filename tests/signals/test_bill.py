"""Bills computed by hand, on days of 23 and 25 hours, on holidays, with ratchets, tiers and the grid's peaks."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facility.errors import NotEnoughDataError
from facility.signals.bill import STEP, Bill, MeteredMonth, bill, ratchet_kw
from facility.signals.tariff import energy_prices
from facility.site import DemandCharge, EnergyTier, Holidays, PriceWindow, Tariff

BERLIN = ZoneInfo("Europe/Berlin")


def steps_of(month: str) -> pd.DatetimeIndex:
    begin = pd.Timestamp(f"{month}-01", tz=BERLIN)
    return pd.date_range(begin, begin + pd.offsets.MonthBegin(1), freq=STEP, inclusive="left").tz_convert("UTC")


def billed(tariff: Tariff, month: str, power_kw: float | np.ndarray, earlier_kw: tuple[float, ...] = ()) -> Bill:
    times = steps_of(month)
    power = pd.Series(np.broadcast_to(power_kw, len(times)), index=times, dtype=float)
    return bill(tariff, BERLIN, MeteredMonth(power, energy_prices(tariff, BERLIN, times, Path()), earlier_kw))


def amounts(found: Bill) -> dict[str, float]:
    return {line.name: round(line.amount, 6) for line in found.lines}


@pytest.mark.parametrize(("month", "hours"), [("2026-03", 743), ("2026-10", 745), ("2026-11", 720)])
def test_a_constant_load_pays_for_every_hour_that_the_month_has(month: str, hours: int) -> None:
    found = billed(Tariff(energy_price_per_kwh=0.2), month, 100.0)
    assert amounts(found) == {"energy at 0.2": pytest.approx(100.0 * hours * 0.2)}
    assert found.measured_frac == 1.0


def test_seasons_weekdays_and_holidays() -> None:
    """May 2026: 31 days, 21 working days of which the 1st (Friday) and the 14th (Thursday) are holidays; summer from the 16th."""
    tariff = Tariff(
        energy_price_per_kwh=0.10,
        windows=(
            PriceWindow(days="weekdays", start=time(8), end=time(20), price_per_kwh=0.20),
            PriceWindow(days="weekdays", start=time(12), end=time(18), price_per_kwh=0.40, first_day="05-16", last_day="09-15"),
            PriceWindow(days="holidays", start=time(0), end=time(0), price_per_kwh=0.05),
        ),
        holidays=Holidays(dates=(date(2026, 5, 14),), every_year=("05-01",)),
    )  # fmt: skip
    # Working days: 4-8, 11-13, 15 (9 before the 16th), 18-22, 25-29 (10 after it).
    peak_h, shoulder_h, holiday_h = 10 * 6, 19 * 12 - 10 * 6, 48
    base_h = 31 * 24 - peak_h - shoulder_h - holiday_h
    assert amounts(billed(tariff, "2026-05", 10.0)) == {
        "energy at 0.05": pytest.approx(holiday_h * 10 * 0.05), "energy at 0.1": pytest.approx(base_h * 10 * 0.1),
        "energy at 0.2": pytest.approx(shoulder_h * 10 * 0.2), "energy at 0.4": pytest.approx(peak_h * 10 * 0.4),
    }  # fmt: skip


def test_a_season_over_the_turn_of_the_year() -> None:
    winter = PriceWindow(start=time(0), end=time(0), price_per_kwh=0.3, first_day="12-16", last_day="01-15")
    tariff = Tariff(energy_price_per_kwh=0.1, windows=(winter,))
    assert amounts(billed(tariff, "2026-01", 1.0)) == {"energy at 0.1": 38.4, "energy at 0.3": 108.0}
    assert amounts(billed(tariff, "2026-12", 1.0)) == {"energy at 0.1": 36.0, "energy at 0.3": 115.2}


def test_tiers_fixed_charge_and_minimum_bill() -> None:
    tiers = (EnergyTier(above_kwh=1000.0, adder_per_kwh=0.02), EnergyTier(above_kwh=5000.0, adder_per_kwh=-0.01))
    tariff = Tariff(energy_price_per_kwh=0.10, tiers=tiers, fixed_charge_per_month=50.0, minimum_bill_per_month=400.0)
    # 7200 kWh in November: 720 + 4000 * 0.02 - 2200 * 0.01 + 50
    found = billed(tariff, "2026-11", 10.0)
    assert amounts(found) == {
        "energy at 0.1": 720.0, "energy above 1000 kWh": 80.0, "energy above 5000 kWh": -22.0, "fixed charge": 50.0,
    }  # fmt: skip
    assert found.total == pytest.approx(828.0)
    small = billed(tariff, "2026-11", 1.0)
    assert amounts(small) == {"energy at 0.1": 72.0, "fixed charge": 50.0, "up to the minimum bill": 278.0}
    assert small.total == pytest.approx(400.0)


def test_demand_is_the_mean_of_its_window_and_a_ratchet_lasts_its_months() -> None:
    tariff = Tariff(
        energy_price_per_kwh=0.0, demand_charge_per_kw_month=10.0, demand_window_min=60, demand_ratchet_frac=0.8,
        demand_ratchet_months=2,
    )  # fmt: skip
    power = np.full(len(steps_of("2026-11")), 100.0)
    power[40:42] = 180.0  # half an hour: 140 kW in its hour
    assert amounts(billed(tariff, "2026-11", power))["demand"] == 1400.0
    assert amounts(billed(tariff, "2026-11", power, (900.0, 200.0, 100.0)))["demand, by the ratchet"] == 1600.0
    assert amounts(billed(tariff, "2026-11", power, (900.0, 170.0, 100.0)))["demand"] == 1400.0
    assert ratchet_kw(tariff, (900.0, float("nan"), float("nan"))) == 0.0


def test_a_charge_on_the_peak_hours_and_one_on_the_peaks_of_the_grid() -> None:
    times = steps_of("2026-11")
    local = times.tz_convert(BERLIN)
    power = np.where((local.hour >= 17) & (local.hour < 19), 150.0, 100.0)
    power[local == pd.Timestamp("2026-11-21T03:00", tz=BERLIN)] = 300.0  # Saturday night
    tariff = Tariff(
        energy_price_per_kwh=0.0,
        demand_charge_per_kw_month=1.0,
        demand_charges=(
            DemandCharge(id="on-peak", price_per_kw=5.0, days="weekdays", start=time(8), end=time(20)),
            DemandCharge(id="summer", price_per_kw=9.0, first_day="06-01", last_day="09-30"),
            DemandCharge(id="transmission", price_per_kw=7.0, at="coincident_peaks"),
        ),
        coincident_peaks=(
            datetime(2026, 11, 12, 18, 7, tzinfo=BERLIN), datetime(2026, 11, 13, 9, 0, tzinfo=BERLIN),
            datetime(2026, 10, 2, 18, 0, tzinfo=BERLIN),
        ),
    )  # fmt: skip
    found = amounts(billed(tariff, "2026-11", power))
    assert found == {"energy at 0": 0.0, "demand": 300.0, "on-peak": 750.0, "transmission": 7 * 125.0}
    power[local == pd.Timestamp("2026-11-12T18:00", tz=BERLIN)] = np.nan
    with pytest.raises(NotEnoughDataError, match="grid's peak of 2026-11-12 17:00 UTC"):
        billed(tariff, "2026-11", power)


def test_export_is_paid_apart_and_what_was_not_measured_is_not_billed() -> None:
    power = np.full(len(steps_of("2026-11")), 100.0)
    power[:40] = -20.0
    power[40:80] = np.nan
    found = billed(Tariff(energy_price_per_kwh=0.2, export_price_per_kwh=0.05), "2026-11", power)
    assert amounts(found) == {"energy at 0.2": (2880 - 80) * 25 * 0.2, "export": -40 * 5 * 0.05}
    assert found.measured_frac == pytest.approx(1 - 40 / 2880)
    with pytest.raises(NotEnoughDataError, match="main meter"):
        billed(Tariff(energy_price_per_kwh=0.2), "2026-11", np.full(2880, np.nan))


loads = st.lists(st.floats(-50, 500), min_size=24, max_size=24)
hours = st.integers(0, 23)


@settings(max_examples=40, deadline=None)
@given(load=loads, start=hours, cut=hours, end=hours, day=st.integers(1, 30))
def test_a_window_cut_in_two_makes_the_same_bill(load: list[float], start: int, cut: int, end: int, day: int) -> None:
    """Cut by the hour, by kinds of day, and by season; over midnight and over the change of the clock."""
    times = steps_of("2026-10").tz_convert(BERLIN)
    power = np.array(load)[times.hour]

    def total(*parts: dict[str, object]) -> float:
        windows = [PriceWindow.model_validate({"price_per_kwh": 0.7} | part) for part in parts]
        holidays = Holidays(dates=(date(2026, 10, 5),), every_year=("10-03",))
        return billed(
            Tariff(energy_price_per_kwh=0.1, windows=tuple(windows), holidays=holidays), "2026-10", power
        ).total

    span: dict[str, object] = {"start": f"{start:02}:00", "end": f"{end:02}:00"}
    whole = total(span)
    in_span = (start < end and start < cut < end) or (start > end and (cut > start or 0 < cut < end))
    if in_span:
        assert total(span | {"end": f"{cut:02}:00"}, span | {"start": f"{cut:02}:00"}) == pytest.approx(whole)
    assert total(span | {"days": "weekdays"}, span | {"days": "weekend"}) == pytest.approx(whole)
    first, second = {"last_day": f"10-{day:02}"}, {"first_day": f"10-{day + 1:02}"}
    assert total(span | first, span | second) == pytest.approx(whole)


@settings(max_examples=40, deadline=None)
@given(load=loads, tiers=st.lists(st.floats(1, 4e5), min_size=1, max_size=4, unique=True))
def test_tiers_without_an_adder_and_split_tiers_change_nothing(load: list[float], tiers: list[float]) -> None:
    power = np.array(load)[steps_of("2026-10").tz_convert(BERLIN).hour]
    rising = sorted(tiers)

    def total(*parts: EnergyTier) -> float:
        return billed(Tariff(energy_price_per_kwh=0.1, tiers=parts), "2026-10", power).total

    assert total(*(EnergyTier(above_kwh=one, adder_per_kwh=0.0) for one in rising)) == pytest.approx(total())
    split = total(*(EnergyTier(above_kwh=one, adder_per_kwh=0.03) for one in rising))
    assert split == pytest.approx(total(EnergyTier(above_kwh=rising[0], adder_per_kwh=0.03)))
