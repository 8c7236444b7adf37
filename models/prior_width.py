"""How far a law with nameplate values may be off, before data say more.

Judgement, not calibration: published comparisons of EIR chillers, CoolTools towers and affinity laws with field data lie
mostly within these bands. A learned component brings its own, measured half-width.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

# component -> 90 % half-width over power, inside and outside the range of its published curve
_RELATIVE = {"chiller": (0.12, 0.25), "tower": (0.2, 0.35), "dry_cooler": (0.2, 0.35), "cdu_pump": (0.15, 0.3)}
_OTHERWISE = (0.15, 0.3)
_HALF_WIDTH_SD = 1.645  # standard deviations in a 90 % half-width


def half_width_kw(component: str, power_kw: FloatArray, outside: BoolArray) -> FloatArray:
    """Return the 90 % half-width [kW] of a component's power; `component` as in `CoolingPlant.corrections`."""
    inside_frac, outside_frac = _band(component)
    return power_kw * np.where(outside, outside_frac, inside_frac)


def law_sd_frac(component: str) -> float:
    """Return the standard deviation of how far a component's law is off, over its power [-]."""
    return _band(component)[0] / _HALF_WIDTH_SD


def _band(component: str) -> tuple[float, float]:
    return _RELATIVE.get(component.partition(".")[0], _OTHERWISE)
