"""How sure a saving is that was found by modelling the same days twice: once as they were run, once otherwise.

How far the model was off on the days as they were run is known. How far it is off on the other way of running them is not; it is
taken to err anew, by as much. Errors of neighbouring steps go together, and so may those of neighbouring days: days are the
blocks, and their own correlation counts (Newey and West, Econometrica 55(3), 1987, Bartlett weights).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import stats

FloatArray = npt.NDArray[np.float64]

LEAST_BLOCKS = 5
_UPPER = 0.95


def block_half_widths(errors: FloatArray) -> tuple[float, float]:
    """Return half of the 90 % intervals of one block's error and of the sum of all.

    Parameters
    ----------
    errors
        (n,) Error of the model in each block, in the order of time; their mean is not counted, as it is in both models.

    Returns
    -------
    tuple of float
        In the unit of the errors.

    Raises
    ------
    ValueError
        With fewer than `LEAST_BLOCKS` blocks: their spread is not known.
    """
    blocks = len(errors)
    if blocks < LEAST_BLOCKS:
        raise ValueError(f"{blocks} blocks; at least {LEAST_BLOCKS} are needed to know their spread")
    apart = errors - errors.mean()
    variance = float(apart @ apart) / (blocks - 1)
    lags = int(np.floor(4.0 * (blocks / 100.0) ** (2.0 / 9.0)))  # the usual choice for Bartlett weights
    weights = 1.0 - np.arange(1, lags + 1) / (lags + 1.0)
    products = [float(apart[lag:] @ apart[:-lag]) / (blocks - 1) for lag in range(1, lags + 1)]
    together = variance + 2.0 * float(weights @ np.array(products))
    quantile = float(stats.t.ppf(_UPPER, blocks - 1))
    # Negative correlation would narrow the interval; with so few blocks it is more likely chance.
    return quantile * np.sqrt(variance), quantile * np.sqrt(blocks * max(together, variance))
