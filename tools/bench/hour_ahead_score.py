"""Scores of forecasts an hour ahead: error, coverage and interval score, beside persistence on the same rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
import numpy.typing as npt

from models.ahead.innovation import Forecast
from tools.bench.inlet_days import STEP
from tools.bench.rows import Row, compared

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

HOUR = round(timedelta(hours=1) / STEP)
_TAIL_PENALTY = 2 / 0.1  # of the interval score of a 90 % interval
_ENDS = (0.05, 0.95)


@dataclass(slots=True)
class Scores:
    """Errors and interval scores an hour ahead, one array a hall or loop, of a model and of persistence."""

    miss_k: list[FloatArray] = field(default_factory=list)
    persistence_k: list[FloatArray] = field(default_factory=list)
    inside: list[FloatArray] = field(default_factory=list)
    score_k: list[FloatArray] = field(default_factory=list)
    persistence_score_k: list[FloatArray] = field(default_factory=list)

    def add(self, forecast: Forecast, measured: FloatArray, issued: slice, left_out: BoolArray | None = None) -> None:
        """Score what was issued in some rows, but for what is due in rows left out."""
        due = slice(issued.start + HOUR, issued.stop + HOUR)
        mean = forecast.mean[issued, -1]
        truth = measured[due] if left_out is None else np.where(left_out[due, None], np.nan, measured[due])
        low, high = forecast.low[issued, -1], forecast.high[issued, -1]
        self.miss_k.append((truth - mean).ravel())
        self.persistence_k.append((truth - measured[issued]).ravel())
        inside = np.where(np.isfinite(truth), (truth >= low) & (truth <= high), np.nan)
        self.inside.append(inside.ravel())
        self.score_k.append(_interval_score(truth, low, high).ravel())
        ends = _persistence_ends(measured, issued)
        self.persistence_score_k.append(
            _interval_score(truth, measured[issued] + ends[:, :1], measured[issued] + ends[:, 1:]).ravel()
        )

    @property
    def squared_k2(self) -> float:
        """Sum of the squared errors."""
        return float(np.nansum(np.concatenate(self.miss_k) ** 2))

    def rows(self, error: str, coverage: str, score: str) -> list[Row]:
        """Return the rows of error, coverage and interval score under these names."""
        mean, persistence = _mean(self.score_k), _mean(self.persistence_score_k)
        return [
            compared(error, _rmse(self.miss_k), "K", _rmse(self.persistence_k)),
            Row(coverage, _mean(self.inside), "frac"),
            Row(score, mean / persistence, "x", 1.0, mean / persistence),
        ]


def _interval_score(truth: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
    """Return the interval score of Gneiting and Raftery (2007): width, and what lies outside twenty times over."""
    outside = np.maximum(low - truth, 0.0) + np.maximum(truth - high, 0.0)
    return np.asarray(high - low + _TAIL_PENALTY * outside)


def _persistence_ends(measured: FloatArray, issued: slice) -> FloatArray:
    """Return the 5 and 95 % quantiles of what persistence was off by until each row, (rows, 2), renewed every hour."""
    miss = measured[HOUR:] - measured[:-HOUR]
    ends = np.empty((issued.stop - issued.start, 2))
    for row in range(len(ends)):
        if row % HOUR == 0:
            now = np.nanquantile(miss[: issued.start + row - HOUR + 1], _ENDS)
        ends[row] = now
    return ends


def _rmse(parts: list[FloatArray]) -> float:
    return float(np.sqrt(np.nanmean(np.concatenate(parts) ** 2)))


def _mean(parts: list[FloatArray]) -> float:
    return float(np.nanmean(np.concatenate(parts)))
