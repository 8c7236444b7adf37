"""The site's signals behind one protocol: weather, energy price, carbon intensity."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from facility.errors import NotEnoughDataError, SignalError
from facility.ports import ForecastArchive, Telemetry
from facility.records import Forecast
from facility.signals.carbon import carbon_intensities
from facility.signals.published import published
from facility.signals.series_file import step_times
from facility.signals.tariff import contract_prices, energy_prices, paid_prices
from facility.signals.weather import OUTDOOR, continued, file_forecast, measured_course, within_physics
from facility.site import AnySource
from facility.site_file import LoadedSite
from models.psychrometrics import wet_bulb_degc

PRICE = "price_per_kwh"
CARBON = "gco2_per_kwh"
WET_BULB = "outdoor_wet_bulb_degc"


@dataclass(frozen=True, slots=True)
class SiteSignals:
    """Implements `facility.ports.Signals` from the sources that the site file names.

    What providers published is read from the archive, where the fetcher keeps it; nothing here waits for a network. Where it is
    missing or too old the fallback of the site file stands in, and the forecast's note says so.
    """

    loaded: LoadedSite
    telemetry: Telemetry
    archive: ForecastArchive | None = None

    def forecast(self, quantity: str, issued: datetime, start: datetime, steps: int, step: timedelta) -> Forecast:
        """Return a forecast of weather, price or carbon intensity; see `facility.ports.Signals`."""
        times = step_times(start, steps, step)
        if issued.tzinfo is None:
            raise SignalError(f"time of issue {issued.isoformat()} has no offset from UTC; add one, such as +00:00")
        if quantity == PRICE:
            return self._price(issued, times)
        if quantity == CARBON:
            return self._carbon(issued, times)
        if quantity in OUTDOOR:
            return self._outdoor(quantity, issued, times, step)
        if quantity == WET_BULB:
            return self._wet_bulb(issued, start, steps, step)
        raise SignalError(f"no source of {quantity!r}; known: {', '.join((PRICE, CARBON, *OUTDOOR, WET_BULB))}")

    def _price(self, issued: datetime, times: pd.DatetimeIndex) -> Forecast:
        site, folder = self.loaded.site, self.loaded.path.parent
        tariff = site.tariff
        if tariff.price_source is None:
            values = energy_prices(tariff, site.zone, times, folder)
            return _exact(PRICE, issued, times, values, str(tariff.price_file or "tariff"))

        def contract() -> Forecast:
            return _exact(PRICE, issued, times, contract_prices(tariff, site.zone, times), "tariff")

        found = self._fetched(PRICE, tariff.price_source, issued, times, contract)
        return (
            found if found.source == "tariff" else replace(found, values=paid_prices(tariff.price_source, found.values))
        )

    def _carbon(self, issued: datetime, times: pd.DatetimeIndex) -> Forecast:
        carbon = self.loaded.site.carbon

        if carbon.intensity_source is None:
            values = carbon_intensities(carbon, times, self.loaded.path.parent)
            return _exact(CARBON, issued, times, values, str(carbon.intensity_file or "constant"))

        def constant() -> Forecast:
            return _exact(CARBON, issued, times, np.full(len(times), carbon.gco2_per_kwh), "constant")

        return self._fetched(CARBON, carbon.intensity_source, issued, times, constant)

    def _fetched(
        self,
        quantity: str,
        source: AnySource,
        issued: datetime,
        times: pd.DatetimeIndex,
        fallback: Callable[[], Forecast],
    ) -> Forecast:
        """Return what was published, or the fallback with a note why."""
        try:
            return published(self.archive, quantity, source, issued, times)
        except SignalError as error:
            instead = fallback()
            return replace(instead, note=f"{quantity}: {error}; {instead.source} stands in")

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
        if weather.source is not None:
            found = self._fetched(
                quantity, weather.source, issued, times, lambda: self._by_course(quantity, issued, times, step)
            )
            return replace(found, values=within_physics(quantity, found.values))
        if weather.forecast == "file":
            values = file_forecast(weather, self.loaded.path.parent, quantity, issued, times)
            return _exact(quantity, issued, times, within_physics(quantity, values), str(weather.forecast_file))
        return self._by_course(quantity, issued, times, step)

    def _by_course(self, quantity: str, issued: datetime, times: pd.DatetimeIndex, step: timedelta) -> Forecast:
        """Return the course that the measured days make expect."""
        weather = self.loaded.site.weather
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
        return Forecast(WET_BULB, issued, dry.times, np.asarray(values), dry.source, quantiles, dry.note)


def _exact(quantity: str, issued: datetime, times: pd.DatetimeIndex, values: np.ndarray, source: str) -> Forecast:
    return Forecast(quantity, issued, list(times.to_pydatetime()), values, source)
