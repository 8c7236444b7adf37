"""The ellipsoid that rows fill about their mean: what was learned is known in it, and held at its surface outside.

A range of each input is a box, and rows fill little of it: high load and cold condenser water, each seen, may never have met.
There a plane through the rows runs away, and on a real plant it was worse than the plate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.component.ratio_table import Range
from models.component.rows import TrainingRows

FloatArray = npt.NDArray[np.float64]

_APART = 0.01  # of a variance: by so much inputs that go together, such as load and the law's power, may always part
_LEAST_SPREAD = 1e-4  # of an input that never moved


@dataclass(frozen=True, slots=True, eq=False)
class Cloud:
    """An ellipsoid: its centre (1 + drivers,), and what makes it a sphere of radius 1 (1 + drivers, 1 + drivers)."""

    centre: FloatArray
    to_sphere: FloatArray

    def distance(self, features: FloatArray) -> FloatArray:
        """Return how far features (n, 1 + drivers) lie from the centre; 1 at the surface."""
        return np.asarray(np.linalg.norm((features - self.centre) @ self.to_sphere, axis=1))

    def held(self, features: FloatArray, within: Range) -> FloatArray:
        """Return features, those outside surface or range moved straight towards the centre until they are in both.

        Moved along one axis alone, what goes together in the rows, such as load and the law's power, would part.
        """
        apart = features - self.centre
        room = np.maximum(np.where(apart > 0, within.high - self.centre, self.centre - within.low), _LEAST_SPREAD)
        times = np.maximum(self.distance(features), (np.abs(apart) / room).max(axis=1))
        return np.asarray(self.centre + apart / np.maximum(times, 1.0)[:, None])


def cloud_of(rows: TrainingRows) -> Cloud:
    """Return the ellipsoid that all but the rarest rows fill, so that a setpoint that was tried for hours lies in it.

    References
    ----------
    Mahalanobis, "On the generalised distance in statistics", Proc. Nat. Inst. Sci. India 2 (1936).
    """
    centre, spread = rows.features.mean(axis=0), np.maximum(rows.features.std(axis=0), _LEAST_SPREAD)
    z = (rows.features - centre) / spread
    together = z.T @ z / len(rows) + _APART * np.eye(spread.size)
    unsized = Cloud(centre, np.linalg.inv(np.linalg.cholesky(together)).T / spread[:, None])
    size = float(np.quantile(unsized.distance(rows.features), 1.0 - rows.rare_frac))
    return Cloud(centre, unsized.to_sphere / max(size, 1.0))
