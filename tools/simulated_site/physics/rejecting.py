"""What towers and dry coolers have in common: heat rejected at a fan speed, and the speed that rejects so much."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Rejector(Protocol):
    """A tower cell or a dry cooler."""

    @property
    def min_fan_frac(self) -> float:
        """The slowest that its fan turns."""
        ...

    def heat_at(self, entering_degc: float, flow_lps: float, sink_degc: float, /) -> Callable[[float], float]:
        """Return the heat rejected to a wet bulb, or to the air at a coil, as a function of the fan speed."""
        ...


def fan_frac_for(rejector: Rejector, heat_kw: float, entering_degc: float, flow_lps: float, sink_degc: float) -> float:
    """Return the fan speed that rejects so much heat: off when the draught does, full when nothing does; by bisection."""
    heat_at = rejector.heat_at(entering_degc, flow_lps, sink_degc)
    if heat_at(0.0) >= heat_kw:
        return 0.0
    low, high = rejector.min_fan_frac, 1.0
    if heat_at(high) <= heat_kw:
        return high
    for _ in range(10):
        middle = 0.5 * (low + high)
        if heat_at(middle) < heat_kw:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)
