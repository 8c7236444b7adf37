"""A baseline from the weather: what the site draws at each hour of the clock, and what it draws more per kelvin.

Power is an hour's own level, and a line in the outdoor temperature that may be steeper above the middle of what was seen. Fitted by
least squares on days like that of the event; beyond the temperatures that these days had, it is told that the line is stretched.

Sources
-------
ASHRAE Guideline 14-2014, 5.3.2.4 and annex D: change-point regression. NAESB WEQ-015, "Baseline Type-I": regression baselines.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.demand_response.like_days import FloatArray

LEAST_ROWS_EACH = 5  # of an hour of the clock
_HOURS = 24


@dataclass(frozen=True, slots=True, eq=False)
class WeatherBaseline:
    """A fitted baseline.

    Attributes
    ----------
    level_kw
        By hour of the clock; NaN where too little was seen.
    per_k, per_k_above
        kW per kelvin, and more of them above `middle_degc`.
    coldest_degc, warmest_degc
        What was seen.
    spread_kw
        Standard deviation of what is left.
    """

    level_kw: FloatArray
    per_k: float
    per_k_above: float
    middle_degc: float
    coldest_degc: float
    warmest_degc: float
    spread_kw: float

    def power_kw(self, hour: npt.NDArray[np.int64], outdoor_degc: FloatArray) -> FloatArray:
        """Return the power of slots, by their hours of the clock and their temperatures."""
        above = np.maximum(outdoor_degc - self.middle_degc, 0.0)
        return np.asarray(
            self.level_kw[hour] + self.per_k * (outdoor_degc - self.middle_degc) + self.per_k_above * above
        )

    def stretched(self, outdoor_degc: FloatArray) -> bool:
        """Tell whether a temperature lies beyond those that were seen."""
        return bool(outdoor_degc.min() < self.coldest_degc or outdoor_degc.max() > self.warmest_degc)


def fit_weather(hour: npt.NDArray[np.int64], outdoor_degc: FloatArray, power_kw: FloatArray) -> WeatherBaseline:
    """Return the baseline of rows without gaps.

    Raises
    ------
    ValueError
        If no hour of the clock has enough rows.
    """
    known = np.bincount(hour, minlength=_HOURS) >= LEAST_ROWS_EACH
    rows = known[hour]
    if not rows.any():
        raise ValueError(f"no hour of the clock has {LEAST_ROWS_EACH} rows")
    hour, outdoor_degc, power_kw = hour[rows], outdoor_degc[rows], power_kw[rows]
    middle = float(np.median(outdoor_degc))
    levels = np.flatnonzero(known)
    off = outdoor_degc - middle
    design = np.column_stack([hour[:, None] == levels, off, np.maximum(off, 0.0)]).astype(float)
    found, *_ = np.linalg.lstsq(design, power_kw, rcond=None)
    level = np.full(_HOURS, np.nan)
    level[levels] = found[:-2]
    left = power_kw - design @ found
    spread = float(np.sqrt(left @ left / max(len(left) - len(found), 1)))
    coldest, warmest = float(outdoor_degc.min()), float(outdoor_degc.max())
    return WeatherBaseline(level, float(found[-2]), float(found[-1]), middle, coldest, warmest, spread)
