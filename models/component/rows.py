"""Rows that a component's correction is learned from, and how much they tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.component.ratio_table import Range, Ratio

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

MIN_ROWS = 48  # half a day of quarters of an hour
_RARE_FRAC, _RARE_ROWS = (
    0.005,
    4.0,
)  # at either end, whichever is less: in a year, hours at a setpoint that was tried count
_LOOK = "2h"  # errors of one load and one weather go together: rows within it tell as much as one
_FAR_K, _FAR_FRAC = 5.0, 0.25  # our judgement: by so much, temperatures and part loads are others than those seen


def far_apart(drivers: Sequence[str]) -> FloatArray:
    """Return by how much values of each driver differ that tell of other conditions (drivers,)."""
    return np.array([_FAR_K if driver.endswith("_degc") else _FAR_FRAC for driver in drivers])


def bare_law(features: FloatArray) -> FloatArray:
    """Return 1: what is known before anything is learned."""
    return np.ones(len(features))


@dataclass(frozen=True, slots=True, eq=False)
class TrainingRows:
    """Whole rows of one component in time order, the component being on.

    Attributes
    ----------
    times
        UTC times (n,).
    features
        The law's power [kW] and the drivers, (n, 1 + drivers).
    power_kw
        Measured power (n,).
    drivers
        Their names.
    base
        What is known over the law already, such as what siblings have taught.
    base_kw
        The law with that (n,): what is corrected.
    """

    times: pd.DatetimeIndex
    features: FloatArray
    power_kw: FloatArray
    drivers: tuple[str, ...]
    base: Ratio = bare_law
    base_kw: FloatArray = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "base_kw", self.features[:, 0] * self.base(self.features))

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.power_kw.size

    def part(self, where: slice | BoolArray) -> TrainingRows:
        """Return some of the rows."""
        return TrainingRows(self.times[where], self.features[where], self.power_kw[where], self.drivers, self.base)

    def over(self, base: Ratio) -> TrainingRows:
        """Return the rows to be corrected over something that is known already."""
        return TrainingRows(self.times, self.features, self.power_kw, self.drivers, base)

    @property
    def looks(self) -> int:
        """Number of independent looks that the rows are worth."""
        return int(self.times.floor(_LOOK).nunique())

    @property
    def rare_frac(self) -> float:
        """Share of the rows, at either end, that says nothing of what was seen."""
        return min(_RARE_FRAC, _RARE_ROWS / len(self))

    @property
    def seen(self) -> Range:
        """Lowest and highest of each feature, the rarest values left aside."""
        low, high = np.quantile(self.features, (self.rare_frac, 1.0 - self.rare_frac), axis=0)
        return Range(low, high)


def training_rows(rows: pd.DataFrame, columns: Sequence[str]) -> TrainingRows:
    """Return screened rows (`columns` and `power_kw`, index UTC times) as a correction is learned from them."""
    features, power = rows[list(columns)].to_numpy(float), rows["power_kw"].to_numpy(float)
    return TrainingRows(pd.DatetimeIndex(rows.index), features, power, tuple(columns[1:]))
