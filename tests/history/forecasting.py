"""Forecasts to keep, and a writer that keeps them until it is killed: `python -m tests.history.forecasting STATE`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from facility.history.issued_forecasts import IssuedForecasts
from facility.history.journal_database import open_database
from facility.records import FloatArray, Forecast
from facility.state import StateFolder

NOW = datetime(2026, 3, 20, 6, tzinfo=UTC)
STEP = timedelta(minutes=15)
WARMTH = "outdoor_temperature_degc"


def forecast(issued: datetime, values: FloatArray, quantity: str = WARMTH, spread: float | None = None) -> Forecast:
    times = [issued + number * STEP for number in range(len(values))]
    quantiles = {} if spread is None else {0.05: values - spread, 0.95: values + spread}
    return Forecast(quantity, issued, times, values, "a test", quantiles)


@contextmanager
def open_archive(
    root: Path, site_id: str = "demo", retention: timedelta = timedelta(days=730), url: str | None = None
) -> Iterator[IssuedForecasts]:
    with closing(IssuedForecasts(open_database(url, StateFolder(root)), site_id, retention)) as archive:
        yield archive


def _keep_until_killed(root: Path) -> None:
    with open_archive(root) as archive:
        number = sum(1 for _ in archive.issued(WARMTH, NOW, NOW + timedelta(days=300)))
        while True:
            archive.keep([forecast(NOW + number * STEP, np.full(192, float(number)), spread=2.0)])
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()
            number += 1


if __name__ == "__main__":
    _keep_until_killed(Path(sys.argv[1]))
