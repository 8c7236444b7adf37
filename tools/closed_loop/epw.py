"""EnergyPlus weather files: a year of hours at a place, by calendar.

Format: EnergyPlus Auxiliary Programs, "EnergyPlus Weather File (EPW) Data Dictionary". Times are local standard time; hour 1
is the hour that ends at 01:00, and temperatures are those at its end.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from facility.errors import SignalError
from facility.records import FloatArray
from models.psychrometrics import dew_point_degc

HEADER_LINES = 8
HOURS = 8760
MONTH_BEGINS = np.concatenate([[0], np.cumsum([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])])
MISSING = {"dry_bulb_degc": 99.9, "dew_point_degc": 99.9, "relative_humidity_pct": 999.0}
COLUMNS = {1: "month", 2: "day", 3: "hour", 6: "dry_bulb_degc", 7: "dew_point_degc", 8: "relative_humidity_pct"}
LONGEST_GAP_H = 6


@dataclass(frozen=True, slots=True, eq=False)
class TypicalYear:
    """Outdoor air of 8,760 hours without a year; row h is what was at the end of hour h (from 0) of local standard time."""

    place: str
    offset: timedelta
    dry_bulb_degc: FloatArray
    dew_point_degc: FloatArray
    filled: int  # hours whose values were missing and are interpolated

    def at(self, clock: pd.DatetimeIndex) -> tuple[FloatArray, FloatArray]:
        """Return dry bulb and dew point at calendar moments of a standard clock; 29 February is like the 28th."""
        leap_day = (clock.month == 2) & (clock.day == 29)
        day = MONTH_BEGINS[clock.month.to_numpy() - 1] + clock.day.to_numpy() - 1 - leap_day
        hour = day * 24.0 + clock.hour.to_numpy() + clock.minute.to_numpy() / 60.0 + clock.second.to_numpy() / 3600.0
        ends = np.arange(1.0, HOURS + 1.0)
        dry, dew = (np.interp(hour, ends, values, period=HOURS) for values in (self.dry_bulb_degc, self.dew_point_degc))
        return dry, np.minimum(dew, dry)


def read_epw(path: Path) -> TypicalYear:
    """Read an EPW file.

    Raises
    ------
    SignalError
        If it is no EPW file, holds less than a year of hours, or lacks values for longer than six hours.
    """
    place, offset = _location(path)
    frame = _hours(path)
    number = (
        MONTH_BEGINS[frame["month"].to_numpy() - 1] * 24 + (frame["day"].to_numpy() - 1) * 24 + frame["hour"].to_numpy()
    )
    frame = frame.set_index(number - 1)
    if len(frame) != HOURS or not np.array_equal(np.sort(frame.index), np.arange(HOURS)):
        raise SignalError(
            f"{path}: holds {len(frame)} hours, expected each of a year's {HOURS} once (29 February left out)"
        )
    frame = frame.sort_index()
    for name, code in MISSING.items():
        frame[name] = frame[name].where(frame[name] < code)
    derived = frame["dew_point_degc"].isna()
    frame.loc[derived, "dew_point_degc"] = dew_point_degc(
        frame.loc[derived, "dry_bulb_degc"], frame.loc[derived, "relative_humidity_pct"] / 100.0
    )
    gaps = frame[["dry_bulb_degc", "dew_point_degc"]].isna()
    dry, dew = (_bridged(path, frame[name]) for name in ("dry_bulb_degc", "dew_point_degc"))
    return TypicalYear(place, offset, dry, dew, int(gaps.any(axis=1).sum()))


def _location(path: Path) -> tuple[str, timedelta]:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            fields = file.readline().strip().split(",")
    except OSError as error:
        raise SignalError(f"{path}: cannot be read: {error}") from error
    try:
        if fields[0].strip().upper() != "LOCATION":
            raise ValueError("it begins with " + repr(fields[0][:20]))  # noqa: TRY301 (one message for all that is wrong)
        return fields[1].strip(), timedelta(hours=float(fields[8]))
    except (IndexError, ValueError) as error:
        raise SignalError(
            f"{path}:1: no EPW header ({error}); expected LOCATION,city,state,country,source,WMO,latitude,longitude,"
            "time zone,elevation"
        ) from error


def _hours(path: Path) -> pd.DataFrame:
    try:
        frame = pd.read_csv(path, skiprows=HEADER_LINES, header=None, usecols=list(COLUMNS), encoding_errors="replace")
    except (OSError, ValueError) as error:  # ValueError covers pandas' parser errors
        raise SignalError(f"{path}: cannot be read: {error}") from error
    frame = frame.rename(columns=COLUMNS)
    numbers = frame.apply(pd.to_numeric, errors="coerce")
    wrong = numbers[["month", "day", "hour"]].isna().any(axis=1)
    outside = (numbers["month"] < 1) | (numbers["month"] > 12) | (numbers["hour"] < 1) | (numbers["hour"] > 24)
    if (wrong | outside).any():
        line = int(np.flatnonzero(wrong | outside)[0]) + HEADER_LINES + 1
        raise SignalError(f"{path}:{line}: month, day and hour expected in columns 2 to 4, hours from 1 to 24")
    numbers = numbers.astype({"month": int, "day": int, "hour": int})
    leap_day = (numbers["month"] == 2) & (numbers["day"] == 29)
    return pd.DataFrame(numbers[~leap_day])


def _bridged(path: Path, values: pd.Series) -> FloatArray:
    """Fill short gaps in proportion, round the end of the year."""
    thrice = pd.concat([values] * 3, ignore_index=True)
    missing = thrice.isna()
    longest = int(missing.groupby((~missing).cumsum()).sum().max())
    if longest > LONGEST_GAP_H:
        raise SignalError(
            f"{path}: {values.name} is missing for {longest} hours together; up to {LONGEST_GAP_H} are bridged"
        )
    return np.asarray(thrice.interpolate()[HOURS : 2 * HOURS], dtype=float)
