"""What rack inlets are regressed on: the hall's air rise, what lies beyond a knee, and how CRAHs differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.ahead.lagged import lagged, step_share
from models.rack.regression import Drawn
from models.rack_inlet import BEYOND_KNEE_FRAC, PRIOR_OFFSET_K, PRIOR_RECIRCULATION_FRAC

FloatArray = npt.NDArray[np.float64]

KNEES_K = (8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0)
OFFSET, SLOPE, FIRST_KNEE = 0, 1, 2
FIRST_CRAH = FIRST_KNEE + len(KNEES_K)
_LEAST_DIFFERENCE_K = 0.5  # CRAHs whose supply air differs by less say nothing of where their air goes
_DIFFERENCE_QUANTILES = (0.02, 0.98)
_KNEE_SCALE_K = 0.5
_CRAH_SCALE_K = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class RackFeatures:
    """Rows for the regression of inlets above supply air.

    Attributes
    ----------
    supply_degc
        Mean supply air, (n,).
    columns
        (n, p): one, air rise, rise beyond each of `KNEES_K`, and for each CRAH its share of the air times how much its supply
        air is above the mean. NaN for gaps.
    step_s
        Between rows [s].
    crahs, airflow_share
        The CRAHs whose columns stand there, and their mean share of the air; none where they never differed.
    """

    supply_degc: FloatArray
    columns: FloatArray
    step_s: float
    crahs: tuple[str, ...]
    airflow_share: FloatArray

    def behind(self, lag_s: float) -> tuple[FloatArray, FloatArray]:
        """Return supply air and columns behind a lag [s]."""
        share = step_share(self.step_s, lag_s)
        both = lagged(np.column_stack([self.supply_degc, self.columns]), share)
        return both[:, 0], both[:, 1:]

    def drawn(self, rise_spread_k: float) -> Drawn:
        """Return what the coefficients are drawn to: the prior's line, and air from all CRAHs alike."""
        knees, crahs = len(KNEES_K), len(self.crahs)
        return Drawn(
            towards=np.array(
                [PRIOR_OFFSET_K, PRIOR_RECIRCULATION_FRAC, *[BEYOND_KNEE_FRAC] * knees, *[1.0] * crahs], float
            ),
            scale=np.array([1.0, rise_spread_k + 1.0, *[_KNEE_SCALE_K] * knees, *[_CRAH_SCALE_K] * crahs], float),
        )


def rack_features(rows: pd.DataFrame, crahs: Sequence[str]) -> RackFeatures:
    """Return the features of rows at equal steps.

    Parameters
    ----------
    rows
        `supply_air_degc` and `air_rise_k`; of each CRAH `<crah>.supply_air_temperature_degc` and `<crah>.airflow_m3ps`.
    crahs
        CRAH ids; none: all are taken to reach all racks alike.
    """
    supply, rise = rows["supply_air_degc"].to_numpy(float), rows["air_rise_k"].to_numpy(float)
    columns = [np.ones(len(rows)), rise, *(np.maximum(rise - knee, 0.0) for knee in KNEES_K)]
    columns[0] = np.where(np.isfinite(supply + rise), 1.0, np.nan)
    differing: tuple[str, ...] = ()
    share = np.zeros(0)
    if crahs:
        parts, airflow_share = _differences(rows, crahs, supply)
        low, high = np.nanquantile(parts, _DIFFERENCE_QUANTILES, axis=0) if np.isfinite(parts).any() else (0.0, 0.0)
        if np.max((high - low) / np.maximum(airflow_share, 1e-6)) >= _LEAST_DIFFERENCE_K:
            differing, share = tuple(crahs), airflow_share
            columns += list(parts.T)
    return RackFeatures(supply, np.column_stack(columns), step_s(rows.index), differing, share)


def step_s(times: pd.Index) -> float:
    """Return the time between rows [s]: the usual one, should some be missing."""
    return float(np.median(np.diff(pd.DatetimeIndex(times).as_unit("us").asi8)) / 1e6) if len(times) > 1 else 0.0


def _differences(rows: pd.DataFrame, crahs: Sequence[str], supply: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return each CRAH's share of the air times how much its supply is above the mean, and the mean shares."""
    airflow = rows[[f"{crah}.airflow_m3ps" for crah in crahs]].to_numpy(float)
    own = rows[[f"{crah}.supply_air_temperature_degc" for crah in crahs]].to_numpy(float)
    share = airflow / np.maximum(airflow.sum(axis=1, keepdims=True), 1e-9)
    parts = np.where(share > 0, share * (own - supply[:, None]), 0.0 * share)
    known = share[np.isfinite(share).all(axis=1)]
    return parts, known.mean(axis=0) if len(known) else np.full(len(crahs), 1.0 / len(crahs))
