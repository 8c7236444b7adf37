"""Overhead and power ratio of a real data centre a day ahead: one replay from the first day on, scored year by year from 2020.

All errors are in the power ratio. Persistence is the row before: its overhead at the IT power of the day where that is given, else
its ratio. Its interval is quantiles of all its errors so far.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.overhead.forecaster import new_forecaster
from models.overhead.ratio import new_ratio_forecaster
from models.overhead.replay import replay
from models.overhead.rows import OverheadRows, overhead_rows
from models.uncertainty.scores import coverage_frac, interval_scores
from tools.bench.esif_steps import steps_found
from tools.bench.rows import Row
from tools.bench.shared_data import folder

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

FOLDER = "esif_pue_daily"
PARTS = ("cooling_kw", "hvac_kw", "plug_and_light_kw", "pump_kw")
DAY_S = 86400.0
_FIRST_YEAR = 2020  # the method was chosen on what is before
_BASELINE_FROM = 100  # rows that quantiles need
_TAILS = (0.05, 0.95)


@dataclass(frozen=True, slots=True, eq=False)
class _Scored:
    """Power ratios of days: what was measured, what was said with its interval, and what persistence said; each (n,)."""

    measured: FloatArray
    mean: FloatArray
    low: FloatArray
    high: FloatArray
    before: FloatArray


def rows(quick: bool) -> list[Row]:
    """Return errors and interval scores over those of persistence, coverage, changes found, and made-up steps found."""
    found = folder(FOLDER)
    if found is None:
        return []
    table = read(found)
    days = overhead_rows(table, PARTS)
    forecaster = new_forecaster(DAY_S, len(PARTS))
    given = _given(days, replay(forecaster, days))
    free = _free(
        table["pue"].reindex(days.times).to_numpy(float), replay(new_ratio_forecaster(DAY_S, len(PARTS)), days)
    )
    changed = np.array([pd.Timestamp(change.at_s, unit="s").year for change in forecaster.changes])
    tested = sorted({year for year in days.times.year if year >= _FIRST_YEAR})
    return [
        *_by_year(days.times.year.to_numpy(), given, free),
        *(Row(f"esif_{year}_changes_found", float(np.sum(changed == year)), "-") for year in tested),
        Row("esif_rows_refused", float(len(days.refused)), "-"),
        *steps_found(days, _FIRST_YEAR, quick),
    ]


def read(found: Path) -> pd.DataFrame:
    """Return the days of the site, index UTC midnights; a day that is in two files, as the first has it."""
    table = pd.concat([pd.read_csv(path) for path in sorted(found.glob("*.csv.gz"))]).drop_duplicates("date")
    return table.set_index(pd.to_datetime(table["date"], utc=True)).rename(columns={"it_power_kw": "it_kw"})


def _given(days: OverheadRows, ahead_kw: pd.DataFrame) -> _Scored:
    mean, low, high = (1 + ahead_kw[name].to_numpy(float) / days.it_kw for name in ("mean_kw", "low_kw", "high_kw"))
    measured, before = (1 + each / days.it_kw for each in (days.overhead_kw, _row_before(days.overhead_kw)))
    return _Scored(measured, mean, low, high, before)


def _free(measured: FloatArray, ahead: pd.DataFrame) -> _Scored:
    mean, low, high = (ahead[name].to_numpy(float) for name in ("mean", "low", "high"))
    return _Scored(measured, mean, low, high, _row_before(measured))


def _by_year(year: npt.NDArray[np.int_], given: _Scored, free: _Scored) -> Iterator[Row]:
    """Yield the rows of each tested year, and those of all of them."""
    ours = interval_scores(given.measured, given.low, given.high)
    persistence = interval_scores(given.measured, *_quantiles_so_far(given))
    tested = year >= _FIRST_YEAR
    for name, of_name, those in [
        *((f"{each}_", f"{each}_", year == each) for each in np.unique(year[tested])),
        ("mean_", "", tested),
    ]:
        yield from _errors(f"esif_{name}", "_it_given", given, those)
        yield from _errors(f"esif_{name}", "", free, those)
        yield Row(f"esif_{of_name}coverage_90", coverage_frac(*_ends(given, those)), "-")
        yield Row(f"esif_{of_name}coverage_90_it_forecast", coverage_frac(*_ends(free, those)), "-")
        yield Row(f"esif_{of_name}interval_score_ratio", float(ours[those].mean() / persistence[those].mean()), "-")


def _errors(begin: str, end: str, scored: _Scored, those: BoolArray) -> Iterator[Row]:
    """Yield the mean absolute and the root mean square error, each over that of persistence."""
    ours, before = (np.abs(said - scored.measured)[those] for said in (scored.mean, scored.before))
    yield Row(f"{begin}ratio{end}", float(ours.mean() / before.mean()), "-")
    yield Row(f"{begin}rmse_ratio{end}", float(np.sqrt(np.mean(ours**2) / np.mean(before**2))), "-")


def _ends(scored: _Scored, those: BoolArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    return scored.measured[those], scored.low[those], scored.high[those]


def _quantiles_so_far(scored: _Scored) -> tuple[FloatArray, FloatArray]:
    """Return persistence with the quantiles of its errors on all rows before; infinite while these are few."""
    error = scored.measured - scored.before
    ends = np.tile([[-np.inf], [np.inf]], error.size)
    for row in range(_BASELINE_FROM, error.size):
        ends[:, row] = np.quantile(error[1:row], _TAILS)
    return scored.before + ends[0], scored.before + ends[1]


def _row_before(values: FloatArray) -> FloatArray:
    return np.concatenate([[np.nan], values[:-1]])
