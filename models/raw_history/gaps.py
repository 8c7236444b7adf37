"""Where nothing was measured: at all, by one device, by one of its sensors. Nothing is ever put in its place."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from models.raw_history.doubt import BoolArray, Doubt, rows_in, stretches
from models.raw_history.kin import equipment_of

LEAST_GAP = pd.Timedelta(hours=6)
FOR_LONG = pd.Timedelta(days=7)


def find_gaps(frame: pd.DataFrame) -> Iterator[Doubt]:
    """Yield the gaps of six hours and more, each once: of the history, else of a device, else of a column."""
    times = pd.DatetimeIndex(frame.index)
    least, silent = rows_in(times, LEAST_GAP), frame.isna()
    nowhere = np.asarray(silent.to_numpy(bool).all(axis=1))
    yield from _doubts(times, tuple(map(str, frame.columns)), nowhere, least, "all missing")
    for equipment, columns in frame.columns.to_series().groupby(equipment_of, sort=False):
        of_device = silent[columns].to_numpy(bool)
        gone = np.asarray(of_device.all(axis=1))
        yield from _doubts(times, tuple(columns), gone & ~nowhere, least, "missing")
        said = f"missing although {equipment} answered" if equipment else "missing"
        for column, alone in zip(columns, of_device.T, strict=True):
            yield from _doubts(times, (str(column),), alone & ~gone, least, said)


def _doubts(
    times: pd.DatetimeIndex, columns: tuple[str, ...], gone: BoolArray, least_rows: int, evidence: str
) -> Iterator[Doubt]:
    for found in stretches(gone, least_rows):
        first, last = times[found][0], times[found][-1]
        kind = "missing" if last - first >= FOR_LONG and len({equipment_of(one) for one in columns}) == 1 else "gap"
        yield Doubt(columns, kind, first, last, evidence)
