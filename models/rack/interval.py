"""How far inlets stray from what was predicted: a rack's own scatter, and errors that last, of which racks tell each other.

An error that lasts (a probe that drifts, a slope that is a little off) shows once in a rehearsal, however many rows that has. A
rack's few rehearsals say nothing of its tails; those of all racks of the hall do. It goes either way: a probe that drifted up
will drift down.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

TAIL_FRAC = 0.05  # beyond either end of a 90 % interval
_FEW = 1.0  # rehearsals that are missing: drifts grow, and racks share some of them; chosen on a year of one site
_RANKS = (np.arange(200) + 0.5) / 200  # of a rack's scatter: enough for its tails


def interval_k(rehearsals: Sequence[FloatArray]) -> FloatArray:
    """Return the lower and the upper half of the 90 % interval [K], (2, racks); NaN for a rack that was never measured.

    Parameters
    ----------
    rehearsals
        Measured minus predicted inlets [K] of each rehearsal, (rows, racks), NaN for gaps; the model that predicted them knew none
        of these rows.
    """
    lasting = [_means(miss_k) for miss_k in rehearsals]
    scatter = np.concatenate([miss_k - each for miss_k, each in zip(rehearsals, lasting, strict=True)])
    strays = np.concatenate(lasting)
    strays = strays[np.isfinite(strays)] * math.sqrt(1 + _FEW / len(rehearsals))
    strays = np.concatenate([strays, -strays])
    ends = np.full((2, scatter.shape[1]), np.nan)
    for rack, column in enumerate(scatter.T):
        known = column[np.isfinite(column)]
        if known.size:
            low, high = np.quantile(np.quantile(known, _RANKS)[:, None] + strays, (TAIL_FRAC, 1 - TAIL_FRAC))
            ends[:, rack] = -low, high
    return ends


def _means(miss_k: FloatArray) -> FloatArray:
    """Return the mean of each rack; NaN where there are only gaps."""
    there = np.isfinite(miss_k)
    count = there.sum(axis=0)
    total = np.where(there, miss_k, 0.0).sum(axis=0)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))
