"""Sensors that rest to the last digit while the others of their kind move."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.raw_history.doubt import Doubt, rows_in, stretches
from models.raw_history.kin import LEAST_KIN, kin, quantity_of

FloatArray = npt.NDArray[np.float64]

LEAST_REST = pd.Timedelta(hours=6)
MOVED_FRAC = 0.75  # of the peers, meanwhile
_LEAST_SWING = {"degc": 0.5, "frac": 0.05}  # by unit; of anything else, this share of its median:
_LEAST_SWING_FRAC = 0.1


def find_resting(frame: pd.DataFrame) -> Iterator[Doubt]:
    """Yield where a column kept its value for six hours and more while three in four of its kind moved."""
    times = pd.DatetimeIndex(frame.index)
    least = rows_in(times, LEAST_REST)
    for column, others in kin(list(frame.columns)).items():
        values = frame[column].to_numpy(float)
        for run in stretches(np.append(False, np.diff(values) == 0.0), least):
            rest = slice(run.start - 1, run.stop)
            moved = _moved(quantity_of(column), frame[list(others)].iloc[rest].to_numpy(float))
            if moved is not None and moved >= MOVED_FRAC:
                said = f"rested at {values[run.start]:.4g} while {moved:.0%} of the others of its kind moved"
                yield Doubt((column,), "stuck", times[rest.start], times[rest.stop - 1], said)


def _moved(quantity: str, peers: FloatArray) -> float | None:
    """Return the share of peers that moved, None where too few were measured."""
    known = peers[:, np.isfinite(peers).mean(axis=0) > 0.5]
    if known.shape[1] < LEAST_KIN:
        return None
    swing = np.nanquantile(known, 0.95, axis=0) - np.nanquantile(known, 0.05, axis=0)
    least = _LEAST_SWING.get(quantity.rpartition("_")[2], _LEAST_SWING_FRAC * np.abs(np.nanmedian(known, axis=0)))
    return float(np.mean(swing >= least))
