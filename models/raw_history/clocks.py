"""Devices whose clock is off: their readings move as those of their kind do, but earlier or later.

Differences from row to row are compared, not levels: by level, a day's course looks much the same an hour later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.raw_history.doubt import Doubt, rows_in
from models.raw_history.kin import equipment_of, kin

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int_]

WINDOW = pd.Timedelta(days=3)
MOST_SHIFT = pd.Timedelta(hours=13)  # the furthest that time zones lie apart, and summer time
_LEAST_CORRELATION, _LEAST_GAIN = 0.5, 0.3
_LEAST_KNOWN_FRAC = 0.5
_UNKNOWN = np.iinfo(np.int_).min
_LEAST_WINDOWS = 2


def find_shifted_clocks(frame: pd.DataFrame, partners: Mapping[str, Sequence[str]] | None = None) -> Iterator[Doubt]:
    """Yield the devices whose readings come earlier or later than those they move with, for two windows and more.

    Parameters
    ----------
    frame
        History in rows of equal length.
    partners
        Columns whose mean each column moves with at the same moment, such as the meter upstream; None: its `kin`.
    """
    known = {column: others for column, others in (partners or kin(list(frame.columns))).items() if column in frame}
    times = pd.DatetimeIndex(frame.index)
    window, most = rows_in(times, WINDOW), rows_in(times, MOST_SHIFT)
    if len(times) < _LEAST_WINDOWS * window:
        return
    row, named = times[1] - times[0], set[tuple[str, int]]()
    for column, others in known.items():
        theirs = frame[[other for other in others if other in frame]].mean(axis=1).to_numpy(float)
        shifts = _shifts(np.diff(frame[column].to_numpy(float)), np.diff(theirs), window, most)
        for begin, end, shift in _spells(shifts):
            first, last = times[begin * window], times[min(end * window, len(times)) - 1]
            hours = abs(shift) * row / pd.Timedelta(hours=1)
            said = f"comes {hours:.3g} h {'later' if shift > 0 else 'earlier'} than {_those(others)}"
            device = equipment_of(column)
            if (device, shift) not in named:  # by another of its sensors
                named.add((device, shift))
                of_device = tuple(one for one in frame.columns if equipment_of(one) == device)
                yield Doubt(of_device, "clock", first, last, said)


def _those(others: Sequence[str]) -> str:
    return others[0] if len(others) == 1 else f"{len(others)} of its kind"


def _shifts(ours: FloatArray, theirs: FloatArray, window: int, most: int) -> IntArray:
    """Return by how many rows ours lie behind theirs, window by window; `_UNKNOWN` where that cannot be told."""
    padded = np.pad(theirs, most, constant_values=np.nan)
    found = [
        _shift(ours[begin : begin + window], padded[begin : begin + window + 2 * most], most)
        for begin in range(0, ours.size - window + 1, window)
    ]
    return np.array(found, np.int_)


def _shift(ours: FloatArray, theirs: FloatArray, most: int) -> int:
    """Return the shift of one window; theirs begin `most` rows earlier and end as much later."""
    if np.isfinite(ours).mean() < _LEAST_KNOWN_FRAC or np.isfinite(theirs).mean() < _LEAST_KNOWN_FRAC:
        return _UNKNOWN
    one, other = (np.nan_to_num(moves - np.nanmean(moves)) for moves in (ours, theirs))
    earlier = np.lib.stride_tricks.sliding_window_view(other, ours.size)[::-1]  # the last begins with ours plus `most`
    power = np.sqrt((one @ one) * np.einsum("ij,ij->i", earlier, earlier))
    alike = (earlier @ one) / np.where(power > 0, power, np.inf)
    best = int(np.argmax(alike))
    sure = alike[best] >= _LEAST_CORRELATION and (best == most or alike[best] >= alike[most] + _LEAST_GAIN)
    return best - most if sure else _UNKNOWN


def _spells(shifts: IntArray) -> Iterator[tuple[int, int, int]]:
    """Yield (first window, window after the last, shift); windows between that cannot be told go with the shifted ones."""
    off = np.flatnonzero((shifts != 0) & (shifts != _UNKNOWN))
    for shift in np.unique(shifts[off]):
        mine = off[shifts[off] == shift]
        if mine.size < _LEAST_WINDOWS:
            continue
        begin, end = int(mine[0]), int(mine[-1]) + 1
        while begin > 0 and shifts[begin - 1] == _UNKNOWN:
            begin -= 1
        while end < shifts.size and shifts[end] == _UNKNOWN:
            end += 1
        yield begin, end, int(shift)
