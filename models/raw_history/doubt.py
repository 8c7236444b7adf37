"""A stretch of a history that must not teach, and the stretches of a row of truth values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.raw_history.kin import equipment_of

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Doubt:
    """What is wrong with some columns from one time to another, both of them included.

    Attributes
    ----------
    columns
        `equipment.quantity`, at least one.
    kind
        `gap`, `missing` (a whole device, for long), `stuck`, `unit` or `clock`.
    first, last
        First and last row, UTC.
    evidence
        What shows it, with the numbers.
    """

    columns: tuple[str, ...]
    kind: str
    first: pd.Timestamp
    last: pd.Timestamp
    evidence: str

    def __str__(self) -> str:
        """Say it in a line for a card."""
        return f"{named(self.columns)} {self.evidence}, {self.first:%Y-%m-%d %H:%M} to {self.last:%Y-%m-%d %H:%M} UTC: left out"


def named(columns: tuple[str, ...]) -> str:
    """Return the name of a column, or of the equipment that all the columns are of."""
    if len(columns) == 1:
        return columns[0]
    equipment = sorted({equipment_of(column) for column in columns})
    return equipment[0] if len(equipment) == 1 else f"{len(equipment)} devices"


def stretches(holds: BoolArray, least_rows: int) -> Iterator[slice]:
    """Yield the runs of True (n,) that are at least so long."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], holds, [False]]).astype(np.int8)))
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        if end - begin >= least_rows:
            yield slice(int(begin), int(end))


def rows_in(times: pd.DatetimeIndex, span: pd.Timedelta) -> int:
    """Return how many rows a span takes, at least one; the usual distance of the rows counts."""
    usual = np.median(np.diff(times.to_numpy())) if len(times) > 1 else span.to_timedelta64()
    return max(1, round(float(span.to_timedelta64() / usual)))
