"""PUE of twelve months, and interim figures of shorter periods, from metered power with its gaps.

Ratios of energies, never means of ratios. A step without one of both meters counts in neither energy, so that a gap does not shift
the ratio; how much was measured stands beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from models.pue import EnergyRatio
from models.whole.site_rows import FACILITY, IT

LEAST_MEASURED_FRAC = 0.95  # of a year, before its ratio is called PUE


@dataclass(frozen=True, slots=True)
class PeriodRatio:
    """Facility over IT energy from `begin` to before `end`.

    Attributes
    ----------
    facility_kwh, it_kwh
        Energies of the steps in which both were measured.
    measured_frac
        Share of the period in which both were.
    """

    begin: pd.Timestamp
    end: pd.Timestamp
    facility_kwh: float
    it_kwh: float
    measured_frac: float

    @property
    def value(self) -> float:
        """The ratio; NaN without IT energy."""
        return self.facility_kwh / self.it_kwh if self.it_kwh > 0 else float("nan")

    @property
    def name(self) -> str:
        """`PUE` for twelve measured months (ISO/IEC 30134-2), else `interim PUE`."""
        hours = (self.end - self.begin) / pd.Timedelta(hours=1)
        whole_year = EnergyRatio(self.value, self.value, self.value, hours).is_pue
        return "PUE" if whole_year and self.measured_frac >= LEAST_MEASURED_FRAC else "interim PUE"


def ratio_of(frame: pd.DataFrame, begin: pd.Timestamp, end: pd.Timestamp) -> PeriodRatio:
    """Return the ratio of a period.

    Parameters
    ----------
    frame
        Columns `facility_kw` and `it_kw`, steps of equal length, index UTC times, NaN for gaps.
    begin, end
        Aware times.
    """
    step = _step(frame)
    inside = frame.loc[(frame.index >= begin) & (frame.index < end), [FACILITY, IT]].dropna()
    step_h = step / pd.Timedelta(hours=1)
    energy_kwh = inside.sum() * step_h
    return PeriodRatio(
        begin, end, float(energy_kwh[FACILITY]), float(energy_kwh[IT]), float(len(inside) * step / (end - begin))
    )


def twelve_months(frame: pd.DataFrame, end: pd.Timestamp) -> PeriodRatio:
    """Return the ratio of the twelve months before a time, or of what there is of them."""
    begin = end - pd.DateOffset(years=1)
    known = frame[[FACILITY, IT]].dropna()
    first = known.index[0] if len(known) else end - _step(frame)
    return ratio_of(frame, max(begin, first), end)


def months(frame: pd.DataFrame, zone: str) -> list[PeriodRatio]:
    """Return the ratio of each calendar month of a zone that the frame reaches into."""
    if frame.empty:
        return []
    local = pd.DatetimeIndex(frame.index).tz_convert(zone)
    first = local[0].normalize().replace(day=1)
    starts = pd.date_range(first, local[-1] + pd.DateOffset(months=1), freq="MS")
    return [ratio_of(frame, begin, end) for begin, end in pairwise(starts) if begin <= local[-1]]


def _step(frame: pd.DataFrame) -> pd.Timedelta:
    if len(frame) < 2:
        raise ValueError("a ratio of energies needs at least two steps: one does not say how long it is")
    steps = np.diff(frame.index[:2])
    return pd.Timedelta(steps[0])
