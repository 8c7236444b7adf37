"""Setpoints as they stand now and as they are planned for the steps ahead."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

_LEAST = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Planned:
    """By row, step ahead and machine, (n, H, C): how much a setpoint is planned above the present one, and over it."""

    above_now: FloatArray
    over_now: FloatArray


def planned_from(setpoint: FloatArray, steps: int, *, knows_plan: bool) -> Planned:
    """Return what each row knows of the steps ahead.

    Parameters
    ----------
    setpoint
        In force at each row, (n, C); what is unknown, and what follows the last row, stays as it was.
    steps
        Steps ahead, H.
    knows_plan
        Whether the later rows' setpoints are known beforehand; else each row takes its own for the whole time.
    """
    count, machines = setpoint.shape
    if not knows_plan:
        return Planned(np.zeros((count, steps, machines)), np.ones((count, steps, machines)))
    last = _filled(setpoint)
    later = np.minimum(np.arange(count)[:, None] + np.arange(1, steps + 1), count - 1)
    ahead, now = last[later], last[:, None]
    return Planned(ahead - now, ahead / np.maximum(now, _LEAST))


def _filled(setpoint: FloatArray) -> FloatArray:
    """Return setpoints with gaps holding what was last known; a setpoint that is known nowhere never moves."""
    known = np.isfinite(setpoint)
    rows = np.arange(len(setpoint))[:, None]
    last = np.maximum.accumulate(np.where(known, rows, -1), axis=0)
    first = np.argmax(known, axis=0)
    at = np.where(last >= 0, last, first)
    return np.nan_to_num(np.take_along_axis(setpoint, at, axis=0), nan=1.0)
