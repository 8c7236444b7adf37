"""A month's bill out of what the meter measured, line by line, as the tariff describes it.

Import and export are told apart within each quarter of an hour, which is how interval meters count.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from facility.errors import NotEnoughDataError
from facility.records import FloatArray
from facility.signals.tariff_calendar import holds
from facility.site import DemandCharge, Tariff

STEP = pd.Timedelta(minutes=15)
_MOST_LINES = 12  # of energy, one a price; more prices than that come from a market


@dataclass(frozen=True, slots=True)
class BillLine:
    """One line: so many units at a price; `amount` is what it adds to the bill."""

    name: str
    quantity: float
    unit: str
    price: float
    amount: float


@dataclass(frozen=True, slots=True)
class Bill:
    """A month's bill; `measured_frac` of the month was measured, what is missing is not billed."""

    lines: tuple[BillLine, ...]
    measured_frac: float

    @property
    def total(self) -> float:
        """What is to be paid."""
        return sum(line.amount for line in self.lines)


@dataclass(frozen=True, slots=True)
class MeteredMonth:
    """The meter in one calendar month: mean power and energy price by `STEP`, and the peaks of the months before, newest last.

    `power_kw` has one row a step of the month (index UTC, its begin), NaN where nothing was measured, below zero for export.
    """

    power_kw: pd.Series
    price_per_kwh: FloatArray
    earlier_peaks_kw: Sequence[float] = ()

    def demand_kw(self, window_min: int) -> pd.Series:
        """Return the mean power of each demand window."""
        return self.power_kw.resample(pd.Timedelta(minutes=window_min)).mean()


def bill(tariff: Tariff, zone: ZoneInfo, month: MeteredMonth) -> Bill:
    """Return the bill of a month.

    Raises
    ------
    NotEnoughDataError
        If nothing of the month was measured, or the meter was silent at a coincident peak.
    """
    known = month.power_kw.notna()
    if not known.any():
        raise NotEnoughDataError(["a reading of the main meter in the month"])
    lines = [*_energy(tariff, month), *_demand(tariff, zone, month)]
    if tariff.fixed_charge_per_month:
        lines.append(
            BillLine("fixed charge", 1.0, "month", tariff.fixed_charge_per_month, tariff.fixed_charge_per_month)
        )
    missing = tariff.minimum_bill_per_month - sum(line.amount for line in lines)
    if missing > 0.0:
        lines.append(BillLine("up to the minimum bill", 1.0, "month", missing, missing))
    return Bill(tuple(lines), float(known.mean()))


def _energy(tariff: Tariff, month: MeteredMonth) -> Iterator[BillLine]:
    power_kw = month.power_kw.fillna(0.0).to_numpy(float)
    hours = STEP / pd.Timedelta(hours=1)
    imported, exported = np.maximum(power_kw, 0.0) * hours, np.maximum(-power_kw, 0.0) * hours
    prices = np.unique(month.price_per_kwh)
    if len(prices) > _MOST_LINES:
        kwh, amount = float(imported.sum()), float(imported @ month.price_per_kwh)
        yield BillLine("energy at prices by the hour", kwh, "kWh", amount / kwh if kwh else 0.0, amount)
    else:
        for price in map(float, prices):
            kwh = float(imported[month.price_per_kwh == price].sum())
            yield BillLine(f"energy at {price:g}", kwh, "kWh", price, kwh * price)
    yield from _tiers(tariff, float(imported.sum()))
    if exported.any() and tariff.export_price_per_kwh is not None:
        kwh, earned = float(exported.sum()), tariff.export_price_per_kwh
        yield BillLine("export", kwh, "kWh", -earned, -kwh * earned)


def _tiers(tariff: Tariff, kwh: float) -> Iterator[BillLine]:
    ends = [*(tier.above_kwh for tier in tariff.tiers[1:]), np.inf]
    for tier, end in zip(tariff.tiers, ends, strict=True) if tariff.tiers else ():
        inside = max(min(kwh, end) - tier.above_kwh, 0.0)
        if inside > 0.0:
            name = f"energy above {tier.above_kwh:g} kWh"
            yield BillLine(name, inside, "kWh", tier.adder_per_kwh, inside * tier.adder_per_kwh)


def _demand(tariff: Tariff, zone: ZoneInfo, month: MeteredMonth) -> Iterator[BillLine]:
    demand_kw = month.demand_kw(tariff.demand_window_min)
    peak_kw, charge = max(float(demand_kw.max()), 0.0), tariff.demand_charge_per_kw_month
    if charge:
        floor_kw = ratchet_kw(tariff, month.earlier_peaks_kw)
        name = "demand" if peak_kw >= floor_kw else "demand, by the ratchet"
        charged_kw = max(peak_kw, floor_kw)
        yield BillLine(name, charged_kw, "kW", charge, charged_kw * charge)
    for one in tariff.demand_charges:
        charged = _coincident_kw if one.at == "coincident_peaks" else _own_kw
        kw = charged(tariff, zone, demand_kw, one)
        if kw is not None:
            yield BillLine(one.id, kw, "kW", one.price_per_kw, kw * one.price_per_kw)


def ratchet_kw(tariff: Tariff, earlier_peaks_kw: Sequence[float]) -> float:
    """Return the demand that is charged at least: a share of the highest of the months before, the newest last."""
    lately = earlier_peaks_kw[-tariff.demand_ratchet_months :]
    return tariff.demand_ratchet_frac * max((kw for kw in lately if np.isfinite(kw)), default=0.0)


def _own_kw(tariff: Tariff, zone: ZoneInfo, demand_kw: pd.Series, one: DemandCharge) -> float | None:
    """Return the highest demand in the charge's hours; None where the month has none of them."""
    local = pd.DatetimeIndex(demand_kw.index).tz_convert(zone)
    inside = demand_kw[holds(one, tariff.holidays, local)]
    return None if inside.empty else max(float(inside.max()), 0.0) if inside.notna().any() else 0.0


def _coincident_kw(tariff: Tariff, zone: ZoneInfo, demand_kw: pd.Series, one: DemandCharge) -> float | None:
    """Return the mean demand in the windows that hold the grid's peaks of this month, as far as the charge's hours have them."""
    begins = pd.DatetimeIndex(demand_kw.index)
    length = pd.Timedelta(minutes=tariff.demand_window_min)
    peaks = pd.DatetimeIndex([pd.Timestamp(at).tz_convert("UTC") for at in tariff.coincident_peaks]).floor(length)
    mine = peaks[peaks.isin(begins)]
    mine = mine[holds(one, tariff.holidays, mine.tz_convert(zone))] if len(mine) else mine
    if not len(mine):
        return None
    drawn = demand_kw.reindex(mine)
    if drawn.isna().any():
        silent = drawn[drawn.isna()].index[0]
        raise NotEnoughDataError([f"a reading of the main meter at the grid's peak of {silent:%Y-%m-%d %H:%M} UTC"])
    return float(np.maximum(drawn, 0.0).mean())
