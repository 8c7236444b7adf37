"""A forecast's 90 % interval, held to the forecasts of its kind that were kept: by lead time, what those turned out to miss."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd

from facility.ports import ForecastArchive, Telemetry
from facility.records import FloatArray, Forecast
from facility.signals.skill import HIGH, LOW, compared, lead_hours, weather_measured
from facility.site_file import LoadedSite

SPAN = timedelta(days=28)  # of the season, and long enough to have seen its kinds of weather
LEAST_DAYS = 5
_LEVEL = HIGH - LOW
_NEAR_H = 3  # lead hours on either side that are judged together


def with_proven_spread(
    forecast: Forecast, archive: ForecastArchive, loaded: LoadedSite, telemetry: Telemetry
) -> Forecast:
    """Return a forecast of the weather with the interval that would have held for those kept lately; its source says so.

    Both ends move by as much as 90 % of the measured values were beyond them at most, at that lead time; where the forecast has
    no interval, the forecast itself counts as both ends. It comes back as it is where fewer than `LEAST_DAYS` days of such
    forecasts can be compared.

    Raises
    ------
    JournalError
        If the archive cannot be read.

    References
    ----------
    Romano, Patterson, Candes, "Conformalized quantile regression", NeurIPS 2019.
    """
    start, issued = forecast.issued - SPAN, forecast.issued
    measured = weather_measured(loaded, telemetry, forecast.quantity, start, issued)
    if measured is None:
        return forecast
    alike = (one for one in archive.issued(forecast.quantity, start, issued) if _spreads(one) == _spreads(forecast))
    rows = compared(alike, measured)
    beyond = _beyond_by_lead(rows)
    if beyond.empty:
        return forecast
    lead_h = np.minimum(lead_hours(forecast.times, issued), beyond.index[-1])
    return _moved(forecast, np.asarray(beyond.reindex(lead_h), float), rows["issued"].dt.date.nunique())


def _spreads(forecast: Forecast) -> bool:
    return LOW in forecast.quantiles and HIGH in forecast.quantiles


def _beyond_by_lead(rows: pd.DataFrame) -> pd.Series[float]:
    """Return by how much the ends have to move at each lead hour, index lead hours from 0 on without a gap; empty if unknown."""
    found: dict[int, float] = {}
    for lead_h in range(int(rows["lead_h"].max()) + 1 if len(rows) else 0):
        near = rows[(rows["lead_h"] - lead_h).abs() <= _NEAR_H]
        if near["issued"].dt.date.nunique() < LEAST_DAYS:
            break
        found[lead_h] = float(near["beyond"].quantile(_LEVEL))
    return pd.Series(found, dtype=float)


def _moved(forecast: Forecast, by: FloatArray, days: int) -> Forecast:
    low, high = (forecast.quantiles.get(quantile, forecast.values) for quantile in (LOW, HIGH))
    by = np.maximum(by, -(high - low) / 2)  # ends meet at most
    source = f"{forecast.source}, interval by kept forecasts of {days} days"
    return replace(forecast, source=source, quantiles={LOW: low - by, HIGH: high + by})
