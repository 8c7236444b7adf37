"""History, as service would have gone through it: each row predicted from those before it, then learned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.overhead.calendar import slot_of_week
from models.overhead.course import Known
from models.overhead.forecaster import PowerAhead
from models.overhead.ratio import RatioAhead
from models.overhead.rows import OverheadRows

FloatArray = npt.NDArray[np.float64]


class Online(Protocol):
    """What predicts a row some steps ahead of those it has learned."""

    @property
    def step_s(self) -> float:
        """Length of a step [s]."""

    @property
    def ahead(self) -> int:
        """Steps ahead that are predicted."""

    def predict(self, known: Known, /) -> PowerAhead | RatioAhead:
        """Return what a row will be."""

    def update(self, known: Known, parts_kw: FloatArray, /) -> object:
        """Learn a row."""


def known_rows(rows: OverheadRows, step_s: float) -> Sequence[Known]:
    """Return what is known of each row ahead: all but the power of the overhead."""
    return [
        Known(time.timestamp(), slot_of_week(time, step_s), it_kw, drivers, prior_kw)
        for time, it_kw, drivers, prior_kw in zip(
            rows.times, rows.it_kw.tolist(), rows.drivers, rows.prior_kw.tolist(), strict=True
        )
    ]


def replay(forecaster: Online, rows: OverheadRows) -> pd.DataFrame:
    """Return what a new forecaster would have predicted for each row, and let it learn them all.

    Returns
    -------
    DataFrame
        A column for each number of a prediction, index the rows' times. NaN for the first rows, that nothing came before.
    """
    known = known_rows(rows, forecaster.step_s)
    answers = []
    for row, coming in enumerate(known):
        learned = row - forecaster.ahead
        if learned >= 0:
            forecaster.update(known[learned], rows.parts_kw[learned])
            answers.append(asdict(forecaster.predict(coming)))
    for learned in range(max(len(known) - forecaster.ahead, 0), len(known)):
        forecaster.update(known[learned], rows.parts_kw[learned])
    return pd.DataFrame(answers, index=rows.times[forecaster.ahead :]).reindex(rows.times)
