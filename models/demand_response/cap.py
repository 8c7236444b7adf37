"""How a cap on what is drawn was kept: for how long the meter was above it, by how much energy, and at its worst.

What is drawn less than the cap makes up for nothing. A step without a reading counts neither as kept nor as above.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.demand_response.like_days import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class CapKept:
    """How a cap was kept.

    Attributes
    ----------
    above_kw
        By how much the mean of each step was above the cap; NaN without a reading, and where no cap holds.
    above_h, above_kwh, most_above_kw
        Hours above it, energy above it, and the worst step.
    kept
        Share of the measured hours in which it was kept, 0 to 1; 1 where nothing was measured.
    missing_h
        Hours without a reading.
    """

    above_kw: FloatArray
    above_h: float
    above_kwh: float
    most_above_kw: float
    kept: float
    missing_h: float


def cap_kept(drawn_kw: FloatArray, cap_kw: FloatArray, hours: FloatArray) -> CapKept:
    """Return how a cap was kept.

    Parameters
    ----------
    drawn_kw
        Mean draw in each step; NaN without a reading.
    cap_kw
        The most that may be drawn in each step.
    hours
        How long the cap holds in each step.
    """
    known = ~np.isnan(drawn_kw)
    held = np.where(known, hours, 0.0)
    above_kw = np.where(hours > 0.0, np.maximum(drawn_kw - cap_kw, 0.0), np.nan)
    excess_kw = np.nan_to_num(above_kw)
    above_h, measured_h = float(held[excess_kw > 0.0].sum()), float(held.sum())
    return CapKept(
        above_kw=above_kw,
        above_h=above_h,
        above_kwh=float(excess_kw @ held),
        most_above_kw=float(excess_kw.max(initial=0.0)),
        kept=1.0 - above_h / measured_h if measured_h > 0.0 else 1.0,
        missing_h=float(hours[~known].sum()),
    )
