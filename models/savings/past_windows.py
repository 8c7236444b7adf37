"""How far a baseline is off on windows of the past, each foretold from the rows before it alone (rolling origin).

What makes one half-day unlike another, such as a chiller that starts or weather that nobody has seen, hardly shows from one hour
to the next: a scale that is learned from hours alone promises too much of a window. So windows as long as the one in question are
tried on the same site's past. The factor of the covariance holds all of their errors: no window is fitted anew.

Sources
-------
Rasmussen, Williams, "Gaussian processes for machine learning" (2006), A.2: conditionals by blocks; Tashman, "Out-of-sample tests
of forecasting accuracy", International Journal of Forecasting 16(4), 2000: rolling origin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

LEARNED_FROM = 48  # rows before the first window; half of a past that is shorter than twice that
_HOURLY_COUNTS = 4  # windows: what the scale from hour to hour is worth beside those that were tried
_LEAST_WINDOWS = 4  # beside each other: a window that is longer than a quarter of the past is tried by shorter ones


@dataclass(frozen=True, slots=True)
class PastWindows:
    """Windows of `length` rows, each of them from a row at or after `first` of so many `rows`."""

    rows: int
    first: int
    length: int

    @classmethod
    def like(cls, asked: int, rows: int) -> PastWindows:
        """Return windows as long as what is asked for, as far as the past has room for some."""
        first = min(LEARNED_FROM, rows // 2)
        return cls(rows, first, max(1, min(asked, (rows - first) // _LEAST_WINDOWS)))

    @property
    def freedom(self) -> int:
        """Degrees of freedom of the scale: windows that have no row in common, for more of them teach no more."""
        return _HOURLY_COUNTS + self._apart

    @property
    def _apart(self) -> int:
        return (self.rows - self.first) // self.length

    def scale(self, factor: FloatArray, innovations: FloatArray) -> float:
        """Return the scale of the windows' variance, of which the past may say that it is wider, not that it is narrower.

        Parameters
        ----------
        factor
            Lower Cholesky factor of the rows' covariance, in their order in time (n, n).
        innovations
            The factor's inverse times what was measured (n,): errors from each row to the next; their mean square is the least.
        """
        hourly = float(innovations @ innovations) / self.rows
        missed = self._apart * float(self._missed(factor, innovations).mean())
        return max(hourly, (_HOURLY_COUNTS * hourly + missed) / self.freedom)

    def _missed(self, factor: FloatArray, innovations: FloatArray) -> FloatArray:
        """Return the square of each window's error over the variance that was foretold."""
        sums = np.vstack([np.zeros(self.rows), np.cumsum(factor, axis=0)])
        own = np.triu(sums[self.length :] - sums[: -self.length])[self.first :]  # what rows before a window leave open
        return np.asarray((own @ innovations) ** 2 / np.sum(own**2, axis=1))
