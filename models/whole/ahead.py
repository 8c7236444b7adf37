"""A site's power and power ratio for the coming hours and days, with intervals that its own past forecasts have earned.

The newest third of the history is forecast as it would have been then, by a model that has seen only what came before. What
those forecasts were off by, hour by hour ahead, is the interval. Weather is taken as measured there: what a weather forecast
adds is the caller's to say, by quantiles.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.accuracy import conformal_half_width
from models.load_forecast import LoadForecaster
from models.whole.as_operated import AsOperated, ThinRowsError, fit_as_operated
from models.whole.site_rows import FACILITY, IT, SiteRows

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.intp]

LEAST_DAYS = 3.0
_OLDER_FRAC = 2 / 3
_ORIGINS = 48
_RECENT = pd.Timedelta(hours=2)
_NEAR_FRAC = 0.1  # of the horizon on either side: hours ahead that share an interval


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
class _Misses:
    """Measured less forecast, (origins, steps), NaN where nothing was measured.

    Of facility power, of the power ratio, of the ratio with IT power known, and of the ratio of energies since the origin.
    """

    facility_kw: FloatArray
    ratio: FloatArray
    ratio_given_it: FloatArray
    energy_ratio: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class AheadModel:
    """Forecasts a site; see `fit_ahead`."""

    step_min: int
    steps: int
    site: AsOperated
    load: LoadForecaster
    misses: _Misses

    def forecast(
        self,
        issued: pd.Timestamp,
        recent_it_kw: pd.Series[float],
        weather: pd.DataFrame,
        spread: tuple[pd.DataFrame, pd.DataFrame] | None = None,
    ) -> SiteAhead:
        """Return the coming steps.

        Parameters
        ----------
        issued
            Begin of the first step.
        recent_it_kw
            IT power of the last hours.
        weather
            The site's conditions without `it_kw`, one row a step from `issued`.
        spread
            The same at the 5 % and the 95 % quantile of the weather forecast, where it has them.
        """
        steps = len(weather)
        load = self.load.predict(issued, recent_it_kw, steps)
        times = pd.date_range(issued, periods=steps, freq=f"{self.step_min}min")
        rows = weather.set_axis(times).assign(**{IT: load.values})
        by_weather_kw = _half_range_kw(self.site, rows, spread)
        by_weather = by_weather_kw / load.values
        return SiteAhead(
            times=times,
            it_kw=load.values,
            parts_kw=self.site.parts_kw(rows),
            facility_half_width_kw=np.hypot(_growing(self.misses.facility_kw)[:steps], by_weather_kw),
            ratio_half_width=np.hypot(_growing(self.misses.ratio)[:steps], by_weather),
            ratio_half_width_given_it=np.hypot(_growing(self.misses.ratio_given_it)[:steps], by_weather),
            energy_ratio_half_width=np.hypot(
                _widths(self.misses.energy_ratio)[:steps], np.cumsum(by_weather_kw) / np.cumsum(load.values)
            ),
            unseen=self.site.unseen(rows),
            basis=load.basis,
        )


def fit_ahead(rows: SiteRows, step_min: int, steps: int) -> AheadModel:
    """Learn to forecast a site up to `steps` steps of `step_min` minutes ahead.

    Raises
    ------
    ThinRowsError
        With fewer than three days of whole rows.
    """
    table = rows.table
    if len(table) * step_min < LEAST_DAYS * 24 * 60:
        why = "; ".join(rows.left_out) or "no more were given"
        raise ThinRowsError(f"{len(table)} whole rows of the site, {LEAST_DAYS:g} days are needed ({why})")
    cut = table.index[int(len(table) * _OLDER_FRAC)]
    older = SiteRows(table[table.index < cut], rows.parts, rows.conditions, rows.left_out)
    misses = _past_misses(older, table, cut, step_min, steps)
    load = LoadForecaster(step_min, steps).fit(table[IT])
    return AheadModel(step_min, steps, fit_as_operated(rows), load, misses)


def _past_misses(older: SiteRows, table: pd.DataFrame, cut: pd.Timestamp, step_min: int, steps: int) -> _Misses:
    """Forecast the newest part from origins in it, with models of the older part."""
    site = fit_as_operated(older)
    load = LoadForecaster(step_min, steps).fit(older.table[IT])
    regular = table.asfreq(f"{step_min}min")
    begin, end = int(regular.index.searchsorted(cut)), len(regular)
    origins = np.unique(np.linspace(begin, end - 2, _ORIGINS).astype(int))
    spans = [regular.iloc[origin : origin + steps] for origin in origins]
    it_kw = [_load_ahead(load, regular[IT], span.index, step_min) for span in spans]
    # All origins at once: trees take as long for one row as for hundreds.
    ahead, forecast_it = pd.concat(spans), np.concatenate(it_kw)
    known = ahead.notna().all(axis=1).to_numpy(bool)
    row = np.repeat(np.arange(origins.size), [len(span) for span in spans])[known]
    step = np.concatenate([np.arange(len(span)) for span in spans])[known]
    return _compared(site, ahead[known], forecast_it[known], (row, step), (origins.size, steps))


def _load_ahead(load: LoadForecaster, it_kw: pd.Series[float], times: pd.Index, step_min: int) -> FloatArray:
    recent = it_kw.loc[times[0] - _RECENT : times[0] - pd.Timedelta(minutes=step_min)].dropna()
    return load.predict(times[0], recent, len(times)).values


def _compared(
    site: AsOperated, ahead: pd.DataFrame, it_kw: FloatArray, cells: tuple[IntArray, IntArray], shape: tuple[int, int]
) -> _Misses:
    """Return what was measured less what was forecast; `cells` are origin and step of each row."""
    facility, true_it = ahead[FACILITY].to_numpy(float), ahead[IT].to_numpy(float)
    forecast = it_kw + site.overhead_kw(ahead.assign(**{IT: it_kw}))
    given = true_it + site.overhead_kw(ahead)

    def placed(values: FloatArray) -> FloatArray:
        grid = np.full(shape, np.nan)
        grid[cells] = values
        return grid

    sums = [np.nancumsum(placed(values), axis=1) for values in (facility, true_it, forecast, it_kw)]
    with np.errstate(invalid="ignore", divide="ignore"):  # before the first measured step there is nothing to divide
        energy_ratio = sums[0] / sums[1] - sums[2] / sums[3]
    return _Misses(
        facility_kw=placed(facility - forecast),
        ratio=placed(facility / true_it - forecast / it_kw),
        ratio_given_it=placed((facility - given) / true_it),
        energy_ratio=np.where(np.isfinite(placed(facility)), energy_ratio, np.nan),
    )


def _widths(misses: FloatArray, level: float = 0.9) -> FloatArray:
    """Return the half-width at each step ahead from the misses near it."""
    steps = misses.shape[1]
    near = max(1, round(_NEAR_FRAC * steps))
    width = np.empty(steps)
    for step in range(steps):
        found = misses[:, max(0, step - near) : step + near + 1]
        width[step] = conformal_half_width(found[np.isfinite(found)], level)
    return width


def _growing(misses: FloatArray) -> FloatArray:
    """Return half-widths of moments: never narrower further ahead."""
    return np.asarray(np.maximum.accumulate(_widths(misses)))


def _half_range_kw(
    site: AsOperated, rows: pd.DataFrame, spread: tuple[pd.DataFrame, pd.DataFrame] | None
) -> FloatArray:
    if spread is None:
        return np.zeros(len(rows))
    cold, warm = (site.overhead_kw(one.set_axis(rows.index).assign(**{IT: rows[IT]})) for one in spread)
    return np.asarray(np.abs(warm - cold) / 2)
