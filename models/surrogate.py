"""Any plant model -> tabulated operating states: convex pieces of overhead power against heat, with a validity range."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.cooling import JointState

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class StateTable:
    """Operating states of one plant over T steps, S states and K pieces.

    Heat is the plant's total IT heat (air and liquid, kW), split between halls and loops as forecast for the step. Within
    [heat_min_kw, heat_max_kw], overhead power lies above max_k(slope_k heat + intercept_k) (equal at the knots) and below the
    chord upper_slope heat + upper_intercept_kw.
    """

    plant_id: str
    states: tuple[JointState, ...]
    available: BoolArray  # (T, S)
    limit: npt.NDArray[np.str_]  # (T, S): the limit that makes it unavailable
    heat_min_kw: FloatArray  # (T, S)
    heat_max_kw: FloatArray  # (T, S)
    slope: FloatArray  # (T, S, K)
    intercept_kw: FloatArray  # (T, S, K)
    upper_slope: FloatArray  # (T, S)
    upper_intercept_kw: FloatArray  # (T, S)
    piece_error_kw: FloatArray  # (T, S): worst distance between pieces and model at the sampled heats
