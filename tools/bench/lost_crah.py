"""What a warning can say before a CRAH trips, which nobody foresees: were it lost, whether a rack of the hall passes its limit."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from models.ahead.hot_spots import ALARM_PROBABILITY, over_limit_in_hour
from models.ahead.innovation import Forecast
from tools.bench.hot_spot_score import PROBE_K
from tools.bench.rows import Row, compared

FloatArray = npt.NDArray[np.float64]


@dataclass(slots=True)
class LostCrahs:
    """Errors over the hour after trips, told which CRAH is lost and not told; trips after which a rack passes its limit."""

    told_k: list[FloatArray] = field(default_factory=list)
    untold_k: list[FloatArray] = field(default_factory=list)
    trips: int = 0
    passed: int = 0
    warned: int = 0
    warned_for_nothing: int = 0

    def add(self, told: Forecast, untold: Forecast, measured: FloatArray, last: int, limit_degc: float) -> None:
        """Score what was issued in the last row before a trip."""
        steps = told.mean.shape[1]
        truth = measured[last + 1 : last + 1 + steps]
        self.told_k.append((truth - told.mean[last]).ravel())
        self.untold_k.append((truth - untold.mean[last]).ravel())
        warned = bool(over_limit_in_hour(told, limit_degc)[last].max() >= ALARM_PROBABILITY)
        hottest = float(np.nanmax(truth))
        passed = hottest > limit_degc + PROBE_K
        self.trips += 1
        self.passed += passed
        self.warned += passed and warned
        self.warned_for_nothing += warned and hottest < limit_degc - PROBE_K

    def rows(self) -> list[Row]:
        """Return the rows; the reference of the error is a forecast that does not know of the trip."""
        told, untold = (float(np.sqrt(np.nanmean(np.concatenate(each) ** 2))) for each in (self.told_k, self.untold_k))
        return [
            compared("lost_crah_rmse_k", told, "K", untold),
            Row("lost_crah_hot_halls_warned_frac", self.warned / max(self.passed, 1), "frac"),
            Row("lost_crah_hot_halls", self.passed, "count", self.trips),
            Row("lost_crah_warned_for_nothing", self.warned_for_nothing, "count", self.trips),
        ]
