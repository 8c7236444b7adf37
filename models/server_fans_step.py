"""A hall's IT power step by step: by the inlets, by the work that is known, and by the step before for the work that is not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.servers import ServerFans

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

HALL_KW, INLET = "it_kw", "inlet_degc"  # columns of a hall's rows; what measures its work is in the others
BY_THE_HOUR = "hour"
_LONGEST_STEP_S = 3600
_SATURDAY = 5


def hall_table(rows: pd.DataFrame, work: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the rows of a hall without gaps, in the order of time, with what explains its work.

    Parameters
    ----------
    rows
        Columns `it_kw` (of the hall) and `inlet_degc` (mean of its racks), equal steps of an hour at most, index UTC times.
    work
        What IT power at one inlet temperature is a weighted sum of: awake servers, busy servers, deferrable power. None: the
        hour of the day stands for it, and that of the weekend.
    """
    hours = _hours(pd.DatetimeIndex(rows.index)) if work is None else work
    return rows[[HALL_KW, INLET]].join(hours).dropna().sort_index()


def by_the_hour(table: pd.DataFrame) -> bool:
    """Tell whether the hour of the day stands for the work of a hall's rows."""
    return any(name.startswith(BY_THE_HOUR) for name in table.columns)


@dataclass(frozen=True, slots=True)
class HallLaw:
    """What the inlets do to a hall's IT power.

    Attributes
    ----------
    fans
        The law, at usual work.
    steady_frac
        Share of the extra power that is there whatever the work, as of fans that follow the inlet alone [-]; the rest follows the
        work, as a plan has it.
    usual_kw
        Usual IT power at the reference inlet [kW].
    """

    fans: ServerFans
    steady_frac: float = 0.0
    usual_kw: float = 0.0

    def at_reference_kw(self, it_kw: FloatArray, inlet_degc: FloatArray) -> FloatArray:
        """Return IT power brought to the reference inlet."""
        extra_frac = self.fans.extra_frac(inlet_degc)
        return np.asarray((it_kw - self._steady_kw(extra_frac)) / self._slope(extra_frac))

    def it_kw(self, at_reference_kw: FloatArray, inlet_degc: FloatArray) -> FloatArray:
        """Return IT power, given that at the reference inlet."""
        extra_frac = self.fans.extra_frac(inlet_degc)
        return np.asarray(at_reference_kw * self._slope(extra_frac) + self._steady_kw(extra_frac))

    def slope(self, inlet_degc: FloatArray) -> FloatArray:
        """Return how IT power rises with that at the reference inlet [-]."""
        return self._slope(self.fans.extra_frac(inlet_degc))

    def _slope(self, extra_frac: FloatArray) -> FloatArray:
        return np.asarray(1 + (1 - self.steady_frac) * extra_frac)

    def _steady_kw(self, extra_frac: FloatArray) -> FloatArray:
        return np.asarray(self.steady_frac * self.usual_kw * extra_frac)


@dataclass(frozen=True, slots=True, eq=False)
class HallHistory:
    """Rows (n,) without gaps, what work is a weighted sum of (n, parts), and the rows that come one step after the last."""

    it_kw: FloatArray
    inlet_degc: FloatArray
    parts: tuple[str, ...]
    work: FloatArray
    steps: IntArray

    @classmethod
    def of(cls, table: pd.DataFrame) -> HallHistory:
        """Take rows as `hall_table` returns them; a constant is the first part of work."""
        apart_s = np.diff(pd.DatetimeIndex(table.index).as_unit("s").asi8)
        steps = 1 + np.flatnonzero(apart_s == apart_s.min(initial=_LONGEST_STEP_S))
        parts = tuple(map(str, table.columns.drop([HALL_KW, INLET])))
        work = np.column_stack([np.ones(len(table)), table[list(parts)].to_numpy(float)])
        return cls(table[HALL_KW].to_numpy(float), table[INLET].to_numpy(float), parts, work, steps)

    def law(self, fans: ServerFans, steady_frac: float = 0.0) -> HallLaw:
        """Return a law of this hall, whose usual power is the mean."""
        return HallLaw(fans, steady_frac, float(fans.at_reference_kw(self.it_kw, self.inlet_degc).mean()))

    def at_reference_kw(self, law: HallLaw) -> FloatArray:
        """Return IT power as it would have been at the reference inlet, if the law holds."""
        return law.at_reference_kw(self.it_kw, self.inlet_degc)

    def at_one_inlet_kw(self, law: HallLaw) -> FloatArray:
        """Return IT power as it would have been at one inlet between those seen, if the law holds.

        It is the inlet of the geometric mean of power: at a fixed one, a steep law would seem likely for shrinking the noise.
        """
        mean = np.exp(np.log(law.slope(self.inlet_degc)).mean())
        return np.asarray(mean * self.at_reference_kw(law))


@dataclass(frozen=True, slots=True, eq=False)
class StepAhead:
    """IT power of a hall by its inlets, its work, and the step before: `memory` is the share of unknown work that lasts."""

    law: HallLaw
    parts: tuple[str, ...]
    kw_by_part: FloatArray  # at the reference inlet, a constant first
    memory: float

    def predict_kw(self, table: pd.DataFrame) -> FloatArray:
        """Return IT power of the rows of a hall (n,), each known up to the step before; NaN where that is missing.

        A part of work that is measured no longer counts as none: power is then off, as drift that calls for a new training.
        """
        history = HallHistory.of(table.reindex(columns=[HALL_KW, INLET, *self.parts], fill_value=0.0))
        expected_kw = history.work @ self.kw_by_part
        unknown_kw = history.at_reference_kw(self.law) - expected_kw
        said, now = np.full(len(table), np.nan), history.steps
        ahead_kw = expected_kw[now] + self.memory * unknown_kw[now - 1]
        said[now] = self.law.it_kw(ahead_kw, history.inlet_degc[now])
        return said


def _hours(times: pd.DatetimeIndex) -> pd.DataFrame:
    """Return one column for each hour of the day, 1 in that hour, and again for those of the weekend, 0 on other days."""
    of_day = np.asarray(times.hour.to_numpy()[:, None] == np.arange(24), float)
    weekend = np.asarray(times.day_of_week >= _SATURDAY)[:, None] * of_day
    names = [f"{kind}{BY_THE_HOUR} {hour}" for kind in ("", "weekend ") for hour in range(24)]
    return pd.DataFrame(np.hstack([of_day, weekend]), times, names)
