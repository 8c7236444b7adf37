"""What is recorded of a site: as it was known at a time, and as it turned out."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from facility.backtest.telemetry_then import TelemetryThen
from facility.ports import ForecastArchive, Telemetry
from facility.records import FloatArray
from facility.signals.outlook import CARBON, PRICE, SiteSignals
from facility.signals.past import past_of
from facility.site_file import LoadedSite
from facility.trust.believed import BelievedTelemetry
from facility.trust.inspection import inspect


@dataclass(frozen=True, slots=True)
class Recorded:
    """Readings and forecasts of a site up to `now`; its site file is today's, for past days too."""

    loaded: LoadedSite
    telemetry: Telemetry
    archive: ForecastArchive
    now: datetime

    def then(self, at: datetime) -> TelemetryThen:
        """Return the readings as they were at a time."""
        return TelemetryThen(self.telemetry, self.loaded.points, at)

    def believed_then(self, at: datetime) -> BelievedTelemetry:
        """Return the readings as they were at a time, without those that an inspection then would not have believed."""
        then = self.then(at)
        return BelievedTelemetry(then, inspect(self.loaded, then, at).findings)

    def turned_out(self, quantity: str, times: pd.DatetimeIndex) -> FloatArray:
        """Return what a quantity was: measured weather, prices and carbon intensities by the site file.

        What lies after `now` is what the day's course makes expect.

        Raises
        ------
        facility.errors.NotEnoughDataError
            If the weather was not measured.
        facility.errors.SignalError
            If the site's files do not reach so far.
        """
        loaded, step = self.loaded, self.loaded.site.step
        if quantity not in (PRICE, CARBON):
            # A forecast by the measured course that is issued at the end of its steps is what was measured.
            weather = loaded.site.weather.model_copy(
                update={"forecast": "persistence", "forecast_file": None, "source": None}
            )
            loaded = dataclasses.replace(loaded, site=loaded.site.model_copy(update={"weather": weather}))
        fetched = past_of(quantity, loaded, self.archive, times)
        if fetched is not None:
            return fetched
        known = min(times[-1].to_pydatetime() + step, self.now)
        signals = SiteSignals(loaded, self.telemetry)
        return signals.forecast(quantity, known, times[0].to_pydatetime(), len(times), step).values
