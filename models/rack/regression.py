"""Non-negative least squares for all racks of a hall, each with its own gaps, drawn towards what is assumed beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import nnls

FloatArray = npt.NDArray[np.float64]

_RIDGE = 1e-9  # of the largest diagonal entry: features may repeat each other


@dataclass(frozen=True, slots=True, eq=False)
class Products:
    """Sums of products of p features and R targets over the rows where each target is known.

    Attributes
    ----------
    gram
        Features by features, (R, p, p).
    moment
        Features by target, (R, p).
    square
        Target by itself, (R,).
    rows
        Known rows of each target, (R,).
    """

    gram: FloatArray
    moment: FloatArray
    square: FloatArray
    rows: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """What coefficients are drawn to, one entry a feature: `towards`, as if `scale` had been seen in a share of the rows."""

    towards: FloatArray
    scale: FloatArray


def products(features: FloatArray, targets: FloatArray) -> Products:
    """Return the sums for features (n, p) without gaps and targets (n, R) with gaps; one matrix product for all targets."""
    there = np.isfinite(targets).astype(float)
    known = np.nan_to_num(targets)
    size = features.shape[1]
    pairs = (features[:, :, None] * features[:, None, :]).reshape(len(features), size * size)
    return Products(
        gram=(there.T @ pairs).reshape(-1, size, size),
        moment=known.T @ features,
        square=(known**2).sum(axis=0),
        rows=there.sum(axis=0),
    )


def solve(sums: Products, use: Sequence[int], drawn: Drawn, weight_frac: float) -> tuple[FloatArray, float]:
    """Return non-negative coefficients of some features, (R, len(use)), and the squared error of all targets together.

    `weight_frac` is the weight of what is assumed, as a share of the known rows.
    """
    chosen = np.asarray(use)
    grams, moments = np.ascontiguousarray(sums.gram[:, chosen[:, None], chosen]), sums.moment[:, chosen]
    pull = weight_frac * sums.rows[:, None] * drawn.scale[chosen] ** 2
    coefficients = _nonnegative(grams + pull[:, None] * np.eye(chosen.size), moments + pull * drawn.towards[chosen])
    each = zip(sums.square, moments, grams, coefficients, strict=True)
    error = sum(float(square - 2 * moment @ found + found @ gram @ found) for square, moment, gram, found in each)
    return coefficients, error


def _nonnegative(grams: FloatArray, moments: FloatArray) -> FloatArray:
    """Return the x >= 0, (R, p), that minimise x' gram x / 2 - moment' x, through the Cholesky factors."""
    ridge = _RIDGE * np.maximum(grams.diagonal(axis1=1, axis2=2).max(axis=1), 1.0)
    lower = np.linalg.cholesky(grams + ridge[:, None, None] * np.eye(grams.shape[1]))
    reduced = np.linalg.solve(lower, moments[..., None])[..., 0]
    return np.array([nnls(factor.T, right)[0] for factor, right in zip(lower, reduced, strict=True)])
