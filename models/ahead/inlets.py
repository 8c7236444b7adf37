"""Rack inlets in the next hour: the steady model behind the hall's lag, under the setpoints that are planned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.ahead.crah_habits import AIRFLOW, SUPPLY, CrahHabits, by_crah, crah_habits
from models.ahead.innovation import Forecast, Innovation, calibrated
from models.ahead.protection import Protection, protected, seen_protection
from models.rack.features import step_s
from models.rack.learning import learn_inlets
from models.rack_inlet import RackInlets

FloatArray = npt.NDArray[np.float64]

HORIZON_S = 3600.0
_OLDER_FRAC = 2 / 3
_LEAST_AIRFLOW_M3PS = 1e-3
_MOST_CHECKED = 4032  # rows whose forecasts are checked: two weeks at five minutes


@dataclass(frozen=True, slots=True, eq=False)
class InletsAhead:
    """Forecasts of the inlets of a hall's racks; `knows_plan`: whether setpoints of later rows are what is planned."""

    inlets: RackInlets
    habits: CrahHabits
    innovation: Innovation
    knows_plan: bool

    def forecast(self, rows: pd.DataFrame, measured: pd.DataFrame, *, lost: str | None = None) -> Forecast:
        """Return what would have been forecast at each row for each step of the next hour, racks last.

        Parameters
        ----------
        rows
            At equal steps, those of `models.history_rows.hall_rows`. Rows at the end may hold setpoints alone: they are the plan.
        measured
            Inlets, one column a rack; NaN for gaps.
        lost
            A CRAH that trips with the next row: what would then be.
        """
        alone, seen = self.unprotected(rows, measured, lost=lost)
        return seen.mixed(alone)

    def unprotected(
        self,
        rows: pd.DataFrame,
        measured: pd.DataFrame,
        *,
        heat_frac: FloatArray | None = None,
        lost: str | None = None,
    ) -> tuple[Forecast, Protection]:
        """Return what setpoints lead to where no protection of the site steps in, and what was seen of it.

        Parameters
        ----------
        rows, measured, lost
            As for `forecast`.
        heat_frac
            The hall's heat at each step of the next hour over that of now, (H,); as it is where not given.
        """
        steps = self.innovation.kept_frac.size
        steady, ahead = _steady(
            self.inlets, self.habits, rows, steps, knows_plan=self.knows_plan, lost=lost, heat_frac=heat_frac
        )
        truth = measured.reindex(rows.index).to_numpy(float)
        seen = seen_protection(protected(rows, self.habits.crahs), truth, self.innovation.step_s)
        return self.innovation.forecast(steady, ahead, seen.apart_from(truth)), seen


def fit_inlets_ahead(
    hall: str, rows: pd.DataFrame, measured: pd.DataFrame, crahs: Sequence[str], *, knows_plan: bool = True
) -> InletsAhead:
    """Fit on rows at equal steps of one to five minutes.

    The newest third, at most two weeks, is forecast by what the rest taught; how far off that was is the interval. The inlets
    that serve are learned from all rows.

    Raises
    ------
    ValueError
        With too few rows, or rows longer than the horizon.
    """
    step = step_s(rows.index)
    steps = round(HORIZON_S / step) if step else 0
    if steps < 1:
        raise ValueError(f"{hall}: rows every {step:.0f} s; an hour ahead needs steps of at most an hour, and two rows")
    older = max(int(len(rows) * _OLDER_FRAC), len(rows) - _MOST_CHECKED)
    before = learn_inlets(hall, rows.iloc[:older], measured.iloc[:older], crahs)
    habits = crah_habits(rows.iloc[:older], crahs)
    steady, ahead = _steady(before.inlets, habits, rows.iloc[older:], steps, knows_plan=knows_plan)
    truth = measured.iloc[older:].to_numpy(float)
    truth = seen_protection(protected(rows.iloc[older:], crahs), truth, step).apart_from(truth)
    innovation = calibrated((step, before.lag_s), steady, ahead, truth, np.zeros(truth.shape[1], np.intp))
    inlets = learn_inlets(hall, rows, measured, crahs).inlets
    return InletsAhead(inlets, crah_habits(rows, crahs), innovation, knows_plan)


def _steady(
    inlets: RackInlets,
    habits: CrahHabits,
    rows: pd.DataFrame,
    steps: int,
    *,
    knows_plan: bool,
    lost: str | None = None,
    heat_frac: FloatArray | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Return the steady inlets for what is measured, (n, racks), and for what is planned, (n, H, racks)."""
    supply, airflow = by_crah(rows, habits.crahs, SUPPLY), by_crah(rows, habits.crahs, AIRFLOW)
    rise = rows["air_rise_k"].to_numpy(float)
    supply_ahead, airflow_ahead = habits.ahead(rows, steps, knows_plan=knows_plan, lost=lost)
    heat = np.ones(steps) if heat_frac is None else heat_frac
    moved = airflow.sum(axis=1)[:, None] / np.maximum(airflow_ahead.sum(axis=2), _LEAST_AIRFLOW_M3PS)
    return (
        inlets.inlet_by_crah_degc(supply, airflow, rise),
        inlets.inlet_by_crah_degc(supply_ahead, airflow_ahead, rise[:, None] * heat * moved),
    )
