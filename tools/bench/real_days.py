"""Prices, carbon and weather that a zone really had, as files that the closed loop reads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from gzip import open as open_packed
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from tools.bench.shared_data import folder
from tools.bench.shifting_days import market_prices
from tools.closed_loop.course_files import CARBON_COLUMN, PRICE_COLUMN
from tools.closed_loop.weather_files import DRY_BULB, HUMIDITY

DATA = "grid_price_carbon_weather"
_CARBON, _CLOCK = "Carbon Intensity gCO\N{SUBSCRIPT TWO}eq/kWh (direct)", "Datetime (UTC)"


@contextmanager
def words_of_days(zone: str, first: pd.Timestamp, last: pd.Timestamp) -> Iterator[list[str]]:
    """Yield what the closed loop is told to live in days of a zone; nothing where the data set is absent: days are then made up.

    Prices are in the data's currency, which the site's is taken for.
    """
    found = folder(DATA)
    if found is None:
        yield []
        return
    years = range(first.year, last.year + 1)
    prices = pd.concat([market_prices(zone, year) for year in years]).to_frame(PRICE_COLUMN) * 1000.0
    carbon = pd.concat([_carbon(found / f"ci_{zone}_{year}.csv.gz") for year in years])
    weather = pd.concat([_weather(found / f"wx_{zone}_{year}.json.gz") for year in years])
    with TemporaryDirectory() as made:
        words = []
        for name, frame in {"prices": prices, "carbon": carbon, "weather": weather}.items():
            path = Path(made) / f"{name}.csv"
            frame[~frame.index.duplicated()].sort_index().rename_axis("time").to_csv(path)
            words += [f"--{name}", str(path)]
        yield words


def _carbon(path: Path) -> pd.DataFrame:
    frame = pd.read_csv(path)
    times = pd.DatetimeIndex(pd.to_datetime(frame[_CLOCK], utc=True))
    return pd.DataFrame({CARBON_COLUMN: frame[_CARBON].to_numpy(float)}, times)


def _weather(path: Path) -> pd.DataFrame:
    """Read hours whose clock keeps one offset all year, the one that the file names."""
    with open_packed(path, "rt", encoding="utf-8") as file:
        said = json.load(file)
    hourly = said["hourly"]
    times = pd.DatetimeIndex(hourly["time"]).tz_localize("UTC") - timedelta(seconds=said["utc_offset_seconds"])
    return pd.DataFrame({DRY_BULB: hourly["temperature_2m"], HUMIDITY: hourly["relative_humidity_2m"]}, times)
