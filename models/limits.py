"""Which named limit stops a row first."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

BoolArray = npt.NDArray[np.bool_]
StrArray = npt.NDArray[np.str_]

NAME_DTYPE = "<U64"


class LimitLog:
    """Rows checked against named limits; a row keeps the first limit it breaks."""

    def __init__(self, rows: int) -> None:
        self._known = [""]  # rows hold places in it: names in arrays are slow to compare and to copy
        self._broken = np.zeros(rows, np.int16)

    def copy(self) -> LimitLog:
        """Return a log that goes on from this one."""
        log = self.at(slice(None))
        log._broken = log._broken.copy()
        return log

    def at(self, rows: slice | npt.NDArray[np.int_]) -> LimitLog:
        """Return that of some of its rows."""
        log = LimitLog(0)
        log._known, log._broken = self._known.copy(), self._broken[rows]
        return log

    def require(self, kept: npt.ArrayLike, name: str) -> None:
        """Mark rows that do not keep a limit."""
        breaks = (self._broken == 0) & ~np.asarray(kept, bool)
        if breaks.any():
            self._broken[breaks] = len(self._known)
            self._known.append(name)

    def clear(self, rows: BoolArray) -> None:
        """Let rows keep every limit, as another way of answering them does."""
        self._broken[rows] = 0

    @property
    def names(self) -> StrArray:
        """The limit that each row breaks first; empty where it keeps all."""
        return np.array(self._known)[self._broken]  # as wide as these names: of most answers all rows keep every limit

    @property
    def feasible(self) -> BoolArray:
        """Rows that keep every limit so far."""
        return np.asarray(self._broken == 0)
