"""Power of a real chiller after one day of history, three, seven and fourteen, beside its plate, in the week that follows.

The plate is of the whole month, tested weeks included: one that is hard to beat. What a month teaches is scored in March
(`predict_chiller_plant`); longer histories of this plant there are not.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.component_power import ComponentPower
from tools.bench.chiller_plant import DRIVERS, Month, Plate, engineers_plate, read_month
from tools.bench.rows import Row, compared
from tools.bench.shared_data import folder

FloatArray = npt.NDArray[np.float64]

_DAYS = (1, 3, 7, 14)
_UNTIL = range(
    14, 25, 2
)  # days of the month at whose end histories end: the same weeks follow histories of all lengths
_WEEK_DAYS = 7


def rows(quick: bool) -> list[Row]:
    """Return the error after histories of each length, all weeks that followed them pooled."""
    del quick  # seconds either way
    found = folder("chiller_plant_10min")
    if found is None:
        return []
    month = read_month(found / "plant_23_12.csv.gz")
    plate = engineers_plate(month)
    return [_after(days, month, plate) for days in _DAYS]


def _after(days: int, month: Month, plate: Plate) -> Row:
    weeks = [
        _week(_days(month, until - days, until), _days(month, until, until + _WEEK_DAYS), plate) for until in _UNTIL
    ]
    truth, ours, nameplate = (np.concatenate(one) for one in zip(*weeks, strict=True))
    error, reference = (float(np.sqrt(np.mean((said - truth) ** 2)) / truth.mean()) for said in (ours, nameplate))
    return compared(f"chiller_cv_rmse_{days}d", error, "-", reference)


def _week(known: Month, then: Month, plate: Plate) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return what was measured, what we say and what the plate says."""
    model = ComponentPower("chiller", DRIVERS).fit(plate.rows(known), known.chiller_kw)
    asked = plate.rows(then.running)
    measured, nameplate = np.asarray(then.running.chiller_kw, float), np.asarray(asked["prior_kw"], float)
    return measured, model.predict(asked), nameplate


def _days(month: Month, first: int, end: int) -> Month:
    day = pd.Series(pd.DatetimeIndex(month.inputs.index).day - 1, month.inputs.index)
    return month.only((day >= first) & (day < end))
