"""A site's power and power ratio for the coming hours and days, with intervals that its own past forecasts have earned.

The newest third of the history is forecast as it would have been then, by a model that has seen only what came before. What
those forecasts were off by, hour by hour ahead, is the interval. Weather is taken as measured there: what a weather forecast
adds is the caller's to say, by quantiles.

What the last day was off by is carried on, as far as past forecasts were the better for it: plants change overnight, and what was
learned over weeks is late.
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
_DAY = pd.Timedelta(days=1)
_CARRY_DOUBT = 1.2  # past forecasts from neighbouring origins are no independent proof
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
    carried_frac: float  # of what the last day was off by
    misses: _Misses

    @property
    def ratio_half_width(self) -> FloatArray:
        """Half-width of the power ratio by step ahead, (steps,), the weather being known."""
        return _growing(self.misses.ratio)

    @staticmethod
    def calibrated_from(rows: SiteRows) -> int:
        """Return the first of the rows that past forecasts were compared with."""
        return _calibrated_from(len(rows.table))

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
        load = self.load.predict(issued, recent[IT][recent.index >= issued - _DAY], steps)
        times = pd.date_range(issued, periods=steps, freq=f"{self.step_min}min")
        rows = weather.set_axis(times).assign(**{IT: load.values})
        by_weather_kw = _half_range_kw(self.site, rows, spread)
        by_weather = by_weather_kw / load.values
        return SiteAhead(
            times=times,
            it_kw=load.values,
            parts_kw=self._parts_kw(rows, recent),
            facility_half_width_kw=np.hypot(_growing(self.misses.facility_kw)[:steps], by_weather_kw),
            ratio_half_width=np.hypot(self.ratio_half_width[:steps], by_weather),
            ratio_half_width_given_it=np.hypot(_growing(self.misses.ratio_given_it)[:steps], by_weather),
            energy_ratio_half_width=np.hypot(
                _widths(self.misses.energy_ratio)[:steps], np.cumsum(by_weather_kw) / np.cumsum(load.values)
            ),
            unseen=self.site.unseen(rows),
            basis=load.basis,
        )

    def _parts_kw(self, rows: pd.DataFrame, recent: pd.DataFrame) -> dict[str, FloatArray]:
        parts = self.site.parts_kw(rows)
        off = _off_by_kw(self.site, recent)
        return {part: power + self.carried_frac * off[part] for part, power in parts.items()}


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
    cut = table.index[_calibrated_from(len(table))]
    older = SiteRows(table[table.index < cut], rows.parts, rows.conditions, rows.left_out)
    carried, misses = _past_misses(older, table, cut, step_min, steps)
    if not np.isfinite(misses.facility_kw).any():
        raise ThinRowsError(
            f"no whole row of the site after {cut:%Y-%m-%d %H:%M} that a forecast could be compared with"
        )
    load = LoadForecaster(step_min, steps).fit(table[IT])
    return AheadModel(step_min, steps, fit_as_operated(rows), load, carried, misses)


def _calibrated_from(rows: int) -> int:
    return int(rows * _OLDER_FRAC)


def _off_by_kw(site: AsOperated, recent: pd.DataFrame) -> dict[str, float]:
    """Return by how much each part drew more than the site as operated gives it, on average over some rows."""
    if recent.empty:
        return dict.fromkeys(site.laws, 0.0)
    return {part: float(np.mean(recent[part].to_numpy(float) - power)) for part, power in site.parts_kw(recent).items()}


def _past_misses(
    older: SiteRows, table: pd.DataFrame, cut: pd.Timestamp, step_min: int, steps: int
) -> tuple[float, _Misses]:
    """Forecast the newest part from origins in it, with models of the older part; return what to carry on, and the misses."""
    site = fit_as_operated(older)
    load = LoadForecaster(step_min, steps).fit(older.table[IT])
    regular = table.asfreq(f"{step_min}min")
    begin, end = int(regular.index.searchsorted(cut)), len(regular)
    origins = np.unique(np.linspace(begin, end - 2, _ORIGINS).astype(int))
    spans = [regular.iloc[origin : origin + steps] for origin in origins]
    it_kw = np.concatenate([_load_ahead(load, regular[IT], span.index, step_min) for span in spans])
    # All origins at once: trees take as long for one row as for hundreds.
    ahead = pd.concat(spans)
    known = ahead.notna().all(axis=1).to_numpy(bool)
    row = np.repeat(np.arange(origins.size), [len(span) for span in spans])[known]
    step = np.concatenate([np.arange(len(span)) for span in spans])[known]
    off_kw = _off_before_kw(site, table, regular.index[origins])[row]
    past = _Past(ahead[known], it_kw[known], row, step, (origins.size, steps))
    return past.compared(site, off_kw)


def _load_ahead(load: LoadForecaster, it_kw: pd.Series[float], times: pd.Index, step_min: int) -> FloatArray:
    recent = it_kw.loc[times[0] - _DAY : times[0] - pd.Timedelta(minutes=step_min)].dropna()
    return load.predict(times[0], recent, len(times)).values


def _off_before_kw(site: AsOperated, table: pd.DataFrame, origins: pd.Index) -> FloatArray:
    """Return what the overhead of the day before each origin was off by, 0 where that day has no row."""
    off = pd.Series((table[FACILITY] - table[IT]).to_numpy(float) - site.overhead_kw(table), index=table.index)
    days = [off[(off.index >= origin - _DAY) & (off.index < origin)] for origin in origins]
    return np.array([day.mean() if len(day) else 0.0 for day in days])


@dataclass(frozen=True, slots=True, eq=False)
class _Past:
    """What came, row by row, beside the IT power that was forecast for it; `origin` and `step` say for when."""

    ahead: pd.DataFrame
    it_kw: FloatArray
    origin: IntArray
    step: IntArray
    shape: tuple[int, int]

    def compared(self, site: AsOperated, off_kw: FloatArray) -> tuple[float, _Misses]:
        """Return the share of what the day before was off by that is worth carrying on, and what was missed with it."""
        facility, true_it = self.ahead[FACILITY].to_numpy(float), self.ahead[IT].to_numpy(float)
        given = true_it + site.overhead_kw(self.ahead)
        carried = float(np.clip(off_kw @ (facility - given) / (_CARRY_DOUBT * (off_kw @ off_kw) + 1e-9), 0.0, 1.0))
        given = given + carried * off_kw
        forecast = self.it_kw + site.overhead_kw(self.ahead.assign(**{IT: self.it_kw})) + carried * off_kw
        sums = [np.nancumsum(self._placed(one), axis=1) for one in (facility, true_it, forecast, self.it_kw)]
        with np.errstate(
            invalid="ignore", divide="ignore"
        ):  # before the first measured step there is nothing to divide
            energy_ratio = sums[0] / sums[1] - sums[2] / sums[3]
        placed = self._placed(facility - forecast)
        return carried, _Misses(
            facility_kw=placed,
            ratio=self._placed(facility / true_it - forecast / self.it_kw),
            ratio_given_it=self._placed((facility - given) / true_it),
            energy_ratio=np.where(np.isfinite(placed), energy_ratio, np.nan),
        )

    def _placed(self, values: FloatArray) -> FloatArray:
        grid = np.full(self.shape, np.nan)
        grid[self.origin, self.step] = values
        return grid


def _widths(misses: FloatArray, level: float = 0.9) -> FloatArray:
    """Return the half-width at each step ahead from the misses near it.

    Steps further ahead than the history could be forecast get the last width known, grown as that of a random walk grows.
    """
    tested = np.flatnonzero(np.isfinite(misses).any(axis=0))[-1] + 1
    near = max(1, round(_NEAR_FRAC * misses.shape[1]))
    width = np.empty(misses.shape[1])
    for step in range(tested):
        found = misses[:, max(0, step - near) : step + near + 1]
        width[step] = conformal_half_width(found[np.isfinite(found)], level)
    further = np.arange(tested, misses.shape[1])
    width[tested:] = width[tested - 1] * np.sqrt((further + 1) / tested)
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
