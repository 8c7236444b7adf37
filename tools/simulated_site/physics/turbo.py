"""Fans and pumps by their own curve: head falls with the square of the flow, and a system decides where on it they run."""

from __future__ import annotations

import math
from dataclasses import dataclass

BEST_FLOW = 0.95  # flow over speed where the impeller is best
OFF_BEST = 0.6  # how fast efficiency falls beside it
LEAST_EFFICIENCY = 0.35  # of the best
MOTOR_EXPONENT = 0.12  # motors and drives lose more at low speed


@dataclass(frozen=True, slots=True)
class Curve:
    """Head over rated head at speed N and flow q (both over rated): (1 + droop) N^2 - droop q^2.

    The system it works against asks for `static_frac + own_frac q^2 + shared_frac p`, the three adding up to 1; p is what
    machines on a common plenum or header build up together (their mean flow over rated, squared).
    """

    droop: float
    static_frac: float
    shared_frac: float

    @property
    def own_frac(self) -> float:
        """The part of the rated head that the machine's own flow asks for."""
        return 1.0 - self.static_frac - self.shared_frac

    def flow(self, speed: float, common: float) -> float:
        """Return where fan curve and system curve meet; nothing where the speed does not reach the static head."""
        over = (1.0 + self.droop) * speed * speed - self.static_frac - self.shared_frac * common
        return math.sqrt(max(over, 0.0) / (self.droop + self.own_frac))

    def speed(self, flow: float, common: float) -> float:
        """Return the speed that moves a flow."""
        return math.sqrt((self.head(flow, common) + self.droop * flow**2) / (1.0 + self.droop))

    def most_flow(self, common: float) -> float:
        """Return the flow at full speed."""
        return self.flow(1.0, common)

    def head(self, flow: float, common: float) -> float:
        """Return the head the system asks for."""
        return self.static_frac + self.own_frac * flow**2 + self.shared_frac * common

    def power(self, flow: float, common: float) -> float:
        """Return electric power over rated power at a flow; nothing at no flow."""
        if flow <= 0.0:
            return 0.0
        speed = self.speed(flow, common)
        return _RATED_EFFICIENCY * flow * self.head(flow, common) / _efficiency(speed, flow)

    def power_at(self, speed: float, flow: float) -> float:
        """Return electric power over rated power of a machine at its speed and flow."""
        head = max((1.0 + self.droop) * speed * speed - self.droop * flow * flow, 0.0)
        return _RATED_EFFICIENCY * flow * head / _efficiency(max(speed, 1e-3), flow)


def _efficiency(speed: float, flow: float) -> float:
    """Return efficiency over the best one, motor and drive included."""
    off = flow / speed / BEST_FLOW - 1.0
    return max(1.0 - OFF_BEST * off * off, LEAST_EFFICIENCY) * math.pow(speed, MOTOR_EXPONENT)


_RATED_EFFICIENCY = 1.0 - OFF_BEST * (1.0 / BEST_FLOW - 1.0) ** 2
