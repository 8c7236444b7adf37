"""Series out of JSON rows, each with a time and a value."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pandas as pd

from facility.errors import SignalError
from facility.signals.provider import regular, usual_step


def series_of(rows: object, time: str, value: str, source: str) -> pd.Series:
    """Return a regular series; a value that is null is a gap.

    Raises
    ------
    SignalError
        If there are no rows, or one lacks a time or a number.
    """
    if not isinstance(rows, list) or not rows:
        raise SignalError(f"{source}: answered with no rows")
    pairs = [
        (time_of(_entry(row, time, source), source), number_of(_entry(row, value, source), source)) for row in rows
    ]
    values = pd.Series(
        [number for _, number in pairs], index=pd.DatetimeIndex([moment for moment, _ in pairs]), dtype=float
    )
    values.index = pd.to_datetime(values.index, utc=True)
    return regular(values, usual_step(pd.DatetimeIndex(values.index)), source)


def time_of(text: object, source: str) -> datetime:
    """Return an ISO 8601 time with its offset.

    Raises
    ------
    SignalError
        If it is none.
    """
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise SignalError(f"{source}: {error}") from error
    if moment.tzinfo is None:
        raise SignalError(f"{source}: time {text} has no offset from UTC")
    return moment


def number_of(found: object, source: str) -> float:
    """Return a number, NaN for null.

    Raises
    ------
    SignalError
        If it is neither.
    """
    if found is None:
        return float("nan")
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise SignalError(f"{source}: {str(found)[:60]!r} is no number")
    return float(found)


def _entry(row: Any, key: str, source: str) -> object:
    if not isinstance(row, dict) or key not in row:
        raise SignalError(f"{source}: a row has no {key}")
    return row[key]


def listed(document: dict[str, Any], key: str, source: str) -> Sequence[Any]:
    """Return a list inside a document.

    Raises
    ------
    SignalError
        If it is not there.
    """
    found = document.get(key)
    if not isinstance(found, list):
        raise SignalError(f"{source}: has no list {key}")
    return found
