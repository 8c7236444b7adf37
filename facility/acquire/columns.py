"""What one poll of a device brings, in columns by position of its points."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from facility.records import FloatArray, Quality


class Value(NamedTuple):
    """A canonical value and how far it may be trusted."""

    value: float
    quality: Quality


BAD = Value(math.nan, Quality.BAD)
(
    STALE_CODE,
    BAD_CODE,
    OUT_OF_RANGE_CODE,
    SUSPECT_CODE,
) = (  # looking a member up takes longer than numpy takes for 60 points
    int(quality) for quality in (Quality.STALE, Quality.BAD, Quality.OUT_OF_RANGE, Quality.SUSPECT)
)


@dataclass(slots=True, eq=False)
class Columns:
    """Values and their quality; a point that was not answered is stale, and NaN.

    Attributes
    ----------
    raw
        float64, as the device has it, before scale and unit; NaN where it says that it has nothing.
    answered
        bool: whether the device said anything about the point.
    values
        float64, canonical.
    quality
        uint8, `Quality`.
    """

    raw: FloatArray
    answered: npt.NDArray[np.bool_]
    values: FloatArray
    quality: npt.NDArray[np.uint8]

    @classmethod
    def stale(cls, size: int) -> Self:
        """Return columns of points of which nothing is known yet."""
        raw, quality = np.empty(size), np.empty(size, np.uint8)
        raw.fill(math.nan)
        quality.fill(STALE_CODE)
        return cls(raw, np.zeros(size, np.bool_), raw.copy(), quality)

    def value(self, at: int) -> Value:
        """Return the value at a position."""
        return Value(float(self.values[at]), Quality(int(self.quality[at])))
