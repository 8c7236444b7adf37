"""What a backtest found: days and their total, with intervals, and the days that could not be planned.

A plan sets fans and condenser water too, so that it might have saved what was measured beyond the models as well: all of it, if
fans and towers were run at less than their best; nothing, if the models read low. From the outside nobody can tell. The saving is
what the models say; the interval reaches to both ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from facility.backtest.judge import DayJudged
from facility.records import Interval
from models.saving import LEAST_BLOCKS, block_half_widths

BY_DAYS = (
    "from what was measured beyond the models, how far they were off from day to day, and their own interval where plans leave "
    "what was seen"
)
BY_MODELS = (
    f"from what was measured beyond the models, and their own interval: {LEAST_BLOCKS} days would show how they err"
)


@dataclass(frozen=True, slots=True)
class Saving:
    """A saving with its 90 % interval."""

    kwh: Interval
    cost: Interval
    kgco2: Interval

    @property
    def distinguishable(self) -> bool:
        """Whether the interval of the energy leaves out zero."""
        return self.kwh.low > 0.0 or self.kwh.high < 0.0


@dataclass(frozen=True, slots=True)
class DayLeftOut:
    """A day without a plan or a judgement, and why."""

    start: datetime
    end: datetime
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a backtest found.

    Attributes
    ----------
    days, left_out
        In the order of time.
    judged_by
        The models that judged, in words.
    forecast_skill
        By quantity of the weather, where forecasts were kept: see `facility.signals.skill`.
    """

    days: Sequence[DayJudged]
    left_out: Sequence[DayLeftOut]
    judged_by: str
    forecast_skill: dict[str, pd.DataFrame]

    @property
    def interval_basis(self) -> str:
        """What the width of the intervals comes from, in words."""
        return BY_DAYS if len(self.days) >= LEAST_BLOCKS else BY_MODELS

    def saving_of(self, day: DayJudged) -> Saving:
        """Return the saving of one day."""
        return _saving([day], self._half_widths()[0][self.days.index(day)])

    def total(self) -> Saving:
        """Return the saving of all days together."""
        return _saving(self.days, self._half_widths()[1])

    def _half_widths(self) -> tuple[list[float], float]:
        """Return half-widths [kWh] of each day and of the total; where plans leave what was seen, days err together."""
        days = self.days
        if len(days) < LEAST_BLOCKS:
            own = [day.own_half_width_kwh for day in days]
            return own, sum(own)
        hours = np.array([day.hours for day in days])
        one, together = block_half_widths(np.array([day.beyond_kwh for day in days]) / hours)
        unseen = np.array([day.extrapolated_half_width_kwh for day in days])
        return np.hypot(one * hours, unseen).tolist(), float(np.hypot(together * hours.mean(), unseen.sum()))


def _saving(days: Sequence[DayJudged], half_width_kwh: float) -> Saving:
    beyond_kwh, count = sum(day.beyond_kwh for day in days), max(len(days), 1)
    below_kwh, above_kwh = half_width_kwh - min(beyond_kwh, 0.0), half_width_kwh + max(beyond_kwh, 0.0)

    def interval(value: float, per_kwh: float) -> Interval:
        return Interval(value, value - below_kwh * per_kwh, value + above_kwh * per_kwh)

    return Saving(
        interval(sum(day.saving_kwh for day in days), 1.0),
        interval(sum(day.saving_cost for day in days), sum(day.cost_per_kwh for day in days) / count),
        interval(sum(day.saving_kgco2 for day in days), sum(day.kgco2_per_kwh for day in days) / count),
    )
