"""Load forecasts up to 48 hours ahead on real series: quantiles beside those of persistence, of yesterday and of last week.

Each forecast is fitted on what came before it alone. The references get quantiles, too: of their own past errors by step ahead.
The constants of the forecaster were chosen on these series, the same for all; there are no others that nobody has looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.load_blend import QUANTILES
from models.load_forecast import LoadForecaster
from tools.bench.rows import Row, compared
from tools.bench.shared_data import folder

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_DAY_MIN = 1440
_AHEAD_DAYS = 2
_HISTORY_DAYS = 90  # a year where a step is a day
_LEVELS = np.array(QUANTILES)


@dataclass(frozen=True, slots=True, eq=False)
class _Series:
    """A load at equal steps, NaN for gaps; every so many steps of its newer half a forecast begins."""

    load: pd.Series[float]
    step_min: int
    every: int

    @property
    def day(self) -> int:
        """Steps a day."""
        return _DAY_MIN // self.step_min

    @property
    def ahead(self) -> int:
        """Steps of a forecast."""
        return _AHEAD_DAYS * self.day

    @property
    def history(self) -> int:
        """Steps that a forecast is fitted on."""
        return max(_HISTORY_DAYS * self.day, 365)


@dataclass(frozen=True, slots=True, eq=False)
class _Score:
    """Pinball loss, ours and of the best reference, and which steps lie inside the 90 % interval."""

    ours: float
    reference: float
    inside: BoolArray


def rows(quick: bool) -> list[Row]:
    """Return the loss over that of the best reference by series, and the coverage; `quick` begins every tenth forecast."""
    found = [
        (name, _score(series, quick)) for name, read in _SERIES.items() for series in [read()] if series is not None
    ]
    if not found:
        return []
    inside = np.concatenate([score.inside for _, score in found])
    ratios = [compared(f"load_pinball_ratio_{name}", score.ours / score.reference, "-", 1.0) for name, score in found]
    coverages = [Row(f"load_coverage_90_{name}", float(score.inside.mean()), "-") for name, score in found]
    return [*ratios, *coverages, Row("load_coverage_90", float(inside.mean()), "-")]


def _score(series: _Series, quick: bool) -> _Score:
    load = np.asarray(series.load, np.float64)
    every = series.every * (10 if quick else 1)
    origins = [at for at in range(load.size // 2, load.size - series.ahead, every) if np.isfinite(load[at - 1])]
    measured = np.asarray([load[at : at + series.ahead] for at in origins], np.float64)
    ours = np.stack([_forecast(series, at) for at in origins])
    references = [_reference(load, period, series, origins) for period in (1, series.day, 7 * series.day)]
    known = np.isfinite(measured) & np.all([np.isfinite(each).all(axis=-1) for each in references], axis=0)
    inside = (measured >= ours[..., 0]) & (measured <= ours[..., -1])
    best = min(_pinball(measured, each, known) for each in references)
    return _Score(_pinball(measured, ours, known), best, inside[known])


def _forecast(series: _Series, at: int) -> FloatArray:
    """Return our quantiles (steps, quantiles)."""
    history = series.load.iloc[max(0, at - series.history) : at]
    forecaster = LoadForecaster(series.step_min, series.ahead).fit(history)
    found = forecaster.predict(series.load.index[at], history.iloc[-series.day :], series.ahead)
    return np.stack([found.quantiles[q] for q in QUANTILES], axis=-1)


def _reference(load: FloatArray, period: int, series: _Series, origins: list[int]) -> FloatArray:
    """Return the quantiles (origins, steps, quantiles) of a load that repeats its last period; of 1: that stays as it is."""
    steps = np.arange(series.ahead)
    first = 7 * series.day
    begun = np.arange(first, load.size - series.ahead)
    repeated = load[begun[:, None] - period + steps % period]
    missed = load[begun[:, None] + steps] - repeated
    quantiles = []
    for at in origins:
        now = at - first
        past = missed[max(0, now - series.history) : max(1, now - series.ahead)]
        quantiles.append(repeated[now][:, None] + np.nanquantile(past[:: max(1, series.day // 6)], _LEVELS, axis=0).T)
    return np.stack(quantiles)


def _pinball(measured: FloatArray, quantiles: FloatArray, known: BoolArray) -> float:
    off = measured[..., None] - quantiles
    return float(np.maximum(_LEVELS * off, (_LEVELS - 1) * off)[known].mean())


def _google() -> _Series | None:
    found = folder("google_power_cellb_2019")
    if found is None:
        return None
    table = pd.read_csv(found / "google_power_cellb_hourly_2019.csv.gz", encoding="utf-16")
    return _regular(table["measured_power_util"], pd.to_datetime(table["real_timestamp"], utc=True), 60, 5)


def _bitbrains() -> _Series | None:
    """Return the work of all machines: each is told as fragments, one after the other from when it was submitted."""
    found = folder("bitbrains_vms")
    if found is None:
        return None
    fragments = pd.read_parquet(found / "bitbrains-small_fragments.parquet")
    submitted = pd.read_parquet(found / "bitbrains-small_tasks.parquet").set_index("id")["submission_time"]
    elapsed = fragments.groupby("id")["duration"].cumsum() - fragments["duration"]
    began = pd.to_datetime(fragments["id"].map(submitted) + elapsed, unit="ms", utc=True)
    work = fragments["cpu_usage"].groupby(began.dt.floor("5min")).sum()
    return _regular(work, pd.DatetimeIndex(work.index), 15, 29)


def _gpu(number: str) -> Callable[[], _Series | None]:
    def read() -> _Series | None:
        found = folder("gpu_server_util_power_hourly")
        if found is None:
            return None
        table = pd.read_csv(found / f"cbsugpu{number}_usage_stats.txt.gz", sep="\t", encoding="utf-8-sig")
        times = pd.to_datetime(table["timestamp"], errors="coerce", utc=True)
        return _regular(table["powerave"][times.notna()], times[times.notna()], 60, 53)

    return read


def _esif() -> _Series | None:
    found = folder("esif_pue_daily")
    if found is None:
        return None
    table = pd.read_csv(found / "esif_daily_2016_2021.csv.gz")
    return _regular(table["it_power_kw"], pd.to_datetime(table["date"], utc=True), _DAY_MIN, 3)


_SERIES: dict[str, Callable[[], _Series | None]] = {
    "google": _google,
    "bitbrains": _bitbrains,
    **{f"gpu{number}": _gpu(number) for number in ("05", "06", "07")},
    "esif": _esif,
}


def _regular(values: pd.Series[float], times: pd.Series | pd.DatetimeIndex, step_min: int, every: int) -> _Series:
    load = pd.Series(values.to_numpy(float), index=pd.DatetimeIndex(times)).sort_index()
    return _Series(load.resample(f"{step_min}min").mean(), step_min, every)
