"""The whole from its parts: facility = IT + electrical losses + cooling; power ratio now, PUE over energies.

PUE is a ratio of energies over a year (ISO/IEC 30134-2). What a moment shows is a *power ratio*, what a shorter period shows
an *interim* PUE; neither is ever called PUE here. None of them is an objective: raising server power lowers them all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

YEAR_H = 8760.0
_CLOSES_WITHIN = 1e-6


class BalanceError(ValueError):
    """The parts do not add up to the whole."""


@dataclass(frozen=True, slots=True, eq=False)
class PowerBalance:
    """Power of a site, (n,) [kW]; the half-widths are of 90 % intervals.

    `it_kw` is what the racks draw, server fans included; `cooling_kw` everything between racks and outside; `loss_kw` the
    electrical chain; `other_kw` what is neither (offices, lights).
    """

    it_kw: FloatArray
    cooling_kw: FloatArray
    loss_kw: FloatArray
    other_kw: FloatArray
    cooling_half_width_kw: FloatArray
    loss_half_width_kw: FloatArray

    @property
    def facility_kw(self) -> FloatArray:
        """Power at the meter."""
        return self.it_kw + self.cooling_kw + self.loss_kw + self.other_kw

    @property
    def half_width_kw(self) -> FloatArray:
        """Half of the 90 % interval of facility power at this IT power; parts err independently."""
        return np.hypot(self.cooling_half_width_kw, self.loss_half_width_kw)

    @property
    def power_ratio(self) -> FloatArray:
        """Facility over IT power, now; NaN without IT power."""
        return _ratio(self.facility_kw, self.it_kw)

    @property
    def power_ratio_half_width(self) -> FloatArray:
        """Half of the 90 % interval of the power ratio."""
        return _ratio(self.half_width_kw, self.it_kw)

    def check_against(self, metered_kw: npt.ArrayLike) -> FloatArray:
        """Return metered minus modelled facility power [kW]: what the parts leave unexplained."""
        unexplained: FloatArray = np.asarray(metered_kw, float) - self.facility_kw
        return unexplained


def balance_from_meters(
    facility_kw: npt.ArrayLike, it_kw: npt.ArrayLike, cooling_kw: npt.ArrayLike, loss_kw: npt.ArrayLike
) -> PowerBalance:
    """Return the balance of metered powers [kW]; what no part explains is `other_kw`.

    Raises
    ------
    BalanceError
        If the parts exceed the whole: a meter is wrong, or counts something twice.
    """
    whole, it, cooling, loss = np.broadcast_arrays(
        *(np.atleast_1d(np.asarray(x, float)) for x in (facility_kw, it_kw, cooling_kw, loss_kw))
    )
    other = whole - it - cooling - loss
    if (other < -_CLOSES_WITHIN * np.maximum(whole, 1.0)).any():
        raise BalanceError(f"IT, cooling and losses exceed the facility's power by up to {-other.min():.3g} kW")
    none = np.zeros(whole.shape)
    return PowerBalance(it, cooling, loss, np.maximum(other, 0.0), none, none)


@dataclass(frozen=True, slots=True)
class EnergyRatio:
    """Facility over IT energy of a period, with its 90 % interval; PUE only when the period is a year."""

    value: float
    low: float
    high: float
    hours: float

    @property
    def is_pue(self) -> bool:
        """Whether the period is long enough for the name (ISO/IEC 30134-2: twelve months)."""
        return self.hours >= YEAR_H - 24.0

    @property
    def name(self) -> str:
        """What it may be called."""
        return "PUE" if self.is_pue else "interim PUE"


def energy_ratio(balance: PowerBalance, step_h: float) -> EnergyRatio:
    """Return facility over IT energy of equal steps of `step_h` hours.

    The ratio of sums, never the mean of ratios. Half-widths add over time as if errors persisted: a model that is 5 % off
    now is likely off tomorrow too.
    """
    it_kwh = float(balance.it_kw.sum()) * step_h
    if it_kwh <= 0:
        raise BalanceError("no IT energy in the period: a ratio to it says nothing")
    value = float(balance.facility_kw.sum()) * step_h / it_kwh
    half_width = float(balance.half_width_kw.sum()) * step_h / it_kwh
    return EnergyRatio(value, max(1.0, value - half_width), value + half_width, balance.it_kw.size * step_h)


def _ratio(over: FloatArray, under: FloatArray) -> FloatArray:
    ratio: FloatArray = np.where(under > 0, over / np.where(under > 0, under, 1.0), np.nan)
    return ratio
