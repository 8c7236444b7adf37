"""Fans and pumps on a system: the head they work against is a curve, and so is their efficiency."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facility.records import FloatArray


@dataclass(frozen=True, slots=True)
class Mover:
    """A variable-speed fan or pump.

    Head over rated head is `static_frac + (1 - static_frac) (flow/rated)^2`; wire-to-fluid efficiency over its rated value falls off
    away from the rated flow (a parabola through the origin of a real curve, bounded), and the drive burns a little at any speed.
    """

    rated_flow: float
    rated_kw: float
    static_frac: float
    drive_kw: float

    def power_kw(self, flow: FloatArray | float) -> FloatArray:
        """Return electric power at a flow, in the unit of `rated_flow`; nothing at no flow."""
        ratio = np.asarray(flow, dtype=np.float64) / self.rated_flow
        head = self.static_frac + (1.0 - self.static_frac) * ratio**2
        efficiency = np.maximum(1.0 - 0.45 * (1.0 - ratio) ** 2, 0.4)
        work_kw = (self.rated_kw - self.drive_kw) * ratio * head / efficiency
        return np.where(ratio > 0.0, work_kw + self.drive_kw, 0.0)
