"""What photovoltaics will deliver: each array from its own last days; what was held down tells nothing of the sun."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from facility.plan.decisions import ARRAY_LIMIT
from facility.ports import Telemetry
from facility.records import FloatArray
from facility.site import Photovoltaics
from facility.site_file import LoadedSite
from models.solar_forecast import DAYS, solar_forecast

_AT_LIMIT_FRAC = 0.95  # of the limit in force: then the sun may give more


@dataclass(frozen=True, slots=True)
class SolarOutlook:
    """Forecasts for the steps of a plan."""

    loaded: LoadedSite
    telemetry: Telemetry
    at: datetime
    start: datetime
    steps: int

    def produced_kw(self) -> FloatArray:
        """Return what arrays deliver that no plan may hold down."""
        arrays = [array for array in self.loaded.site.photovoltaics if not array.curtailable]
        return sum((self._forecast_kw(array) for array in arrays), np.zeros(self.steps))

    def available_kw(self) -> dict[str, FloatArray]:
        """Return, by array that a plan may hold down, what it would deliver; arrays that are not measured are left out."""
        site, of = self.loaded.site, self.loaded.points.of
        arrays = [array for array in site.photovoltaics if array.curtailable and site.in_service(array.id, self.at)]
        return {array.id: self._forecast_kw(array) for array in arrays if of(array.id, "power_kw")}

    def _forecast_kw(self, array: Photovoltaics) -> FloatArray:
        step = self.loaded.site.step
        expected = solar_forecast(self._history_kw(array), pd.Timestamp(self.start), self.steps, pd.Timedelta(step))
        return np.minimum(expected, array.rated_kw)

    def _history_kw(self, array: Photovoltaics) -> pd.Series:
        power_kw, limit_kw = (self._read(array, quantity) for quantity in ("power_kw", ARRAY_LIMIT))
        if limit_kw.empty:
            return power_kw
        held = (limit_kw < array.rated_kw) & (power_kw >= _AT_LIMIT_FRAC * limit_kw)
        return power_kw[~held.reindex(power_kw.index, fill_value=False)]

    def _read(self, array: Photovoltaics, quantity: str) -> pd.Series:
        points = [point.id for point in self.loaded.points.of(array.id, quantity)]
        if not points:
            return pd.Series(dtype=float, index=pd.DatetimeIndex([], tz="UTC"))
        begin = self.start - timedelta(days=DAYS)
        return self.telemetry.read(points, begin, self.at, self.loaded.site.step).sum(axis=1, skipna=False).dropna()
