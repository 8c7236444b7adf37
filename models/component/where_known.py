"""Where a learned ratio counts: among the rows that taught it. Far from them it fades into the level that they have over the law.

A range of each input is a box, and rows fill little of it: high load and cold condenser water, each seen, may never have met.
What rows fill is an ellipsoid about their mean. Inside it nothing fades: a setpoint that was tried for hours keeps its effect.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.component.candidates import CARRIED_FRAC, common_level
from models.component.ratio_table import Ratio
from models.component.rows import TrainingRows

FloatArray = npt.NDArray[np.float64]

_GONE_AT = 3.0  # of the ellipsoid's size: from there on only the level counts
_PARTS = 10  # by the law's power: how much the ratio changes among them
_ALIKE = 0.01  # of a variance: inputs that go together, such as load and the law's power, may part by that much
_LEAST_SPREAD = 1e-9


def fading(ratio: Ratio, rows: TrainingRows, law_sd_frac: float) -> Ratio:
    """Return a ratio that counts among the rows and fades into their level far from them.

    Parameters
    ----------
    ratio
        Learned from the rows, over what was known before.
    rows, law_sd_frac
        As candidates take them.
    """
    cloud, elsewhere, wide = cloud_of(rows), level_elsewhere(rows, law_sd_frac), rows.seen.widened(CARRIED_FRAC)

    def faded(features: FloatArray) -> FloatArray:
        within = wide.held(features)
        out = np.maximum(cloud.distance(within), 1.0)
        counts = np.maximum((_GONE_AT - out) / (_GONE_AT - 1.0), 0.0)
        edge = cloud.centre + (within - cloud.centre) / out[:, None]
        return np.asarray(elsewhere + counts * (ratio(edge) - elsewhere))

    return faded


@dataclass(frozen=True, slots=True, eq=False)
class Cloud:
    """An ellipsoid that rows fill: its centre, and what makes it a sphere of radius 1."""

    centre: FloatArray
    to_sphere: FloatArray

    def distance(self, features: FloatArray) -> FloatArray:
        """Return how far features (n, 1 + drivers) are from the centre; 1 at the surface."""
        return np.asarray(np.linalg.norm((features - self.centre) @ self.to_sphere, axis=1))


def cloud_of(rows: TrainingRows) -> Cloud:
    """Return the ellipsoid that all but the rarest rows fill.

    References
    ----------
    Mahalanobis, "On the generalised distance in statistics", Proc. Nat. Inst. Sci. India 2 (1936).
    """
    centre, spread = rows.features.mean(axis=0), np.maximum(rows.features.std(axis=0), _LEAST_SPREAD)
    z = (rows.features - centre) / spread
    alike = z.T @ z / len(rows) + _ALIKE * np.eye(spread.size)
    cloud = Cloud(centre, np.linalg.inv(np.linalg.cholesky(alike)).T / spread[:, None])
    size = np.quantile(cloud.distance(rows.features), 1.0 - rows.rare_frac)
    return Cloud(centre, cloud.to_sphere / max(float(size), _LEAST_SPREAD))


def level_elsewhere(rows: TrainingRows, law_sd_frac: float) -> float:
    """Return power over what was known before, where nothing was measured.

    The level of all rows counts as far as it stands out from what the ratio changes by among them: one that is 1 % off, with
    parts that are 5 % off either way, says nothing of another place.

    References
    ----------
    Efron and Morris, "Stein's estimation rule and its competitors", JASA 68 (1973): shrinkage by signal over signal and noise.
    """
    off = common_level(rows, law_sd_frac) - 1.0
    parts = np.array_split(np.argsort(rows.base_kw, kind="stable"), min(_PARTS, len(rows)))
    change = float(np.var([rows.power_kw[part].sum() / rows.base_kw[part].sum() for part in parts]))
    return 1.0 + (off**3 / (off**2 + change) if off else 0.0)
