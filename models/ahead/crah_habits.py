"""How CRAHs follow their setpoints, and what they will do under those that are planned.

What a CRAH's air has been off by for half an hour it stays off by: its coil is short, or outdoor air is colder than asked. A
shorter miss passes, as water and valves come back. One that is slower than asked stays so, and one that stands goes on standing;
one that is faster is driven by the site's own protection, which lets go by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.ahead.planned import planned_from
from models.rack.features import step_s

FloatArray = npt.NDArray[np.float64]

SUPPLY, AIRFLOW = "supply_air_temperature_degc", "airflow_m3ps"
SUPPLY_SETPOINT, AIRFLOW_SETPOINT = "supply_air_temperature_setpoint_degc", "airflow_setpoint_m3ps"
_LEAST_AIRFLOW_M3PS = 1e-3
_LASTING_S = 1500.0  # between the first and the last of six readings at five minutes


@dataclass(frozen=True, slots=True, eq=False)
class CrahHabits:
    """Of each CRAH, (C,): supply air above its setpoint [K] and airflow over what its setpoint asks [-], usually."""

    crahs: tuple[str, ...]
    supply_above_k: FloatArray
    airflow_over: FloatArray

    def ahead(
        self, rows: pd.DataFrame, steps: int, *, knows_plan: bool, lost: str | None = None
    ) -> tuple[FloatArray, FloatArray]:
        """Return supply air [degC] and airflow [m3/s] expected from each row, (n, steps, C); see `planned_from`.

        `lost` is a CRAH that stands from the next row on.
        """
        supply, airflow = by_crah(rows, self.crahs, SUPPLY), by_crah(rows, self.crahs, AIRFLOW)
        wanted_degc, wanted_m3ps = (by_crah(rows, self.crahs, name) for name in (SUPPLY_SETPOINT, AIRFLOW_SETPOINT))
        least_k, most_k = _lately(supply - wanted_degc, step_s(rows.index))
        above_k = np.clip(self.supply_above_k, least_k, most_k)
        over = np.minimum(airflow / np.maximum(wanted_m3ps, _LEAST_AIRFLOW_M3PS), self.airflow_over)
        supply_plan = planned_from(wanted_degc, steps, knows_plan=knows_plan)
        airflow_plan = planned_from(wanted_m3ps, steps, knows_plan=knows_plan)
        runs = np.array([crah != lost for crah in self.crahs], float)
        return (
            (wanted_degc + above_k)[:, None] + supply_plan.above_now,
            (wanted_m3ps * over * runs)[:, None] * airflow_plan.over_now,
        )


def crah_habits(rows: pd.DataFrame, crahs: Sequence[str]) -> CrahHabits:
    """Return the habits that rows show; columns as `models.history_rows.hall_rows` names them.

    Raises
    ------
    ValueError
        If the rows hold no setpoints of a CRAH.
    """
    missing = [f"{crah}.{name}" for crah in crahs for name in (SUPPLY_SETPOINT, AIRFLOW_SETPOINT)]
    missing = [name for name in missing if name not in rows or rows[name].isna().all()]
    if missing:
        raise ValueError(f"{', '.join(missing)}: no setpoint is known, so none can be planned")
    above = by_crah(rows, crahs, SUPPLY) - by_crah(rows, crahs, SUPPLY_SETPOINT)
    wanted = by_crah(rows, crahs, AIRFLOW_SETPOINT)
    over = by_crah(rows, crahs, AIRFLOW) / np.where(wanted > 0, wanted, np.nan)
    return CrahHabits(tuple(crahs), _usual(above, 0.0), _usual(over, 1.0))


def by_crah(rows: pd.DataFrame, crahs: Sequence[str], quantity: str) -> FloatArray:
    """Return a quantity of each CRAH, (n, C)."""
    place = {column: number for number, column in enumerate(rows.columns)}
    wanted = [place[f"{crah}.{quantity}"] for crah in crahs]
    return rows.to_numpy(float).T[wanted].T  # a frame of the columns would take ten times as long


def _lately(above_k: FloatArray, step: float) -> tuple[FloatArray, FloatArray]:
    """Return the least and the most of each column over what counts as lasting, (n, C) each."""
    before = round(_LASTING_S / step) if step else 0
    known = np.vstack([np.full((before, above_k.shape[1]), np.nan), above_k])
    window = np.lib.stride_tricks.sliding_window_view(known, before + 1, axis=0)
    return np.fmin.reduce(window, axis=2), np.fmax.reduce(window, axis=2)


def _usual(values: FloatArray, otherwise: float) -> FloatArray:
    """Return medians by column; a column that is known nowhere has `otherwise`."""
    known = np.isfinite(values).any(axis=0)
    return np.where(known, np.nanmedian(np.where(known, values, otherwise), axis=0), otherwise)
