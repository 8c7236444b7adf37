"""What stood in for points over a time, as columns beside those of what was measured: never in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd

from facility.points import Point
from facility.stand_ins import StandIn, StandInKind


@dataclass(frozen=True, slots=True)
class StoodInColumn:
    """What stood in for a point, by the rows of a table of readings; NaN where nothing did."""

    point: Point
    kind: StandInKind
    values: pd.Series

    @property
    def heading(self) -> str:
        """Its name in a file: whose, and that it was not measured."""
        return f"{self.point.id} {self.kind.value} [{self.point.unit}]"


def with_beginnings(frame: pd.DataFrame, stand_ins: Sequence[StandIn]) -> pd.DataFrame:
    """Return raw readings with a row where each stand-in began: while a sensor is out there may be no other."""
    begun = pd.DatetimeIndex([one.at for one in stand_ins]).as_unit("us")
    index = pd.DatetimeIndex(frame.index).union(begun[begun >= frame.index[0]] if len(frame) else begun)
    return frame.reindex(index.rename("time"))


def stood_in_columns(
    index: pd.DatetimeIndex,
    points: Mapping[str, Point],
    stand_ins: Sequence[StandIn],
    sources: pd.DataFrame,
    step: timedelta | None,
) -> list[StoodInColumn]:
    """Return a column for each point and kind; `sources` are the readings of the points that are followed."""
    found: dict[tuple[str, StandInKind], pd.Series] = {}
    for one in stand_ins:
        column = found.setdefault((one.point, one.kind), pd.Series(np.nan, index))
        begins, ends = pd.Timestamp(one.at - (step or timedelta(microseconds=1))), pd.Timestamp(one.ends)
        stood = (index > begins) & (index < ends)
        value = one.value if one.source is None else sources[one.source].reindex(index, method="ffill")[stood]
        column[stood] = value
    return [StoodInColumn(points[point], kind, values) for (point, kind), values in found.items()]
