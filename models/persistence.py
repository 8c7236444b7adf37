"""Yesterday's value: the forecast that every model has to beat."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

FloatArray = npt.NDArray[np.float64]

_DAY = pd.Timedelta(days=1)
_NEAR = pd.Timedelta(hours=1)


def a_day_before(series: pd.Series[float], rows: slice) -> FloatArray:
    """Return the value 24 h before some rows of a series with a sorted time index.

    Where there is none within an hour of that time, the last value before the rows.
    """
    times = pd.DatetimeIndex(series.index[rows])
    earlier = series.reindex(times - _DAY, method="nearest", tolerance=_NEAR).to_numpy(float)
    last = float(series.iloc[max(rows.start - 1, 0)])
    return np.where(np.isnan(earlier), last, earlier)
