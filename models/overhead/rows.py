"""Rows of overhead power that can be believed: the parts, IT power and the reported power ratio must agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

FloatArray = npt.NDArray[np.float64]

IT, OVERHEAD, RATIO, PRIOR = "it_kw", "overhead_kw", "pue", "prior_kw"
IDENTITY_WITHIN = 0.01  # of the power ratio


@dataclass(frozen=True, slots=True, eq=False)
class OverheadRows:
    """Rows in order of time, without gaps in power.

    Attributes
    ----------
    times
        When, (n,).
    it_kw
        IT power, positive, (n,).
    parts_kw
        Metered parts of the overhead, (n, K); where none is metered, the overhead as its only part.
    drivers
        What else is known ahead, weather above all, (n, D); NaN for gaps.
    prior_kw
        What the overhead should be by the physics of its parts, (n,); NaN where unknown.
    refused
        Why a row of the frame was left out, by its time.
    """

    times: pd.DatetimeIndex
    it_kw: FloatArray
    parts_kw: FloatArray
    drivers: FloatArray
    prior_kw: FloatArray
    refused: pd.Series[str]

    @property
    def overhead_kw(self) -> FloatArray:
        """Overhead (n,): the sum of the parts."""
        return np.asarray(self.parts_kw.sum(axis=1))

    def left_out(self) -> tuple[str, ...]:
        """Return a sentence for each reason, with the number of rows."""
        return tuple(f"{reason}: {count} rows left out" for reason, count in self.refused.value_counts().items())


def overhead_rows(frame: pd.DataFrame, parts: Sequence[str] = (), drivers: Sequence[str] = ()) -> OverheadRows:
    """Return the rows of a frame that agree with themselves.

    Parameters
    ----------
    frame
        Steps of equal length, index times with a zone (the site's, as its calendar counts), NaN for gaps. Column `it_kw`; the
        parts, or where there are none `overhead_kw`; the drivers. Where `pue` is given, it must be the ratio of the others within
        0.01, or the row is refused.
    parts
        Columns that add up to the overhead [kW].
    drivers
        Columns of what else is known ahead: wet bulb, dry bulb [degC]. `prior_kw` is taken where it is there.

    Raises
    ------
    KeyError
        If a column is not there.
    ValueError
        If the times have no zone.
    """
    if pd.DatetimeIndex(frame.index).tz is None:
        raise ValueError("times without a zone: give them the site's, tz_localize(...)")
    table = frame.sort_index()
    power_kw = table[list(parts) or [OVERHEAD]].to_numpy(float)
    it_kw = table[IT].to_numpy(float)
    reasons = _reasons(it_kw, power_kw, table[RATIO].to_numpy(float) if RATIO in table else None)
    reasons[table.index.duplicated()] = "a time that was there before"
    kept = reasons == ""
    return OverheadRows(
        times=pd.DatetimeIndex(table.index[kept]),
        it_kw=it_kw[kept],
        parts_kw=power_kw[kept],
        drivers=table[list(drivers)].to_numpy(float)[kept],
        prior_kw=table[PRIOR].to_numpy(float)[kept] if PRIOR in table else np.full(int(kept.sum()), np.nan),
        refused=pd.Series(reasons[~kept], index=table.index[~kept], dtype=str),
    )


def _reasons(it_kw: FloatArray, power_kw: FloatArray, ratio: FloatArray | None) -> npt.NDArray[np.object_]:
    """Return why each row cannot be believed, or nothing."""
    overhead_kw = power_kw.sum(axis=1)
    reasons = np.full(it_kw.size, "", dtype=object)
    if ratio is not None:
        with np.errstate(divide="ignore", invalid="ignore"):
            apart = np.abs(ratio - (1 + overhead_kw / it_kw)) > IDENTITY_WITHIN
        reasons[apart] = f"the power ratio differs from its parts by more than {IDENTITY_WITHIN}"
        reasons[np.isnan(ratio)] = "a gap in the power ratio"
    reasons[it_kw <= 0] = "no IT power"
    reasons[(power_kw < 0).any(axis=1) | (overhead_kw <= 0)] = "negative power, or no overhead"
    reasons[~np.isfinite(it_kw) | ~np.isfinite(overhead_kw)] = "a gap in power"
    return reasons
