"""Typical years by calendar: which hour is where, and what is refused."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from facility.errors import SignalError
from tests.closed_loop.weather_writing import write_epw
from tools.closed_loop.epw import read_epw


def clock(*times: str) -> pd.DatetimeIndex:
    return pd.DatetimeIndex([pd.Timestamp(time, tz="UTC") for time in times])


def test_an_hour_is_what_was_at_its_end(tmp_path: Path) -> None:
    year = read_epw(write_epw(tmp_path / "year.epw", lambda hour: float(hour % 24)))
    dry, dew = year.at(clock("2024-03-05 01:00", "2024-03-05 01:30", "2024-03-05 13:00"))
    assert dry.tolist() == [0.0, 0.5, 12.0]
    assert dew.tolist() == [0.0, 0.5, 5.0]  # never above the dry bulb
    assert (year.place, year.offset) == ("Testville", timedelta(hours=1))


def test_the_leap_day_is_like_the_day_before_and_the_year_closes(tmp_path: Path) -> None:
    year = read_epw(write_epw(tmp_path / "year.epw", lambda hour: hour / 100.0))
    dry, _ = year.at(clock("2024-02-29 12:00", "2024-02-28 12:00", "2024-03-01 12:00", "2025-01-01 00:30"))
    assert dry[0] == dry[1]
    assert dry[2] - dry[1] == pytest.approx(0.24)
    assert dry[3] == pytest.approx(87.59 / 2.0)


def test_short_gaps_are_bridged_and_long_ones_refused(tmp_path: Path) -> None:
    year = read_epw(write_epw(tmp_path / "year.epw", lambda hour: 99.9 if hour in (10, 11) else 8.0))
    assert year.filled == 2
    assert year.at(clock("2024-01-01 11:00"))[0].tolist() == [8.0]
    with pytest.raises(SignalError, match="missing for 7 hours"):
        read_epw(write_epw(tmp_path / "gap.epw", lambda hour: 99.9 if 10 <= hour < 17 else 8.0))


def test_half_a_year_is_none(tmp_path: Path) -> None:
    path = write_epw(tmp_path / "year.epw", lambda _: 8.0)
    path.write_text("".join(path.read_text(encoding="utf-8").splitlines(keepends=True)[:4000]), encoding="utf-8")
    with pytest.raises(SignalError, match="holds 3992 hours"):
        read_epw(path)


def test_another_file_is_said_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "other.epw").write_text("time,x\n", encoding="utf-8")
    with pytest.raises(SignalError, match=r"other\.epw:1: no EPW header"):
        read_epw(tmp_path / "other.epw")
