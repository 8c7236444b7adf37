"""Prices, carbon and load from files or the site file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from facility.errors import SignalError
from facility.signals.outlook import CARBON, PRICE
from facility.site_file import LoadedSite
from tests.closed_loop.making import quarters
from tools.closed_loop.course_files import read_load, read_market

START = datetime(2025, 6, 2, tzinfo=UTC)  # 02:00 in Berlin
END = START + timedelta(days=1)


def hours(path: Path, heading: str, *values: float, issued: bool = False) -> Path:
    first = "issued,time" if issued else "time"
    lines = [first + "," + heading]
    for hour, value in enumerate(values):
        time = (START + timedelta(hours=hour)).isoformat()
        lines.append(f"{START.isoformat() + ',' if issued else ''}{time},{value}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_without_files_the_tariff_counts_and_is_known(toy: LoadedSite) -> None:
    found = read_market(toy, START, END)
    price = found.market.price_per_kwh
    assert (len(price), price[0], price[4 * 14], price[-1]) == (96, 0.12, 0.32, 0.12)  # dear from 16:00 in Berlin
    assert set(found.market.gco2_per_kwh) == {300.0}
    assert found.fixed == {PRICE, CARBON}
    assert not found.issued


def test_prices_come_per_mwh_and_are_forecast(toy: LoadedSite, tmp_path: Path) -> None:
    prices = hours(tmp_path / "prices.csv", "price_per_mwh", *(100.0 + hour for hour in range(24)))
    carbon = hours(tmp_path / "carbon.csv", "gco2_per_kwh", *([400.0] * 24), issued=True)
    found = read_market(toy, START, END, prices, carbon)
    assert found.market.price_per_kwh[:5].tolist() == pytest.approx([0.1, 0.1, 0.1, 0.1, 0.101])
    assert found.fixed == frozenset()
    assert set(found.issued) == {CARBON}
    assert found.market.index(START + timedelta(minutes=29)) == 1
    assert found.market.index(START - timedelta(days=9)) == 0
    assert found.market.index(END + timedelta(days=9)) == 95


@pytest.mark.parametrize(
    ("heading", "value", "said"),
    [
        ("price_per_mwh", 0.3, "is it per kWh"),
        ("gco2_per_kwh", 90_000.0, "g per kWh"),
        ("price", 100.0, "no column price_per_mwh"),
    ],
)
def test_wrong_units_and_columns(toy: LoadedSite, tmp_path: Path, heading: str, value: float, said: str) -> None:
    path = hours(tmp_path / "file.csv", heading, *([value] * 24))
    given = {"carbon": path} if heading.startswith("g") else {"prices": path}
    with pytest.raises(SignalError, match=said):
        read_market(toy, START, END, **given)


def test_one_column_is_the_site_and_named_ones_are_pools(toy: LoadedSite, tmp_path: Path) -> None:
    times = quarters(START, 3)
    whole = read_load(hours(tmp_path / "load.csv", "it", 0.2, 0.6), toy.site, times)
    assert whole["pool-1"].tolist() == pytest.approx([0.2, 0.3, 0.4])
    by_pool = read_load(hours(tmp_path / "pools.csv", "pool-1", 0.2, 0.6), toy.site, times)
    assert np.array_equal(by_pool["pool-1"], whole["pool-1"])


@pytest.mark.parametrize(("heading", "said"), [("a,b", "expected one fraction"), ("load", "fraction of what")])
def test_loads_that_are_no_fractions_or_no_pools(toy: LoadedSite, tmp_path: Path, heading: str, said: str) -> None:
    path = tmp_path / "load.csv"
    values = "80," * heading.count(",") + "80"
    path.write_text(f"time,{heading}\n{START.isoformat()},{values}\n", encoding="utf-8")
    with pytest.raises(SignalError, match=said):
        read_load(path, toy.site, pd.DatetimeIndex([START]))
