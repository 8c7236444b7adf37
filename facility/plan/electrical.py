"""The electrical chain from racks to meter: losses exact in simulation, convex pieces in the problem."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cvxpy as cp
import numpy as np

from facility.plan.problem import Problem
from facility.records import FloatArray
from facility.site import Electrical, LossCurve
from models.cooling import BoolArray

PIECE_ERROR_FRAC = 1e-4  # of rated power: the most that tangents may read below the curve


@dataclass(frozen=True, slots=True, eq=False)
class ChainPower:
    """Power along the chain, kW a step: out of the UPS (critical load), into the transformer, losses, at the meter."""

    ups_output_kw: FloatArray
    transformer_load_kw: FloatArray
    loss_kw: FloatArray
    site_kw: FloatArray


def loss_kw(curve: LossCurve, load_kw: FloatArray) -> FloatArray:
    """Return the losses of a transformer, UPS or PDU at a load [kW], as the site file writes the curve."""
    square = curve.square_frac / curve.rated_kw
    return np.asarray(curve.no_load_kw + curve.proportional_frac * load_kw + square * load_kw**2)


def chain_power(electrical: Electrical, hall_it_kw: Mapping[str, FloatArray], other_kw: FloatArray) -> ChainPower:
    """Follow power up the chain: halls through PDU and UPS, everything else (cooling, battery) at the transformer."""
    pdus = {pdu.hall: pdu for pdu in electrical.pdus}
    pdu_loss = [loss_kw(pdus[hall], kw) for hall, kw in hall_it_kw.items() if hall in pdus]
    output = np.asarray(sum(hall_it_kw.values()) + sum(pdu_loss))
    ups_loss = loss_kw(electrical.ups, output)
    secondary = output + ups_loss + other_kw
    transformer_loss = loss_kw(electrical.transformer, secondary)
    return ChainPower(
        output, secondary, np.asarray(sum(pdu_loss) + ups_loss + transformer_loss), secondary + transformer_loss
    )


class ChainPlan:
    """The chain in the problem, between bounds of IT power and of the rest; `upper` marks steps that need an upper chord."""

    def __init__(
        self,
        problem: Problem,
        electrical: Electrical,
        hall_it_kw: Mapping[str, Any],
        hall_range_kw: Mapping[str, tuple[FloatArray, FloatArray]],
        upper: BoolArray,
    ) -> None:
        self._problem, self._electrical, self._upper = problem, electrical, upper
        pdus = {pdu.hall: pdu for pdu in electrical.pdus}
        output: Any = 0.0
        low: Any = 0.0
        high: Any = 0.0
        for hall, kw in hall_it_kw.items():
            loss: Any = 0.0
            span, load = hall_range_kw[hall], problem.defined(kw)
            if hall in pdus:
                loss, span = self._loss(pdus[hall], load, span)
            output, low, high = output + load + loss, low + span[0], high + span[1]
        self.ups_output_kw = problem.defined(output)
        self._range = low, high
        self.critical_high_kw = np.asarray(high)

    def site_kw(self, other_kw: Any, other_range_kw: tuple[FloatArray, FloatArray]) -> Any:
        """Return power at the meter with the rest of the site's load added behind the transformer."""
        low, high = np.asarray(self._range[0]), np.asarray(self._range[1])
        ups, transformer = self._electrical.ups, self._electrical.transformer
        self._rating(ups.id, ups, self.ups_output_kw)
        loss, span = self._loss(ups, self.ups_output_kw, (low, high))
        secondary = self._problem.defined(self.ups_output_kw + loss + other_kw)
        self._rating(transformer.id, transformer, secondary)
        span = np.maximum(span[0] + other_range_kw[0], 0.0), span[1] + other_range_kw[1]
        loss, _ = self._loss(transformer, secondary, span)
        return secondary + loss

    def _rating(self, name: str, curve: LossCurve, load_kw: Any) -> None:
        self._problem.limit("rated power", name, load_kw - curve.rated_kw, "kW")

    def _loss(
        self, curve: LossCurve, load_kw: Any, span: tuple[FloatArray, FloatArray]
    ) -> tuple[Any, tuple[FloatArray, FloatArray]]:
        low, high = span
        through = low + loss_kw(curve, low), high + loss_kw(curve, high)
        if curve.square_frac == 0.0:
            return curve.no_load_kw + curve.proportional_frac * load_kw, through
        loss = cp.Variable(load_kw.size)
        touch = _touch_points(curve, low, high)
        slope = curve.proportional_frac + 2.0 * curve.square_frac / curve.rated_kw * touch
        self._problem.above_lines(loss, load_kw, slope, loss_kw(curve, touch) - slope * touch)
        self._chord(curve, load_kw, loss, span)
        return loss, through

    def _chord(self, curve: LossCurve, load_kw: Any, loss: Any, span: tuple[FloatArray, FloatArray]) -> None:
        steps = np.flatnonzero(self._upper)
        if steps.size:
            low, high = span[0][steps], span[1][steps]
            width = np.where(high - low > 1e-9, high - low, 1.0)
            slope = (loss_kw(curve, high) - loss_kw(curve, low)) / width
            chord = loss_kw(curve, low) + cp.multiply(slope, load_kw[steps] - low)
            self._problem.law(loss[steps] <= chord + PIECE_ERROR_FRAC * curve.rated_kw)


def _touch_points(curve: LossCurve, low: FloatArray, high: FloatArray) -> FloatArray:
    """Place tangents (T, K) so that they read at most `PIECE_ERROR_FRAC` low between low and high [kW]."""
    spacing = 2.0 * curve.rated_kw * np.sqrt(PIECE_ERROR_FRAC / curve.square_frac)
    count = max(1, int(np.ceil(float((high - low).max()) / spacing)))
    part = (np.arange(count) + 0.5) / count
    return np.asarray(low[:, None] + (high - low)[:, None] * part)
