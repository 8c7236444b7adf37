"""First-order lag over gaps: how a temperature follows what drives it."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd

FloatArray = npt.NDArray[np.float64]


def step_share(step_s: float, lag_s: float) -> float:
    """Return the share [-] of a gap that closes in a step [s] under a time constant [s]; 1 without lag."""
    return 1.0 if lag_s <= 0 else -math.expm1(-step_s / lag_s)


def lagged(values: FloatArray, share: float) -> FloatArray:
    """Return columns behind a first-order lag that closes a share of the gap each step.

    Parameters
    ----------
    values
        (n, k) at equal steps, NaN for gaps: the lag stands still there and says NaN.
    share
        From `step_share`.
    """
    if share >= 1.0:
        return values
    behind = pd.DataFrame(values).ewm(alpha=share, adjust=False, ignore_na=True).mean().to_numpy(float)
    return np.where(np.isnan(values), np.nan, behind)


def held(values: FloatArray, share: float) -> FloatArray:
    """Return `lagged` columns with the last value kept through gaps; 0 before the first one."""
    smooth = pd.DataFrame(values).ewm(alpha=share, adjust=False, ignore_na=True).mean()
    return np.asarray(np.nan_to_num(smooth.to_numpy(float)))
