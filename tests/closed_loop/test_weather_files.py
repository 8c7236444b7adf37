"""Weather from files: dew point from either humidity, the standard time of the site, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from facility.errors import SignalError
from tests.closed_loop.weather_writing import write_epw
from tools.closed_loop.weather_files import read_weather

BERLIN = ZoneInfo("Europe/Berlin")
TIMES = pd.DatetimeIndex([datetime(2025, 7, 1, hour, tzinfo=UTC) for hour in (0, 1)])


def written(folder: Path, text: str) -> Path:
    path = folder / "weather.csv"
    path.write_text(text, encoding="utf-8")
    return path


def rows(heading: str, *values: str) -> str:
    lines = [f"2025-07-01T{hour:02d}:00+00:00,{value}" for hour, value in enumerate(values)]
    return "\n".join([f"time,{heading}", *lines, ""])


def test_dew_point_from_relative_humidity(tmp_path: Path) -> None:
    text = rows("dry_bulb_degc,relative_humidity_pct", "20,50", "20,100")
    air = read_weather(written(tmp_path, text)).at(TIMES, BERLIN)
    assert air.dry_bulb_degc.tolist() == [20.0, 20.0]
    assert air.dew_point_degc[0] == pytest.approx(9.3, abs=0.1)  # psychrometric chart
    assert air.dew_point_degc[1] == pytest.approx(20.0, abs=0.05)


def test_dew_point_from_wet_bulb(tmp_path: Path) -> None:
    text = rows("dry_bulb_degc,wet_bulb_degc", "20,13.8", "20,20")
    air = read_weather(written(tmp_path, text)).at(TIMES, BERLIN)
    assert air.dew_point_degc[0] == pytest.approx(9.3, abs=0.3)
    assert air.dew_point_degc[1] == pytest.approx(20.0, abs=0.1)


def test_a_typical_year_is_read_in_standard_time(tmp_path: Path) -> None:
    weather = read_weather(write_epw(tmp_path / "year.epw", lambda hour: float(hour % 24), dew_point=-5.0))
    noon_utc = pd.DatetimeIndex([datetime(2025, 7, 1, 12, tzinfo=UTC)])  # 14:00 on the wall, 13:00 standard time
    assert weather.at(noon_utc, BERLIN).dry_bulb_degc.tolist() == [12.0]
    assert "by calendar" in weather.notes[0]


@pytest.mark.parametrize(
    ("heading", "value", "said"),
    [
        ("dry_bulb_degc", "20", "it has neither"),
        ("dry_bulb_degc,relative_humidity_pct,wet_bulb_degc", "20,50,14", "it has both"),
        ("dry_bulb_degc,relative_humidity_pct", "20,0.5", "it is in per cent"),
        ("dry_bulb_degc,relative_humidity_pct", "68,400", "is the unit degC"),
    ],
)
def test_what_cannot_be_weather_is_refused(tmp_path: Path, heading: str, value: str, said: str) -> None:
    with pytest.raises(SignalError, match=said):
        read_weather(written(tmp_path, rows(heading, value)))
