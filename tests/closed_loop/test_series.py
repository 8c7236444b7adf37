"""Series from CSV files: held, between rows, as known at an issue, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from facility.errors import SignalError
from tools.closed_loop.series import check_range, columns_of, read_series

NOON = datetime(2025, 6, 2, 12, tzinfo=UTC)


def written(folder: Path, text: str) -> Path:
    path = folder / "series.csv"
    path.write_text(text, encoding="utf-8")
    return path


def at(*minutes: int) -> pd.DatetimeIndex:
    return pd.DatetimeIndex([NOON + timedelta(minutes=minute) for minute in minutes])


HOURS = "time,x\n2025-06-02T14:00+02:00,1\n2025-06-02T13:00+00:00,3\n2025-06-02T14:00+00:00,2\n"


def test_rows_hold_or_are_joined(tmp_path: Path) -> None:
    series = read_series(written(tmp_path, HOURS), ["x"])
    assert series.held("x", at(0, 59, 60)).tolist() == [1.0, 1.0, 3.0]
    assert series.linear("x", at(0, 30, 90, 150)).tolist() == [1.0, 2.0, 2.5, 2.0]


@pytest.mark.parametrize("minutes", [(-1, 0), (0, 180)])
def test_times_that_are_not_covered_are_refused(tmp_path: Path, minutes: tuple[int, int]) -> None:
    with pytest.raises(SignalError, match="holds 2025-06-02 12:00 to 2025-06-02 14:00 UTC, needed from"):
        read_series(written(tmp_path, HOURS), ["x"]).held("x", at(*minutes))


def test_long_gaps_are_refused_where_they_are_needed(tmp_path: Path) -> None:
    text = "time,x\n2025-06-02T12:00+00:00,1\n2025-06-02T13:00+00:00,1\n2025-06-02T20:00+00:00,1\n2025-06-02T21:00+00:00,1\n"
    series = read_series(written(tmp_path, text), ["x"])
    assert series.held("x", at(0, 60)).tolist() == [1.0, 1.0]
    with pytest.raises(SignalError, match="nothing between 2025-06-02 13:00 and 2025-06-02 20:00 UTC"):
        series.held("x", at(0, 90))


def test_of_several_issues_the_last_is_true_and_each_was_known_in_its_time(tmp_path: Path) -> None:
    text = (
        "issued,time,x\n"
        "2025-06-02T06:00+00:00,2025-06-02T12:00+00:00,10\n"
        "2025-06-02T06:00+00:00,2025-06-02T13:00+00:00,20\n"
        "2025-06-02T11:00+00:00,2025-06-02T12:00+00:00,12\n"
    )
    series = read_series(written(tmp_path, text), ["x"])
    assert series.held("x", at(0, 60)).tolist() == [12.0, 20.0]
    early, late = datetime(2025, 6, 2, 7, tzinfo=UTC), datetime(2025, 6, 2, 11, tzinfo=UTC)
    assert series.known("x", early, at(0, 60), held=True).tolist() == [10.0, 20.0]
    assert series.known("x", late, at(0, 30), held=False).tolist() == [12.0, 16.0]
    before = series.known("x", datetime(2025, 6, 2, 5, tzinfo=UTC), at(0), held=True)
    assert pd.isna(before).all()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("time,x\n2025-06-02T12:00,1\n", "series.csv:2: .*no offset"),
        ("time,x\n2025-06-02T12:00+00:00,a\n", "series.csv:2: x: 'a' is no number"),
        ("time,y\n2025-06-02T12:00+00:00,1\n", "no column x"),
        ("time,x\n2025-06-02T12:00+00:00,1\n2025-06-02T14:00+02:00,2\n", "stands there twice"),
        ("time,x\n2025-06-02T12:00+00:00,\n", "holds no rows"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SignalError, match=said):
        read_series(written(tmp_path, text), ["x"])


def test_a_range_names_value_and_time(tmp_path: Path) -> None:
    series = read_series(written(tmp_path, HOURS), ["x"])
    check_range(series, "x", 0.0, 3.0, "")
    with pytest.raises(SignalError, match=r"x is 3 at 2025-06-02 13:00 UTC, outside 0\.\.2; is it per kWh\?"):
        check_range(series, "x", 0.0, 2.0, "is it per kWh?")


def test_a_file_that_is_not_there_is_no_traceback(tmp_path: Path) -> None:
    with pytest.raises(SignalError, match="cannot be read"):
        columns_of(tmp_path / "nothing.csv")
