"""Losses of transformers, UPSs and distribution: constant, linear and square parts, and convex pieces of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import nnls

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LossCurve:
    """Losses in kW at an output of L kW: no_load_kw + proportional_frac L + square_frac L^2 / rated_kw.

    References
    ----------
    Rasmussen, "Electrical efficiency modeling for data centers" (no-load, proportional and square-law loss).
    """

    rated_kw: float
    no_load_kw: float
    proportional_frac: float = 0.0
    square_frac: float = 0.0

    def loss_kw(self, output_kw: npt.ArrayLike) -> FloatArray:
        """Return the loss [kW] at an output [kW]."""
        load = np.asarray(output_kw, float)
        loss: FloatArray = self.no_load_kw + load * (self.proportional_frac + self.square_frac * load / self.rated_kw)
        return loss

    def input_kw(self, output_kw: npt.ArrayLike) -> FloatArray:
        """Return what goes in [kW] for an output [kW]."""
        power: FloatArray = np.asarray(output_kw, float) + self.loss_kw(output_kw)
        return power

    def output_kw(self, input_kw: npt.ArrayLike) -> FloatArray:
        """Return what comes out [kW] for an input [kW]; the inverse of `input_kw`, not below 0."""
        given = np.maximum(np.asarray(input_kw, float) - self.no_load_kw, 0.0)
        linear, square = 1 + self.proportional_frac, self.square_frac / self.rated_kw
        # The root that stays finite as the square part vanishes.
        output: FloatArray = 2 * given / (linear + np.sqrt(linear**2 + 4 * square * given))
        return output

    def tangents(self, low_kw: float, high_kw: float, pieces: int = 4) -> tuple[FloatArray, FloatArray]:
        """Return slopes [-] and intercepts [kW] of lines below the loss, touching it evenly between two outputs.

        The largest gap between the lines and the loss within the range is square_frac (high - low)^2 / (4 pieces^2 rated)
        when the touching points are the middles of equal parts.
        """
        edges = np.linspace(low_kw, high_kw, pieces + 1)
        at = 0.5 * (edges[:-1] + edges[1:])
        slope = self.proportional_frac + 2 * self.square_frac * at / self.rated_kw
        return slope, self.loss_kw(at) - slope * at


def from_efficiencies(rated_kw: float, efficiency_frac: Mapping[float, float]) -> LossCurve:
    """Return the loss curve of a UPS, PDU or transformer from its plate.

    Parameters
    ----------
    rated_kw
        Rated output [kW].
    efficiency_frac
        Output over input [-] by load over rated load [-], at two or more loads: `{0.25: 0.94, 0.5: 0.955, 1.0: 0.95}`. Three
        give all parts of the curve, two the constant and the square one. No part is negative, so that losses stay convex:
        where rounded plates ask for it, the nearest curve is taken.

    Raises
    ------
    ValueError
        For fewer than two loads, or a load or efficiency that cannot be.
    """
    if len(efficiency_frac) < 2:
        raise ValueError("a loss curve needs the efficiency at two loads or more, such as 50 and 100 %")
    if not all(0 < load <= 2 and 0 < share <= 1 for load, share in efficiency_frac.items()):
        raise ValueError("expected loads over rated load such as 0.5, and efficiencies above 0 and at most 1")
    load = np.array(list(efficiency_frac))
    loss = load * (1 / np.array(list(efficiency_frac.values())) - 1)
    linear = load if load.size > 2 else np.zeros_like(load)
    parts, _ = nnls(np.column_stack([np.ones_like(load), linear, load**2]), loss)
    constant, proportional, square = (float(part) for part in parts)
    return LossCurve(rated_kw, constant * rated_kw, proportional, square)


def transformer(rated_kw: float, no_load_loss_kw: float, load_loss_kw: float) -> LossCurve:
    """Return the loss curve of a transformer from iron losses and copper losses at rated load [kW], as plates and EN 50588 give."""
    return LossCurve(rated_kw, no_load_loss_kw, 0.0, load_loss_kw / rated_kw)
