"""What towers and dry coolers have in common: heat rejected at a fan speed, and the speed that rejects so much."""

from __future__ import annotations

from typing import Protocol


class Rejector(Protocol):
    """A tower cell or a dry cooler."""

    @property
    def min_fan_frac(self) -> float:
        """The slowest that its fan turns."""
        ...

    def heat_kw(self, entering_degc: float, flow_lps: float, fan_frac: float, sink_degc: float, /) -> float:
        """Return the heat rejected to a wet bulb, or to the air at a coil."""
        ...


def fan_frac_for(rejector: Rejector, heat_kw: float, entering_degc: float, flow_lps: float, sink_degc: float) -> float:
    """Return the fan speed that rejects so much heat: off when the draught does, full when nothing does; by bisection."""
    if rejector.heat_kw(entering_degc, flow_lps, 0.0, sink_degc) >= heat_kw:
        return 0.0
    low, high = rejector.min_fan_frac, 1.0
    if rejector.heat_kw(entering_degc, flow_lps, high, sink_degc) <= heat_kw:
        return high
    for _ in range(10):
        middle = 0.5 * (low + high)
        if rejector.heat_kw(entering_degc, flow_lps, middle, sink_degc) < heat_kw:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)
