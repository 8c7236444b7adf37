"""What was delivered in an event, and what that is worth.

In each step what was delivered beyond what was promised is reported apart: it is not paid, and makes up for no other step. A step
without a reading counts neither as delivered nor as short; how many hours that are is told.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.demand_response.like_days import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Settlement:
    """The outcome of an event.

    Attributes
    ----------
    delivered_kw
        Reduction in each step; NaN without a reading.
    committed_kwh, credited_kwh, short_kwh, over_kwh
        Promised in the steps that were measured; of it delivered; not delivered; delivered beyond it.
    performance
        Credited over committed energy, 0 to 1.
    missing_h
        Hours without a reading.
    payment, penalty
        In the site's currency.
    """

    delivered_kw: FloatArray
    committed_kwh: float
    credited_kwh: float
    short_kwh: float
    over_kwh: float
    performance: float
    missing_h: float
    payment: float
    penalty: float


def settle(
    delivered_kw: FloatArray,
    committed_kw: FloatArray,
    hours: FloatArray,
    *,
    payment_per_kwh: float,
    penalty_per_kwh: float,
) -> Settlement:
    """Return what a reduction is worth.

    Parameters
    ----------
    delivered_kw
        Baseline less meter, or metered generation, one value a step; NaN without a reading.
    committed_kw
        What was promised in each step.
    hours
        How long the event holds in each step.
    """
    known = ~np.isnan(delivered_kw)
    held = np.where(known, hours, 0.0)
    reduced = np.where(known, np.maximum(delivered_kw, 0.0), 0.0)
    committed = float(committed_kw @ held)
    credited = float(np.minimum(reduced, committed_kw) @ held)
    over = float(np.maximum(reduced - committed_kw, 0.0) @ held)
    short = committed - credited
    return Settlement(
        delivered_kw=delivered_kw,
        committed_kwh=committed,
        credited_kwh=credited,
        short_kwh=short,
        over_kwh=over,
        performance=credited / committed if committed > 0.0 else 1.0,
        missing_h=float(hours[~known].sum()),
        payment=credited * payment_per_kwh,
        penalty=short * penalty_per_kwh,
    )
