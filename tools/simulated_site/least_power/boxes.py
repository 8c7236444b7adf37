"""The weather of a step as a box: between which ends temperatures lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facility.records import FloatArray
from tools.simulated_site.physics.air import wet_bulb_degc


@dataclass(frozen=True, slots=True)
class Box:
    """Outdoor air of a step, from its least to its most."""

    dry_low_degc: float
    dry_high_degc: float
    dew_low_degc: float
    dew_high_degc: float
    wet_low_degc: float
    wet_high_degc: float


def boxes_of(dry_bulb_degc: FloatArray, dew_point_degc: FloatArray, pressure_kpa: float) -> list[Box]:
    """Return the box of each step from moments (steps, moments); the wet bulb rises with both temperatures."""
    found = []
    for dry, dew in zip(dry_bulb_degc, np.minimum(dew_point_degc, dry_bulb_degc), strict=True):
        ends = float(dry.min()), float(dry.max()), float(dew.min()), float(dew.max())
        wet_low = wet_bulb_degc(ends[0], ends[2], pressure_kpa)
        found.append(Box(*ends, wet_low, wet_bulb_degc(ends[1], ends[3], pressure_kpa)))
    return found
