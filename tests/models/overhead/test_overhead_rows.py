"""Rows that contradict themselves teach nothing, and are named."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.overhead.rows import overhead_rows

TIMES = pd.date_range("2026-01-01", periods=6, freq="D", tz="UTC")


def frame() -> pd.DataFrame:
    table = pd.DataFrame({"it_kw": 100.0, "cooling_kw": 8.0, "pump_kw": 2.0, "pue": 1.10}, index=TIMES)
    table.loc[TIMES[1], "pue"] = 1.12
    table.loc[TIMES[2], "pump_kw"] = np.nan
    table.loc[TIMES[3], "it_kw"] = 0.0
    table.loc[TIMES[4], "cooling_kw"] = -8.0
    return table


def test_rows_are_refused_by_name() -> None:
    rows = overhead_rows(frame(), ("cooling_kw", "pump_kw"))
    assert list(rows.times) == [TIMES[0], TIMES[5]]
    assert rows.overhead_kw.tolist() == [10.0, 10.0]
    assert list(rows.refused.index) == list(TIMES[1:5])
    said = " | ".join(rows.left_out())
    for reason in ("power ratio differs", "gap in power", "no IT power", "negative power"):
        assert f"{reason}" in said
    assert said.count("1 rows left out") == 4


def test_a_ratio_within_a_hundredth_is_believed() -> None:
    table = frame()
    table.loc[TIMES[1], "pue"] = 1.109
    assert TIMES[1] in overhead_rows(table, ("cooling_kw", "pump_kw")).times


def test_the_whole_alone_drivers_and_prior() -> None:
    table = pd.DataFrame({"it_kw": 100.0, "overhead_kw": 10.0, "wet_bulb_degc": np.nan, "prior_kw": 9.0}, index=TIMES)
    rows = overhead_rows(table, drivers=["wet_bulb_degc"])
    assert rows.parts_kw.shape == (6, 1)
    assert rows.drivers.shape == (6, 1)
    assert rows.prior_kw.tolist() == [9.0] * 6
    assert rows.left_out() == ()


def test_a_time_twice_is_taken_once_and_order_is_made() -> None:
    table = pd.concat([frame().iloc[[5]], frame().iloc[[0]], frame().iloc[[0]]])
    rows = overhead_rows(table, ("cooling_kw", "pump_kw"))
    assert list(rows.times) == [TIMES[0], TIMES[5]]
    assert "a time that was there before: 1 rows left out" in rows.left_out()


def test_times_without_zone_are_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        overhead_rows(frame().tz_localize(None), ("cooling_kw", "pump_kw"))
