"""What a site will draw in the coming hours if nothing is changed: load and weather expected, the rest as it has been operated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from facility.errors import NotEnoughDataError
from facility.learn.site_frame import outdoor_conditions, read_site_frame
from facility.ports import ForecastArchive, Signals, Telemetry
from facility.records import Forecast
from facility.signals.proven_spread import with_proven_spread
from facility.signals.weather import OUTDOOR
from facility.site_file import LoadedSite
from models.whole.ahead import AheadModel, SiteAhead

RECENT = timedelta(days=1)
_LOW, _HIGH = 0.05, 0.95


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """A site ahead, what it was made from, and for how long it is asked."""

    ahead: SiteAhead
    weather: pd.DataFrame
    weather_source: str
    model_version: str
    issued: datetime


def predict_site(
    loaded: LoadedSite,
    telemetry: Telemetry,
    signals: Signals,
    model: AheadModel,
    version: str,
    *,
    archive: ForecastArchive,
    at: datetime,
    horizon: timedelta,
) -> Prediction:
    """Return the prediction of the steps from the present one on; weather is as unsure as forecasts of its kind have proved.

    Raises
    ------
    NotEnoughDataError
        If IT power has not been measured lately.
    facility.errors.SignalError
        If a weather source fails or ends too early.
    """
    step = loaded.site.step
    start = pd.Timestamp(at).floor(step)
    steps = min(round(horizon / step), model.steps)
    recent = read_site_frame(loaded, telemetry, at - RECENT, at).rows()
    if recent.table.empty:
        raise NotEnoughDataError(["a step of the last day in which the whole site was measured", *recent.left_out])
    dry, humidity = (signals.forecast(name, at, start.to_pydatetime(), steps, step) for name in OUTDOOR)
    dry = with_proven_spread(dry, archive, loaded, telemetry)
    times = pd.date_range(start, periods=steps, freq=step)
    weather = _conditions(loaded, times, dry.values, humidity)
    ahead = model.forecast(start, recent.table, weather, _spread(loaded, times, dry, humidity))
    return Prediction(ahead, weather, dry.source, version, at)


def _conditions(loaded: LoadedSite, times: pd.DatetimeIndex, dry_degc: np.ndarray, humidity: Forecast) -> pd.DataFrame:
    dry, moist = (pd.Series(values, index=times) for values in (dry_degc, humidity.values))
    return outdoor_conditions(dry, moist, loaded.site.altitude_m)


def _spread(
    loaded: LoadedSite, times: pd.DatetimeIndex, dry: Forecast, humidity: Forecast
) -> tuple[pd.DataFrame, pd.DataFrame] | None:
    """Return the weather at the ends of the 90 % interval: temperature carries the spread, as in `facility.signals`."""
    if _LOW not in dry.quantiles or _HIGH not in dry.quantiles:
        return None
    cold, warm = (_conditions(loaded, times, dry.quantiles[quantile], humidity) for quantile in (_LOW, _HIGH))
    return cold, warm
