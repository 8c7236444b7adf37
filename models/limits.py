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
        self.names: StrArray = np.full(rows, "", dtype=NAME_DTYPE)

    def copy(self) -> LimitLog:
        """Return a log that goes on from this one."""
        log = LimitLog(0)
        log.names = self.names.copy()
        return log

    def require(self, kept: npt.ArrayLike, name: str) -> None:
        """Mark rows that do not keep a limit."""
        self.names[(self.names == "") & ~np.asarray(kept, bool)] = name

    @property
    def feasible(self) -> BoolArray:
        """Rows that keep every limit so far."""
        return np.asarray(self.names == "")
