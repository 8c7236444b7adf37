"""Pumps at their best: the least power that moves a flow, and a line below it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.simulated_site.pumps import Pumps

MOST_FRAC, POINTS = 1.3, 200
BETWEEN_FRAC = 0.002  # by which a chord between two points may be flatter


@dataclass(frozen=True, slots=True)
class PumpLine:
    """A line below the power of pumps: kW at no flow, and kW for a kW/K."""

    base_kw: float
    per_kwpk: float


def least_pump_kw(pumps: Pumps, flow_frac: float) -> float:
    """Return the least power that moves a flow over rated, however many of the pumps run."""
    whole, found = sum(pumps._lps), []
    for count in range(1, len(pumps.ids) + 1):
        for first in range(len(pumps.ids) - count + 1):
            on = range(first, first + count)
            own = flow_frac / (sum(pumps._lps[index] for index in on) / whole)
            found.append(sum(pumps._kw[index] for index in on) * pumps._power_frac(own, flow_frac))
    return min(found)


def pump_line(pumps: Pumps, least_frac: float, *, may_stand: bool) -> PumpLine:
    """Return a line below the power of pumps that move at least so much of their rated flow, or stand."""
    if may_stand:
        return PumpLine(0.0, 0.0)
    least_frac = max(least_frac, 1e-3)
    flows = np.linspace(least_frac, MOST_FRAC, POINTS)
    powers = np.array([least_pump_kw(pumps, flow) for flow in flows.tolist()])
    slope = (1.0 - BETWEEN_FRAC) * float(((powers[1:] - powers[0]) / (flows[1:] - flows[0])).min())
    return PumpLine(float(powers[0]) - slope * least_frac, slope / pumps.rated_kwpk)
