"""How good forecasts were: kept ones against what was then measured, by lead time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from facility.ports import ForecastArchive, Telemetry
from facility.records import Forecast
from facility.signals.outlook import WET_BULB
from facility.signals.weather import OUTDOOR
from facility.site_file import LoadedSite
from models.psychrometrics import wet_bulb_degc

IntArray = npt.NDArray[np.int64]

MEASURED = (*OUTDOOR, WET_BULB)
LOW, HIGH = 0.05, 0.95  # quantiles at the ends of the 90 % interval
_HOUR = pd.Timedelta(hours=1)
COLUMNS = ("count", "bias", "mae", "width_90", "coverage_90")


def skill(archive: ForecastArchive, quantity: str, measured: pd.Series, start: datetime, end: datetime) -> pd.DataFrame:
    """Return the error of the forecasts of a quantity issued in [start, end), one row a lead hour (index `lead_h`).

    Parameters
    ----------
    archive
        Forecasts as they were issued.
    quantity
        What they are of.
    measured
        What then was, by step, NaN for gaps; steps that begin as those of the forecasts.
    start, end
        When they were issued.

    Returns
    -------
    pandas.DataFrame
        `count` of steps compared; `bias` (forecast less measured) and `mae`, in the quantity's unit; mean `width_90` of the 90 %
        interval and `coverage_90`, the share inside, NaN where forecasts give no spread. No rows where nothing can be compared.
    """
    found = compared(archive.issued(quantity, start, end), measured).groupby("lead_h")
    return pd.DataFrame(
        {
            "count": found["error"].size(),
            "bias": found["error"].mean(),
            "mae": found["error"].apply(lambda error: error.abs().mean()),
            "width_90": found["width"].mean(),
            "coverage_90": found["inside"].mean(),
        },
        columns=list(COLUMNS),
    )


def compared(forecasts: Iterable[Forecast], measured: pd.Series) -> pd.DataFrame:
    """Return one row a step that was forecast and then measured, of one forecast an hour at most.

    Returns
    -------
    pandas.DataFrame
        When it was `issued` and `lead_h`, whole hours ahead; `error`, forecast less measured; `width` of the 90 % interval and
        `inside`, 1 or 0, both NaN where the forecast gives no spread; `beyond`, how far the measured value lies beyond the nearer
        end of the interval (negative inside), or where there is none, from the forecast.
    """
    rows = pd.concat([_compared(one, measured) for one in _spaced(forecasts)] or [_nothing()])
    return rows.dropna(subset=["error"])


def lead_hours(times: Sequence[datetime], issued: datetime) -> IntArray:
    """Return how many whole hours ahead times are; a step under way is none."""
    return np.asarray(np.maximum((pd.DatetimeIndex(list(times)) - pd.Timestamp(issued)) // _HOUR, 0), np.int64)


def weather_measured(
    loaded: LoadedSite, telemetry: Telemetry, quantity: str, start: datetime, end: datetime
) -> pd.Series | None:
    """Return one of `MEASURED` by step, NaN for gaps; None where the site's station does not measure it."""
    wanted = OUTDOOR if quantity == WET_BULB else (quantity,)
    points = [loaded.points.one(loaded.site.weather.station, name) for name in wanted]
    ids = [point.id for point in points if point is not None]
    if len(ids) < len(wanted):
        return None
    read = telemetry.read(ids, start, end, loaded.site.step)
    if quantity != WET_BULB:
        return read[ids[0]]
    dry, humidity = (read[name].to_numpy(float) for name in ids)
    return pd.Series(wet_bulb_degc(dry, humidity, loaded.site.altitude_m), index=read.index)


def _spaced(forecasts: Iterable[Forecast]) -> Iterable[Forecast]:
    """Yield one forecast an hour at most, so that times when much was kept do not outweigh the others."""
    last: datetime | None = None
    for forecast in forecasts:
        if last is None or forecast.issued - last >= timedelta(hours=1):
            last = forecast.issued
            yield forecast


def _compared(forecast: Forecast, measured: pd.Series) -> pd.DataFrame:
    truth = measured.reindex(pd.DatetimeIndex(list(forecast.times))).to_numpy(float)
    unknown = np.full(truth.size, np.nan)
    low, high = (np.asarray(forecast.quantiles.get(quantile, unknown)) for quantile in (LOW, HIGH))
    spread, error = np.isfinite(high - low), forecast.values - truth
    beyond = np.where(spread, np.maximum(low - truth, truth - high), np.abs(error))
    columns = {
        "issued": pd.Timestamp(forecast.issued),
        "lead_h": lead_hours(forecast.times, forecast.issued),
        "error": error,
        "width": high - low,
        "inside": np.where(spread, beyond <= 0, np.nan),
        "beyond": beyond,
    }
    return pd.DataFrame(columns)


def _nothing() -> pd.DataFrame:
    return pd.DataFrame({name: np.empty(0) for name in ("lead_h", "error", "width", "inside")})
