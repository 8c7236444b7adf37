"""Fans and pumps on a system: the head they work against is a curve, and so is their efficiency."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mover:
    """A variable-speed fan or pump.

    Head over rated head is `static_frac + (1 - static_frac) (flow/rated)^2`; wire-to-fluid efficiency over its rated value
    falls off away from the rated flow (a parabola, bounded below), and the drive burns a little at any speed.
    """

    rated_flow: float
    rated_kw: float
    static_frac: float
    drive_kw: float

    def power_kw(self, flow: float) -> float:
        """Return electric power at a flow, in the unit of `rated_flow`; nothing at no flow."""
        if flow <= 0.0:
            return 0.0
        ratio = flow / self.rated_flow
        head = self.static_frac + (1.0 - self.static_frac) * ratio**2
        efficiency = max(1.0 - 0.45 * (1.0 - ratio) ** 2, 0.4)
        return (self.rated_kw - self.drive_kw) * ratio * head / efficiency + self.drive_kw
