"""Where a learned ratio counts: near rows. Elsewhere it fades into the level that all rows have over the law.

A range of each input is a box, and rows fill little of it: high load and cold condenser water, each seen, may never have met.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import convolve1d

from models.component.candidates import level
from models.component.ratio_table import Ratio, RatioTable
from models.component.rows import TrainingRows

FloatArray = npt.NDArray[np.float64]

_HALF_ROWS = 0.5  # that lie around a node where ratio and level count alike
_PARTS = 10  # by the law's power: how much the ratio changes among them


def fading(ratio: Ratio, rows: TrainingRows, law_sd_frac: float) -> Ratio:
    """Return a ratio that counts where rows lie and fades into their level where none do.

    Parameters
    ----------
    ratio
        Learned from the rows, over the law.
    rows, law_sd_frac
        As candidates take them.
    """
    known, elsewhere, base = _known(rows), level_elsewhere(rows, law_sd_frac), rows.base

    def faded(features: FloatArray) -> FloatArray:
        anchor = elsewhere * base(features)
        return np.asarray(anchor + known.at(features) * (ratio(features) - anchor))

    return faded


def level_elsewhere(rows: TrainingRows, law_sd_frac: float) -> float:
    """Return power over what was known before, where nothing was measured.

    The level of all rows counts as far as it stands out from what the ratio changes by among them: one that is 1 % off, with
    parts that are 5 % off either way, says nothing of another place.

    References
    ----------
    Efron and Morris, "Stein's estimation rule and its competitors", JASA 68 (1973): shrinkage by signal over signal and noise.
    """
    off = level(rows, law_sd_frac) - 1.0
    parts = np.array_split(np.argsort(rows.base_kw, kind="stable"), min(_PARTS, len(rows)))
    change = float(np.var([rows.power_kw[part].sum() / rows.base_kw[part].sum() for part in parts]))
    return 1.0 + (off**3 / (off**2 + change) if off else 0.0)


def _known(rows: TrainingRows) -> RatioTable:
    """Return how far the ratio counts, 0 to 1, by the rows around each node of the table that will hold it."""
    axes = rows.seen.tabulated()
    nodes = axes.nodes()
    place = (axes.held(rows.features) - axes.low) / (axes.high - axes.low) * (np.array(nodes) - 1)
    nearest = np.ravel_multi_index(tuple(place.round().astype(np.int64).T), nodes)
    count = np.bincount(nearest, minlength=int(np.prod(nodes))).astype(float).reshape(nodes)
    for axis in range(count.ndim):
        count = convolve1d(count, np.ones(3), axis, mode="constant")
    return RatioTable(axes, count / (count + _HALF_ROWS))
