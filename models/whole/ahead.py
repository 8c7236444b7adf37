"""A site's power and power ratio for the coming hours and days, with intervals that its own past forecasts have earned.

The newest half of the history is forecast as it would have been then, by models that have seen only what came before. What those
forecasts were off by, hour by hour ahead, is the interval; it widens where conditions go beyond what the site has seen. Weather is
taken as measured there: what a weather forecast adds is the caller's to say, by quantiles.

What the last day was off by is carried on, as far as past forecasts were the better for it: plants change overnight, and what was
learned over weeks is late.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.load_forecast import LoadForecaster
from models.whole.as_operated import MIN_ROWS, AsOperated, ThinRowsError, fit_as_operated
from models.whole.past_forecasts import DAY, PastForecasts, mean_so_far, past_forecasts
from models.whole.site_rows import IT, SiteRows

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

LEAST_DAYS = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class SiteAhead:
    """What a site will draw if it goes on as it does; arrays (steps,), half-widths of 90 % intervals.

    Attributes
    ----------
    it_kw, parts_kw
        Median IT power and the parts of the overhead; with them the whole adds up.
    facility_half_width_kw, ratio_half_width
        With IT power as uncertain as its forecast is.
    ratio_half_width_given_it
        Where somebody knows the IT power.
    energy_ratio_half_width
        Of facility over IT energy from the first step to the end of each.
    unseen
        Where a condition lies outside what the site has seen.
    basis
        What the load forecast rests on.
    """

    times: pd.DatetimeIndex
    it_kw: FloatArray
    parts_kw: Mapping[str, FloatArray]
    facility_half_width_kw: FloatArray
    ratio_half_width: FloatArray
    ratio_half_width_given_it: FloatArray
    energy_ratio_half_width: FloatArray
    unseen: BoolArray
    basis: str

    @property
    def overhead_kw(self) -> FloatArray:
        """Power beyond IT."""
        return np.maximum(sum(self.parts_kw.values(), np.zeros(self.it_kw.size)), 0.0)

    @property
    def facility_kw(self) -> FloatArray:
        """Power at the meter."""
        return self.it_kw + self.overhead_kw

    @property
    def power_ratio(self) -> FloatArray:
        """Facility over IT power."""
        return self.facility_kw / self.it_kw

    @property
    def energy_ratio(self) -> FloatArray:
        """Facility over IT energy from the first step to the end of each: interim PUE of what is ahead."""
        return np.cumsum(self.facility_kw) / np.cumsum(self.it_kw)


@dataclass(frozen=True, slots=True, eq=False)
class AheadModel:
    """Forecasts a site; see `fit_ahead`."""

    step_min: int
    steps: int
    site: AsOperated
    load: LoadForecaster
    past: PastForecasts

    def forecast(
        self,
        issued: pd.Timestamp,
        recent: pd.DataFrame,
        weather: pd.DataFrame,
        spread: tuple[pd.DataFrame, pd.DataFrame] | None = None,
    ) -> SiteAhead:
        """Return the coming steps.

        Parameters
        ----------
        issued
            Begin of the first step.
        recent
            Whole rows of the last day, as in `SiteRows.table`.
        weather
            The site's conditions without `it_kw`, one row a step from `issued`.
        spread
            The same at the 5 % and the 95 % quantile of the weather forecast, where it has them.
        """
        steps = len(weather)
        load = self.load.predict(issued, recent[IT][recent.index >= issued - DAY], steps)
        times = pd.date_range(issued, periods=steps, freq=f"{self.step_min}min")
        rows = weather.set_axis(times).assign(**{IT: load.values})
        beyond = np.sqrt(self.site.beyond(rows))
        by_weather_kw = _half_range_kw(self.site, rows, spread)
        by_weather = by_weather_kw / load.values
        return SiteAhead(
            times=times,
            it_kw=load.values,
            parts_kw=self._parts_kw(rows, recent),
            facility_half_width_kw=np.hypot(self.past.facility_kw.half_width(beyond), by_weather_kw),
            ratio_half_width=np.hypot(self.past.ratio.half_width(beyond), by_weather),
            ratio_half_width_given_it=np.hypot(self.past.ratio_given_it.half_width(beyond), by_weather),
            energy_ratio_half_width=np.hypot(
                self.past.energy_ratio.half_width(mean_so_far(beyond)),
                np.cumsum(by_weather_kw) / np.cumsum(load.values),
            ),
            unseen=beyond > 0,
            basis=load.basis,
        )

    def _parts_kw(self, rows: pd.DataFrame, recent: pd.DataFrame) -> dict[str, FloatArray]:
        parts = self.site.parts_kw(rows)
        off = _off_by_kw(self.site, recent)
        return {part: power + self.past.carried_frac * off[part] for part, power in parts.items()}


def fit_ahead(rows: SiteRows, step_min: int, steps: int) -> AheadModel:
    """Learn to forecast a site up to `steps` steps of `step_min` minutes ahead.

    Raises
    ------
    ThinRowsError
        With fewer than three days of whole rows, or than 144 rows.
    """
    needed = max(round(LEAST_DAYS * 24 * 60 / step_min), MIN_ROWS * 3 // 2)
    if len(rows.table) < needed:
        why = "; ".join(rows.left_out) or "no more were given"
        raise ThinRowsError(
            f"{len(rows.table)} whole rows of the site, {needed} are needed: {LEAST_DAYS:g} days or more ({why})"
        )
    past = past_forecasts(rows, step_min, steps)
    load = LoadForecaster(step_min, steps).fit(rows.table[IT])
    return AheadModel(step_min, steps, fit_as_operated(rows), load, past)


def _off_by_kw(site: AsOperated, recent: pd.DataFrame) -> dict[str, float]:
    """Return by how much each part drew more than the site as operated gives it, on average over some rows."""
    if recent.empty:
        return dict.fromkeys(site.laws, 0.0)
    return {part: float(np.mean(recent[part].to_numpy(float) - power)) for part, power in site.parts_kw(recent).items()}


def _half_range_kw(
    site: AsOperated, rows: pd.DataFrame, spread: tuple[pd.DataFrame, pd.DataFrame] | None
) -> FloatArray:
    if spread is None:
        return np.zeros(len(rows))
    cold, warm = (site.overhead_kw(one.set_axis(rows.index).assign(**{IT: rows[IT]})) for one in spread)
    return np.asarray(np.abs(warm - cold) / 2)
