"""What past forecasts missed, and the interval that follows: wider further ahead, and wider beyond what the site has seen.

Beyond the conditions that a model has seen it errs more. How much more, by the distance, is learned from the past forecasts that
went there; with few of them it is what is usual, so that a site which has not yet seen a summer is not sure of one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.accuracy import conformal_half_width

FloatArray = npt.NDArray[np.float64]

_NEAR_FRAC = 0.1  # of the horizon on either side: hours ahead that share an interval
# Chosen on four months of an EnergyPlus plant: what errors grow by at a distance of one, and the share of rows that vouches for it.
_USUAL_GROWTH, _USUAL_FRAC = 10.0, 0.03


@dataclass(frozen=True, slots=True, eq=False)
class MissRecord:
    """Measured less forecast, of one figure.

    Attributes
    ----------
    missed
        By origin and step ahead, (origins, steps), NaN where nothing was measured.
    beyond
        Square root of how far conditions lay outside what the model had seen (`AsOperated.beyond`), of the same shape.
    growth
        Of errors, with `beyond`: they are hypot(1, growth beyond) times what they are inside.
    of_moments
        False for what is summed up from the origin on.
    """

    missed: FloatArray
    beyond: FloatArray
    growth: float
    of_moments: bool = True

    @property
    def known(self) -> FloatArray:
        """All that was missed, (n,)."""
        return self.missed[np.isfinite(self.missed)]

    @property
    def coverage_frac(self) -> float:
        """Share of past forecasts that the interval would have held [-]."""
        inside = np.abs(self._inside()) <= self._widths()
        return float(inside[np.isfinite(self.missed)].mean())

    def half_width(self, beyond: FloatArray, level: float = 0.9) -> FloatArray:
        """Return the half-width of the interval at the coming steps, (n,), for how far each goes `beyond` (n,)."""
        return np.asarray(self._widths(level)[: beyond.size] * np.hypot(1.0, self.growth * beyond))

    def _inside(self) -> FloatArray:
        """What would have been missed inside the range seen."""
        return np.asarray(self.missed / np.hypot(1.0, self.growth * self.beyond))

    def _widths(self, level: float = 0.9) -> FloatArray:
        """Half-widths inside the range seen; those of moments are never narrower further ahead."""
        widths = _by_step(self._inside(), level)
        return np.asarray(np.maximum.accumulate(widths)) if self.of_moments else widths


def typical_miss(missed: FloatArray, beyond: FloatArray) -> float:
    """Return the mean absolute miss inside the range seen, or of all where nothing was inside; NaN are left out."""
    size = np.abs(missed)
    inside = size[(beyond <= 0) & np.isfinite(size)]
    return max(float(np.mean(inside) if inside.size else np.nanmean(size)), 1e-12)


def growth_beyond(missed: FloatArray, beyond: FloatArray) -> float:
    """Return by how many typical misses, at a distance of one, a miss is larger than inside; arrays (n,), without NaN."""
    larger = np.abs(missed) / typical_miss(missed, beyond) - 1.0
    usual_rows = _USUAL_FRAC * missed.size
    found = (larger @ beyond + usual_rows * _USUAL_GROWTH) / (beyond @ beyond + usual_rows)
    return max(float(found), 0.0)


def _by_step(misses: FloatArray, level: float) -> FloatArray:
    """Return the half-width at each step ahead from the misses near it.

    Steps further ahead than the history could be forecast get the last width known, grown as that of a random walk grows.
    """
    tested = np.flatnonzero(np.isfinite(misses).any(axis=0))[-1] + 1
    near = max(1, round(_NEAR_FRAC * misses.shape[1]))
    width = np.empty(misses.shape[1])
    for step in range(tested):
        found = misses[:, max(0, step - near) : step + near + 1]
        width[step] = conformal_half_width(found[np.isfinite(found)], level)
    further = np.arange(tested, misses.shape[1])
    width[tested:] = width[tested - 1] * np.sqrt((further + 1) / tested)
    return width
