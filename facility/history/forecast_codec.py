"""A forecast as a row and back: its values and quantiles as 32-bit floats, one series after another, compressed."""

from __future__ import annotations

import itertools
import zlib
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from facility.errors import JournalError, SignalError
from facility.history.journal_tables import ForecastRow
from facility.records import FloatArray, Forecast

_LONGEST_BYTES = 1 << 24  # of what a body may unpack to; two weeks of five-minute steps with 20 quantiles are 0.3 MB
_FLOAT = np.dtype("<f4")


def as_row(forecast: Forecast, site_id: str) -> ForecastRow:
    """Return a forecast as the table keeps it.

    Raises
    ------
    SignalError
        If a time has no zone, or the steps are not equally long.
    """
    return ForecastRow(
        site_id=site_id,
        quantity=forecast.quantity,
        issued=forecast.issued,
        begins=forecast.times[0],
        step_s=_step(forecast).total_seconds(),
        source=forecast.source,
        quantiles=" ".join(map(repr, forecast.quantiles)),
        body=zlib.compress(_packed(forecast)),
    )


def as_forecast(row: ForecastRow) -> Forecast:
    """Return the forecast that a row keeps.

    Raises
    ------
    JournalError
        If the row is damaged.
    """
    try:
        quantiles = [float(word) for word in row.quantiles.split()]
        series = np.frombuffer(_unpacked(row.body), _FLOAT).reshape(1 + len(quantiles), -1).astype(float)
    except (ValueError, zlib.error) as error:
        raise JournalError(f"forecast {row.sequence} of {row.quantity} is damaged: {error}") from error
    times = [row.begins + number * timedelta(seconds=row.step_s) for number in range(series.shape[1])]
    spread = dict(zip(quantiles, series[1:], strict=True))
    return Forecast(row.quantity, row.issued, times, series[0], row.source, spread)


def says_the_same(new: Forecast, old: Forecast) -> bool:
    """Tell whether a newer forecast repeats an older one wherever both have values, to the precision of the table."""
    if new.source != old.source or list(new.quantiles) != list(old.quantiles):
        return False
    before, now = _frame(old), _frame(new)
    both = before.index.intersection(now.index)
    return len(both) > 0 and np.array_equal(before.loc[both].to_numpy(), now.loc[both].to_numpy(), equal_nan=True)


def _frame(forecast: Forecast) -> pd.DataFrame:
    columns = {"value": forecast.values, **{str(q): bound for q, bound in forecast.quantiles.items()}}
    rounded: dict[str, FloatArray] = {name: np.asarray(column, _FLOAT) for name, column in columns.items()}
    return pd.DataFrame(rounded, index=pd.DatetimeIndex(list(forecast.times)))


def _packed(forecast: Forecast) -> bytes:
    return b"".join(np.asarray(one, _FLOAT).tobytes() for one in (forecast.values, *forecast.quantiles.values()))


def _unpacked(body: bytes) -> bytes:
    stream = zlib.decompressobj()
    packed = stream.decompress(body, _LONGEST_BYTES)
    if not stream.eof:
        raise ValueError("its end is missing")
    return packed


def _step(forecast: Forecast) -> timedelta:
    times = [*forecast.times, forecast.issued]
    if not forecast.times or any(time.tzinfo is None for time in times):
        raise SignalError(f"forecast of {forecast.quantity}: needs times, all with an offset from UTC")
    utc = [time.astimezone(UTC) for time in forecast.times]  # within a zone, Python subtracts by the clock on the wall
    steps = {later - earlier for earlier, later in itertools.pairwise(utc)}
    if len(steps) > 1 or any(step <= timedelta(0) for step in steps):
        raise SignalError(f"forecast of {forecast.quantity}: its steps are not equally long: {_some(steps)}")
    return next(iter(steps), timedelta(0))


def _some(steps: set[timedelta]) -> str:
    return ", ".join(map(str, sorted(steps)[:3]))


def check_aware(at: datetime) -> None:
    """Refuse a time without a zone: what was known by then would depend on where one asks.

    Raises
    ------
    SignalError
        If it has none.
    """
    if at.tzinfo is None:
        raise SignalError(f"time {at.isoformat()} has no offset from UTC; add one, such as +00:00")
