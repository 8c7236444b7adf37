"""Comparing what was read."""

from __future__ import annotations

import math

from facility.acquire.decode import Value
from facility.records import Quality


def is_about(found: Value, value: float, quality: Quality = Quality.GOOD) -> bool:
    """Tell whether a reading has this quality and, but for rounding, this value."""
    return found.quality is quality and math.isclose(found.value, value, rel_tol=1e-9, abs_tol=1e-12)
