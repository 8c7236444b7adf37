"""What the parts of a site draw under its own controls, from IT power and weather: learned on what it did.

No law is asked: controls, staging and changeover are in the data. So this answers what will be if nothing is changed; what a change
does is for the plant models. Outside the range seen a straight line goes on, and the answer is marked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.boosted_trees import Binned, BoostedTrees, binned, fit_trees
from models.whole.site_rows import IT, SiteRows

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

MIN_ROWS = 96
HALF_LIFE_DAYS = 30.0  # plants drift, and people change setpoints
_RIDGE = 1e-3  # of the rows' weight: keeps the line finite where conditions move together
_SEEN_QUANTILES = (0.001, 0.999)


class ThinRowsError(ValueError):
    """There are too few rows to learn a site from; the message says how many, and why others were left out."""


@dataclass(frozen=True, slots=True, eq=False)
class PartLaw:
    """One part: a straight line through the conditions, and trees for what it misses."""

    intercept_kw: float
    slope: FloatArray
    trees: BoostedTrees

    def power_kw(self, features: FloatArray, held: FloatArray) -> FloatArray:
        """Return the power; `held` are the features kept inside the range seen, where the trees know something."""
        return self.intercept_kw + features @ self.slope + self.trees.predict(held)


@dataclass(frozen=True, slots=True, eq=False)
class AsOperated:
    """A site under its own controls.

    Attributes
    ----------
    conditions
        Columns that answers depend on, `it_kw` first.
    seen
        Lowest and highest value of each condition in the rows, (conditions, 2).
    laws
        By part.
    """

    conditions: tuple[str, ...]
    seen: FloatArray
    laws: Mapping[str, PartLaw]

    def parts_kw(self, rows: pd.DataFrame) -> dict[str, FloatArray]:
        """Return the power of each part [kW] for rows with the conditions, none of them missing."""
        features = rows[list(self.conditions)].to_numpy(float)
        held = np.clip(features, self.seen[:, 0], self.seen[:, 1])
        return {part: law.power_kw(features, held) for part, law in self.laws.items()}

    def overhead_kw(self, rows: pd.DataFrame) -> FloatArray:
        """Return what the site draws beyond its IT [kW]; never less than nothing."""
        return np.maximum(sum(self.parts_kw(rows).values(), np.zeros(len(rows))), 0.0)

    def unseen(self, rows: pd.DataFrame) -> BoolArray:
        """Return where a condition lies outside the range seen."""
        return np.asarray(self.beyond(rows) > 0)

    def beyond(self, rows: pd.DataFrame) -> FloatArray:
        """Return how far conditions lie outside the range seen, in widths of that range, summed over them; 0 inside."""
        features = rows[list(self.conditions)].to_numpy(float)
        low, high = self.seen.T
        outside = np.maximum(low - features, 0.0) + np.maximum(features - high, 0.0)
        return np.asarray((outside / np.maximum(high - low, 1e-9)).sum(axis=1))


def fit_as_operated(rows: SiteRows, half_life_days: float = HALF_LIFE_DAYS) -> AsOperated:
    """Learn a site from its rows, newer ones counting more.

    Raises
    ------
    ThinRowsError
        With fewer than 96 whole rows.
    """
    if len(rows.table) < MIN_ROWS:
        why = "; ".join(rows.left_out) or "no more were given"
        raise ThinRowsError(f"{len(rows.table)} whole rows of the site, {MIN_ROWS} are needed ({why})")
    conditions = (IT, *rows.conditions)
    features = rows.table[list(conditions)].to_numpy(float)
    seen = np.quantile(features, _SEEN_QUANTILES, axis=0).T
    times = pd.DatetimeIndex(rows.table.index)
    age_days = ((times[-1] - times) / pd.Timedelta(days=1)).to_numpy(float)
    weight = 0.5 ** (age_days / half_life_days)
    bins = binned(features, weight)
    laws = {part: _fit_part(features, bins, rows.table[part].to_numpy(float), weight) for part in rows.parts}
    return AsOperated(conditions, seen, laws)


def _fit_part(features: FloatArray, bins: Binned, power_kw: FloatArray, weight: FloatArray) -> PartLaw:
    intercept, slope = _line(features, power_kw, weight)
    left = power_kw - intercept - features @ slope
    return PartLaw(intercept, slope, fit_trees(bins, left, weight=weight))


def _line(features: FloatArray, power_kw: FloatArray, weight: FloatArray) -> tuple[float, FloatArray]:
    """Return intercept and slopes by weighted ridge regression on standardised conditions."""
    share = weight / weight.sum()
    middle, level = share @ features, float(share @ power_kw)
    spread = np.sqrt(share @ (features - middle) ** 2)
    spread = np.where(spread > 0, spread, 1.0)
    scaled = (features - middle) / spread
    gram = (scaled * share[:, None]).T @ scaled + _RIDGE * np.eye(features.shape[1])
    slope = np.linalg.solve(gram, scaled.T @ (share * (power_kw - level))) / spread
    return float(level - middle @ slope), slope
