"""Does a reading change faster than it can? One sample that leaps is suspect; if the next one agrees with it, the leap was real."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from facility.acquire.columns import SUSPECT_CODE, Columns
from facility.profile import ProfilePoint

_LONGEST_MEMORY_S = 3600.0  # after a longer silence anything may have happened


class Plausibility:
    """Remembers the last believed and the last doubted sample of points that are read together."""

    def __init__(self, points: Sequence[ProfilePoint]) -> None:
        limits = [point.max_change_per_min for point in points]
        self._at = np.array([at for at, limit in enumerate(limits) if limit is not None], np.intp)
        self._per_s = np.array([limit for limit in limits if limit is not None]) / 60
        self._believed = np.full(len(self._at), np.nan)
        self._believed_s = np.full(len(self._at), -np.inf)
        self._doubted = np.full(len(self._at), np.nan)

    def judge(self, columns: Columns, now_s: float) -> None:
        """Flag what leapt from the last believed sample, unless the one before leapt to the same place."""
        if not len(self._at):
            return
        values, good = columns.values[self._at], columns.quality[self._at] == 0
        since_s = np.minimum(now_s - self._believed_s, _LONGEST_MEMORY_S)
        leapt = good & (np.abs(values - self._believed) > self._per_s * since_s) & (since_s < _LONGEST_MEMORY_S)
        confirmed = leapt & (np.abs(values - self._doubted) <= self._per_s * since_s)
        doubted = leapt & ~confirmed
        believed = good & ~doubted
        self._believed[believed] = values[believed]
        self._believed_s[believed] = now_s
        self._doubted = np.where(doubted, values, np.nan)
        columns.quality[self._at[doubted]] = SUSPECT_CODE
