"""What a site's forecasts would have been off by, had they been made in the newest part of its history.

That part is gone through in blocks. Each is forecast by a model that has seen all that came before it and nothing else, as one that
is trained anew night by night. Weather is taken as measured: what a weather forecast adds is the caller's to say.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.load_forecast import LoadForecaster
from models.whole.as_operated import MIN_ROWS, fit_as_operated
from models.whole.miss_record import MissRecord, growth_beyond, typical_miss
from models.whole.site_rows import FACILITY, IT, SiteRows

FloatArray = npt.NDArray[np.float64]

DAY = pd.Timedelta(days=1)
_BLOCKS = 5
_LONGEST_BLOCK_DAYS = 14  # with a long history: what models new and old miss alike is learned from the newest weeks
_ORIGINS = 12  # of forecasts in a block
_COLUMNS = (FACILITY, IT, "it_ahead_kw", "given_kw", "overhead_kw", "off_kw", "beyond")
_CARRY_DOUBT = 1.2  # past forecasts from neighbouring origins are no independent proof


@dataclass(frozen=True, slots=True, eq=False)
class PastForecasts:
    """What past forecasts missed.

    Attributes
    ----------
    carried_frac
        Share of what the last day was off by that past forecasts were the better for.
    facility_kw, ratio, ratio_given_it, energy_ratio
        Of facility power, of the power ratio, of the ratio with IT power known, and of the ratio of energies since the origin.
    """

    carried_frac: float
    facility_kw: MissRecord
    ratio: MissRecord
    ratio_given_it: MissRecord
    energy_ratio: MissRecord


def compared_from(rows: int, step_min: int) -> int:
    """Return the first of so many rows that past forecasts are compared with."""
    longest = round(_BLOCKS * _LONGEST_BLOCK_DAYS * 24 * 60 / step_min)
    return max(rows // 2, rows - longest, MIN_ROWS)


def past_forecasts(rows: SiteRows, step_min: int, steps: int) -> PastForecasts:
    """Return what forecasts of up to `steps` steps of `step_min` minutes would have missed; at least 144 rows."""
    table = rows.table
    edges = np.linspace(compared_from(len(table), step_min), len(table) - 1, _BLOCKS + 1).astype(int)
    regular = table.asfreq(f"{step_min}min")
    blocks = []
    for first, last in zip(table.index[edges[:-1]], table.index[edges[1:]], strict=True):
        older = SiteRows(table[table.index < first], rows.parts, rows.conditions, rows.left_out)
        begin, end = regular.index.searchsorted(first), regular.index.searchsorted(last)
        origins = np.unique(np.linspace(begin, end, _ORIGINS, endpoint=False).astype(int))
        blocks.append(_forecast(older, regular, origins, step_min, steps))
    return _compared(pd.concat(blocks), steps)


def _off_by_kw(overhead_kw: pd.Series[float], origins: pd.Index) -> FloatArray:
    """Return the mean of a series over the day before each origin, 0 where that day has no row."""
    days = [overhead_kw[(overhead_kw.index >= origin - DAY) & (overhead_kw.index < origin)] for origin in origins]
    return np.array([day.mean() if len(day) else 0.0 for day in days])


def _forecast(
    older: SiteRows, regular: pd.DataFrame, origins: npt.NDArray[np.intp], step_min: int, steps: int
) -> pd.DataFrame:
    """Forecast from origins by a model of older rows; return one row a measured step, beside what was measured."""
    site = fit_as_operated(older)
    load = LoadForecaster(step_min, steps).fit(older.table[IT])
    spans = [regular.iloc[origin : origin + steps] for origin in origins]
    # All origins at once: trees take as long for one row as for hundreds.
    ahead = pd.concat(spans)
    length = [len(span) for span in spans]
    before = regular[(regular.index >= regular.index[origins[0]] - DAY)].dropna()
    off = before[FACILITY] - before[IT] - site.overhead_kw(before)
    found = pd.DataFrame(
        {
            "origin": np.repeat(regular.index[origins], length),
            "step": np.concatenate([np.arange(size) for size in length]),
            FACILITY: ahead[FACILITY].to_numpy(float),
            IT: ahead[IT].to_numpy(float),
            "it_ahead_kw": np.concatenate([_load_ahead(load, regular[IT], span.index, step_min) for span in spans]),
            "off_kw": np.repeat(_off_by_kw(off, regular.index[origins]), length),
        }
    )
    known = ahead.notna().all(axis=1).to_numpy(bool)
    found, ahead = found[known], ahead[known]
    expected = ahead.assign(**{IT: found["it_ahead_kw"].to_numpy(float)})
    return found.assign(
        given_kw=site.overhead_kw(ahead), overhead_kw=site.overhead_kw(expected), beyond=np.sqrt(site.beyond(expected))
    )


def _load_ahead(load: LoadForecaster, it_kw: pd.Series[float], times: pd.Index, step_min: int) -> FloatArray:
    recent = it_kw.loc[times[0] - DAY : times[0] - pd.Timedelta(minutes=step_min)].dropna()
    return load.predict(times[0], recent, len(times)).values


def _compared(past: pd.DataFrame, steps: int) -> PastForecasts:
    facility, it, it_ahead, given, overhead, off, beyond = past[list(_COLUMNS)].to_numpy(float).T
    missed = facility - it - given
    carried = float(np.clip(off @ missed / (_CARRY_DOUBT * (off @ off) + 1e-9), 0.0, 1.0))
    missed, forecast = missed - carried * off, it_ahead + overhead + carried * off
    place = _Place(pd.factorize(past["origin"])[0], past["step"].to_numpy(np.intp), steps)
    growth = growth_beyond(missed / it, beyond) * typical_miss(missed / it, beyond)

    def record(missed: FloatArray, beyond: FloatArray, unit: float = 1.0, *, of_moments: bool = True) -> MissRecord:
        return MissRecord(missed, beyond, growth * unit / typical_miss(missed, beyond), of_moments)

    energy = [place.summed(power) for power in (facility, it, forecast, it_ahead)]
    beyond = place.grid(beyond)
    return PastForecasts(
        carried,
        record(place.grid(facility - forecast), beyond, float(it.mean())),
        record(place.grid(facility / it - forecast / it_ahead), beyond),
        record(place.grid(missed / it), beyond),
        record(energy[0] / energy[1] - energy[2] / energy[3], mean_so_far(beyond), of_moments=False),
    )


def mean_so_far(values: FloatArray) -> FloatArray:
    """Return the mean from the first step to the end of each along the last axis, over what is known; NaN where a step is not."""
    known = np.isfinite(values)
    total = np.cumsum(np.where(known, values, 0.0), axis=-1)
    return np.where(known, total / np.maximum(np.cumsum(known, axis=-1), 1), np.nan)


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    """Where rows stand in a grid of origins and steps."""

    origin: npt.NDArray[np.intp]
    step: npt.NDArray[np.intp]
    steps: int

    def grid(self, values: FloatArray) -> FloatArray:
        """Return the rows in their places, NaN elsewhere."""
        placed = np.full((self.origin[-1] + 1, self.steps), np.nan)
        placed[self.origin, self.step] = values
        return placed

    def summed(self, values: FloatArray) -> FloatArray:
        """Return sums from the origin to the end of each step, NaN where a step is not known."""
        placed = self.grid(values)
        return np.where(np.isfinite(placed), np.nancumsum(placed, axis=1), np.nan)
