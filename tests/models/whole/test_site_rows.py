"""Rows of a whole site: held to the balance, what is left out is named."""

from __future__ import annotations

import numpy as np
import pytest

from models.whole.site_rows import REST, site_rows
from tests.models.whole.making import WEATHER, site_frame

PARTS = ("chiller_kw", "fan_kw")


def test_parts_and_rest_add_up() -> None:
    rows = site_rows(site_frame("2025-05-01", 2), PARTS, WEATHER)
    total = rows.table[["it_kw", *rows.parts]].sum(axis=1)
    assert rows.parts == (*PARTS, REST)
    assert total.to_numpy() == pytest.approx(rows.table["facility_kw"].to_numpy())
    assert rows.left_out == ()


def test_gaps_are_named_and_not_filled() -> None:
    frame = site_frame("2025-05-01", 2)
    frame.loc[frame.index[10:30], "chiller_kw"] = np.nan
    rows = site_rows(frame, PARTS, WEATHER)
    assert len(rows.table) == len(frame) - 20
    assert rows.left_out == ("20 of 192 rows have gaps: chiller_kw in 20",)


def test_parts_beyond_the_meter_are_refused() -> None:
    frame = site_frame("2025-05-01", 2)
    frame.loc[frame.index[5:9], "fan_kw"] = 400.0
    rows = site_rows(frame, PARTS, WEATHER)
    assert len(rows.table) == len(frame) - 4
    assert "exceed the meter in 4 rows" in rows.left_out[0]


def test_without_it_power_there_is_no_ratio() -> None:
    frame = site_frame("2025-05-01", 1)
    frame.loc[frame.index[0], "it_kw"] = 0.0
    assert "no IT power in 1 rows" in site_rows(frame, PARTS, WEATHER).left_out
