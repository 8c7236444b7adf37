"""Charges on the highest demand in some hours of a month, beside that on the month's peak: on-peak demand of a tariff."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from facility.records import FloatArray
from models.cooling import BoolArray


@dataclass(frozen=True, slots=True, eq=False)
class PeakCharge:
    """One such charge over the steps of a plan.

    Attributes
    ----------
    price_per_kw
        Of the highest demand in its hours, a month.
    holds
        Which steps are in its hours (T,).
    so_far_kw, to_come_kw
        Highest demand in its hours this month so far, and what the rest of the month brings there whatever we do.
    """

    price_per_kw: float
    holds: BoolArray
    so_far_kw: float = 0.0
    to_come_kw: float = 0.0

    def until(self, steps: int) -> PeakCharge:
        """Return it for the first steps alone."""
        return replace(self, holds=self.holds[:steps])

    def after(self, site_kw: FloatArray) -> PeakCharge:
        """Return it for the steps after those in which so much was drawn."""
        drawn_kw = site_kw[self.holds[: len(site_kw)]]
        return replace(
            self,
            holds=self.holds[len(site_kw) :],
            so_far_kw=max(self.so_far_kw, float(np.max(drawn_kw, initial=0.0))),
        )
