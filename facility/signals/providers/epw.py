"""EnergyPlus weather files: a typical year, hour by hour, in the local standard time of its place.

References
----------
U.S. DOE, "Auxiliary programs: EnergyPlus weather file (EPW) data dictionary": eight header lines; hour 1 ends at 01:00.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pandas as pd

from facility.errors import SignalError
from facility.signals.provider import Issue, Window
from facility.signals.weather import OUTDOOR
from facility.site import EpwWeather

_HEADER_LINES, _OFFSET_FIELD = 8, 8
_MONTH, _DAY, _HOUR, _DRY_BULB, _HUMIDITY = 1, 2, 3, 6, 8
_MISSING_DEGC, _MISSING_PERCENT = 99.9, 999.0


@dataclass(frozen=True, slots=True)
class Epw:
    """Reads one file."""

    source: EpwWeather
    folder: Path
    quantities: Sequence[str] = OUTDOOR

    @property
    def name(self) -> str:
        """The file."""
        return self.source.label

    def fetch(self, window: Window) -> Sequence[Issue]:
        """Return the same hours of the typical year; the 29th of February is as the 28th where its year has none."""
        path = self.folder / self.source.file
        offset_h, hours = _read(path)
        times = pd.date_range(window.start, window.end, freq="h", inclusive="left")
        local = times + timedelta(hours=offset_h)
        rows = []
        for moment in local:
            key = (moment.month, moment.day, moment.hour)
            found = hours.get(key) or hours.get((2, 28, moment.hour) if key[:2] == (2, 29) else key)
            if found is None:
                raise SignalError(f"{path}: has no hour {key[2]} of {moment:%d %B}")
            rows.append(found)
        return [Issue(name, pd.Series([row[one] for row in rows], index=times)) for one, name in enumerate(OUTDOOR)]


def _read(path: Path) -> tuple[float, dict[tuple[int, int, int], tuple[float, float]]]:
    """Return the offset from UTC, and temperature and humidity by month, day and hour of the beginning."""
    try:
        with path.open(encoding="latin-1", newline="") as stream:
            lines = list(csv.reader(stream))
    except (OSError, csv.Error) as error:
        raise SignalError(f"{path}: cannot be read: {error}") from error
    try:
        if lines[0][0] != "LOCATION":
            raise SignalError(f"{path}: is no EPW file; its first line begins with LOCATION")
        hours = {_key(row): _values(row) for row in lines[_HEADER_LINES:] if row}
        return float(lines[0][_OFFSET_FIELD]), hours
    except (IndexError, ValueError) as error:
        raise SignalError(f"{path}: is no EPW file: {error}") from error


def _key(row: Sequence[str]) -> tuple[int, int, int]:
    return int(row[_MONTH]), int(row[_DAY]), int(row[_HOUR]) - 1


def _values(row: Sequence[str]) -> tuple[float, float]:
    dry, humidity = float(row[_DRY_BULB]), float(row[_HUMIDITY])
    unknown = float("nan")
    return unknown if dry >= _MISSING_DEGC else dry, unknown if humidity >= _MISSING_PERCENT else humidity / 100.0
