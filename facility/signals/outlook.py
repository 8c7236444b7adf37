"""The site's signals behind one protocol: weather, energy price, carbon intensity."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from facility.errors import NotEnoughDataError, SignalError
from facility.ports import Telemetry
from facility.records import Forecast
from facility.signals.carbon import carbon_intensities
from facility.signals.series_file import step_times
from facility.signals.tariff import energy_prices
from facility.signals.weather import OUTDOOR, continued, file_forecast, measured_course, within_physics
from facility.site_file import LoadedSite
from models.psychrometrics import wet_bulb_degc

PRICE = "price_per_kwh"
CARBON = "gco2_per_kwh"
WET_BULB = "outdoor_wet_bulb_degc"


@dataclass(frozen=True, slots=True)
class SiteSignals:
    """Implements `facility.ports.Signals` from the sources that the site file names."""

    loaded: LoadedSite
    telemetry: Telemetry

    def forecast(self, quantity: str, issued: datetime, start: datetime, steps: int, step: timedelta) -> Forecast:
        """Return a forecast of weather, price or carbon intensity; see `facility.ports.Signals`."""
        times = step_times(start, steps, step)
        if issued.tzinfo is None:
            raise SignalError(f"time of issue {issued.isoformat()} has no offset from UTC; add one, such as +00:00")
        site, folder = self.loaded.site, self.loaded.path.parent
        if quantity == PRICE:
            values = energy_prices(site.tariff, site.zone, times, folder)
            return _exact(quantity, issued, times, values, str(site.tariff.price_file or "tariff"))
        if quantity == CARBON:
            values = carbon_intensities(site.carbon, times, folder)
            return _exact(quantity, issued, times, values, str(site.carbon.intensity_file or "constant"))
        if quantity in OUTDOOR:
            return self._outdoor(quantity, issued, times, step)
        if quantity == WET_BULB:
            return self._wet_bulb(issued, start, steps, step)
        raise SignalError(f"no source of {quantity!r}; known: {', '.join((PRICE, CARBON, *OUTDOOR, WET_BULB))}")

    def forgets_what_came_later(self, quantity: str) -> bool:
        """Tell whether the source, asked as of a past time, answers as it would have then.

        A tariff stands in a contract, and forecasts have a time of issue; a file of prices or of carbon intensities has the values
        that turned out, whenever they became known.
        """
        site = self.loaded.site
        return not (quantity == PRICE and site.tariff.price_file) and not (
            quantity == CARBON and site.carbon.intensity_file
        )

    def _outdoor(self, quantity: str, issued: datetime, times: pd.DatetimeIndex, step: timedelta) -> Forecast:
        weather = self.loaded.site.weather
        if weather.forecast == "file":
            values = file_forecast(weather, self.loaded.path.parent, quantity, issued, times)
            return _exact(quantity, issued, times, within_physics(quantity, values), str(weather.forecast_file))
        point = self.loaded.points.one(weather.station, quantity)
        if point is None:
            raise NotEnoughDataError([f"no device measures {quantity} of {weather.station}"])
        series = measured_course(self.telemetry, point, issued, step)
        values, quantiles = continued(series, times, step)
        days = (series.index[-1] - series.index[0]) / pd.Timedelta(days=1)
        return Forecast(
            quantity,
            issued,
            list(times.to_pydatetime()),
            within_physics(quantity, values),
            f"course of the last {days:.1f} days",
            {q: within_physics(quantity, bound) for q, bound in quantiles.items()},
        )

    def _wet_bulb(self, issued: datetime, start: datetime, steps: int, step: timedelta) -> Forecast:
        dry, humidity = (self.forecast(quantity, issued, start, steps, step) for quantity in OUTDOOR)
        altitude_m = self.loaded.site.altitude_m
        values = wet_bulb_degc(dry.values, humidity.values, altitude_m)
        # Temperature carries the spread; the humidity that goes with a warmer day is not known better than its mean.
        quantiles = {q: wet_bulb_degc(warm, humidity.values, altitude_m) for q, warm in dry.quantiles.items()}
        return Forecast(WET_BULB, issued, dry.times, np.asarray(values), dry.source, quantiles)


def _exact(quantity: str, issued: datetime, times: pd.DatetimeIndex, values: np.ndarray, source: str) -> Forecast:
    return Forecast(quantity, issued, list(times.to_pydatetime()), values, source)
