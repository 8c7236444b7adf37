"""Forecasts as they are: the truth plus an error that grows with lead time, or what was really issued.

The error's form is in `error_course`; its size is that of published skill:

- Temperature: 2.1 K at long lead, memory 48 h: 1.0 K at 6 h, 1.7 K at 24 h, 2.0 K at 48 h. Day-ahead root mean square errors
  of 2 m temperature at stations are 1.2 to 2 K, raw and corrected by statistics (Ben Bouallegue et al., Monthly Weather
  Review 151(4), 2023, on the forecasts of ECMWF). Ours starts at zero, because the site measures.
- Dew point: the same size; half of its variance is the temperature's error, for both come from the same air mass. Relative
  humidity and wet bulb follow from the two, so that the three never contradict each other.
- Price: day-ahead auctions publish the next day by 13:00 local time (Single Day-Ahead Coupling). Until the end of what is
  published there is no error. Beyond it the standard deviation is 20 % of the mean price at long lead, memory 24 h: a mean
  absolute error of 15 % a day ahead, as good models have in the German market (Lago et al., Applied Energy 293, 2021).
- Carbon: relative, 10 % at long lead, memory 24 h: a mean absolute error of 7 % a day ahead and 8 % two days ahead, in the
  range of CarbonCast's by grid (Maji et al., BuildSys 2022: about 3 to 20 %, 10 % on average).

A tariff or a constant of the site file is exact. Load is not here: its forecast is made from the site's own history, by the
product, and errs as it does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta

import numpy as np
import pandas as pd

from facility.errors import SignalError
from facility.records import FloatArray, Forecast
from facility.signals.outlook import CARBON, PRICE, WET_BULB
from facility.signals.series_file import step_times
from facility.signals.weather import OUTDOOR
from models.psychrometrics import relative_humidity_frac, wet_bulb_degc
from tools.closed_loop.case import Case
from tools.closed_loop.course_files import MarketCourse
from tools.closed_loop.error_course import QUANTILES, ErrorCourse
from tools.closed_loop.series import Series
from tools.closed_loop.weather_files import DEW_POINT, DRY_BULB, WeatherSeries

TEMPERATURE, HUMIDITY = OUTDOOR
WEATHER_SIGMA_K, WEATHER_MEMORY_H = 2.1, 48.0
DEW_POINT_SHARE = np.sqrt(0.5)  # of the temperature's error in the dew point's
PRICE_SIGMA_FRAC, PRICE_MEMORY_H = 0.2, 24.0
CARBON_SIGMA_FRAC, CARBON_MEMORY_H = 0.1, 24.0
AUCTION = time(13)  # local; from then on the next day is known
ALL = frozenset({*OUTDOOR, WET_BULB, PRICE, CARBON})


@dataclass(frozen=True, slots=True)
class ForecastWithError:
    """Implements `facility.ports.Signals` for one case: weather, price and carbon as one would have expected them.

    Attributes
    ----------
    exact
        Quantities without error: what a tariff fixes. `ALL` gives perfect foresight.
    issued
        Archives by quantity; the weather's by `TEMPERATURE`, with dry bulb and dew point. Where an archive had said nothing
        of a time yet, the truth with its error stands in.
    """

    case: Case
    exact: frozenset[str] = frozenset()
    issued: Mapping[str, Series] = field(default_factory=dict)

    @classmethod
    def of(cls, case: Case, market: MarketCourse, weather: WeatherSeries | None = None) -> ForecastWithError:
        """Take what is fixed and what was archived from the files that made the case."""
        issued = dict(market.issued)
        if weather is not None and weather.series is not None and weather.series.issues is not None:
            issued[TEMPERATURE] = weather.series
        return cls(case, market.fixed, issued)

    def perfect(self) -> ForecastWithError:
        """Return the same without any error, for arms that may see the future."""
        return replace(self, exact=ALL, issued={})

    def forecast(self, quantity: str, issued: datetime, start: datetime, steps: int, step: timedelta) -> Forecast:
        """Return what was expected at `issued`; see `facility.ports.Signals`.

        Raises
        ------
        SignalError
            If the quantity is none of these, or the case ends before the last step.
        """
        times = step_times(start, steps, step)
        if quantity not in ALL:
            raise SignalError(f"no source of {quantity!r}; known: {', '.join(sorted(ALL))}")
        self._check_end(quantity, times)
        if quantity == PRICE:
            values, spread, source = self._price(issued, times)
        elif quantity == CARBON:
            values, spread, source = self._carbon(issued, times)
        else:
            return self._weather(quantity, issued, times)
        quantiles = {q: values + z * spread for q, z in QUANTILES.items()} if spread.any() else {}
        return Forecast(quantity, issued, list(times.to_pydatetime()), values, source, quantiles)

    def _price(self, issued: datetime, times: pd.DatetimeIndex) -> tuple[FloatArray, FloatArray, str]:
        truth = self._market_values(self.case.market.price_per_kwh, times)
        if PRICE in self.exact:
            return truth, np.zeros(len(times)), "known"
        course = self._course(
            PRICE, PRICE_SIGMA_FRAC * float(np.abs(self.case.market.price_per_kwh).mean()), PRICE_MEMORY_H
        )
        archive = self.issued.get(PRICE)
        if archive is None:
            known = np.where(times < self._published_until(issued), truth, np.nan)
        else:
            known = archive.known(PRICE, issued, times, held=True)
        return _completed(known, truth + course.errors(issued, times), course.spread(issued, times))

    def _carbon(self, issued: datetime, times: pd.DatetimeIndex) -> tuple[FloatArray, FloatArray, str]:
        truth = self._market_values(self.case.market.gco2_per_kwh, times)
        if CARBON in self.exact:
            return truth, np.zeros(len(times)), "known"
        course, archive = self._course(CARBON, CARBON_SIGMA_FRAC, CARBON_MEMORY_H), self.issued.get(CARBON)
        known = np.full(len(times), np.nan)
        if archive is not None:
            known = archive.known(CARBON, issued, times, held=True)
        expected = truth * np.maximum(1.0 + course.errors(issued, times), 0.0)
        return _completed(known, expected, truth * course.spread(issued, times))

    def _weather(self, quantity: str, issued: datetime, times: pd.DatetimeIndex) -> Forecast:
        dry, dew, spread, source = self._air(issued, times)
        altitude_m = self.case.loaded.site.altitude_m
        quantiles: dict[float, FloatArray] = {}
        if quantity == TEMPERATURE:
            values = dry
            quantiles = {q: dry + z * spread for q, z in QUANTILES.items()}
        else:
            values = humidity = relative_humidity_frac(dry, dew)
            if quantity == WET_BULB:
                values = wet_bulb_degc(dry, humidity, altitude_m)
                # As in the product: temperature carries the spread, humidity its mean.
                quantiles = {q: wet_bulb_degc(dry + z * spread, humidity, altitude_m) for q, z in QUANTILES.items()}
        return Forecast(
            quantity, issued, list(times.to_pydatetime()), values, source, quantiles if spread.any() else {}
        )

    def _air(self, issued: datetime, times: pd.DatetimeIndex) -> tuple[FloatArray, FloatArray, FloatArray, str]:
        air = [self.case.conditions.air(moment) for moment in times.to_pydatetime()]
        dry = np.array([one.dry_bulb_degc for one in air])
        dew = np.array([one.dew_point_degc for one in air])
        if TEMPERATURE in self.exact:
            return dry, dew, np.zeros(len(times)), "known"
        warm = self._course(DRY_BULB, WEATHER_SIGMA_K, WEATHER_MEMORY_H)
        own = self._course(DEW_POINT, WEATHER_SIGMA_K, WEATHER_MEMORY_H)
        warmer = warm.errors(issued, times)
        wetter = DEW_POINT_SHARE * warmer + np.sqrt(1.0 - DEW_POINT_SHARE**2) * own.errors(issued, times)
        said_dry = said_dew = np.full(len(times), np.nan)
        if (archive := self.issued.get(TEMPERATURE)) is not None:
            said_dry, said_dew = (archive.known(name, issued, times, held=False) for name in (DRY_BULB, DEW_POINT))
        dry, spread, source = _completed(said_dry, dry + warmer, warm.spread(issued, times), known_is_exact=False)
        dew = np.where(np.isfinite(said_dew), said_dew, dew + wetter)
        return dry, np.minimum(dew, dry), spread, source

    def _course(self, name: str, sigma: float, memory_h: float) -> ErrorCourse:
        return ErrorCourse(name, self.case.seed, sigma, memory_h)

    def _published_until(self, issued: datetime) -> pd.Timestamp:
        """Return the end of the last local day whose auction has been held."""
        zone = self.case.loaded.site.zone
        local = issued.astimezone(zone)
        days = 2 if local.time() >= AUCTION else 1
        return pd.Timestamp(datetime.combine(local.date() + timedelta(days=days), time(), zone)).tz_convert("UTC")

    def _market_values(self, values: FloatArray, times: pd.DatetimeIndex) -> FloatArray:
        return values[[self.case.market.index(moment) for moment in times.to_pydatetime()]]

    def _check_end(self, quantity: str, times: pd.DatetimeIndex) -> None:
        conditions, market = self.case.conditions, self.case.market
        end = market.start + len(market.price_per_kwh) * market.step
        if quantity not in (PRICE, CARBON):
            end = conditions.start + len(conditions.dry_bulb_degc) * conditions.step
        if times[-1] >= pd.Timestamp(end):
            raise SignalError(f"{quantity} ends at {end:%Y-%m-%d %H:%M} UTC, needed until {times[-1]:%Y-%m-%d %H:%M}")


def _completed(
    known: FloatArray, expected: FloatArray, spread: FloatArray, *, known_is_exact: bool = True
) -> tuple[FloatArray, FloatArray, str]:
    """Return what was said where something was, what was expected elsewhere, the spread, and where it came from."""
    said = np.isfinite(known)
    source = (
        "issued"
        if said.all()
        else "issued, then truth with forecast error"
        if said.any()
        else "truth with forecast error"
    )
    return np.where(said, known, expected), np.where(said & known_is_exact, 0.0, spread), source
