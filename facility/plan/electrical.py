"""The electrical chain from racks to meter: losses exact in simulation, convex pieces in the problem."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cvxpy as cp
import numpy as np

from facility.plan.problem import Problem
from facility.records import FloatArray
from facility.site import Electrical, LossCurve
from models import electrical
from models.cooling import BoolArray
from models.site_model import ElectricalChain

PIECE_ERROR_FRAC = 1e-4  # of rated power: the most that tangents may read below the curve


def law(curve: LossCurve) -> electrical.LossCurve:
    """Return a loss curve of the site file as the law that the models know."""
    return electrical.LossCurve(curve.rated_kw, curve.no_load_kw, curve.proportional_frac, curve.square_frac)


def electrical_chain(site: Electrical) -> ElectricalChain:
    """Return the losses between the meter and the racks as the site file gives them."""
    return ElectricalChain(law(site.transformer), law(site.ups), {pdu.hall: law(pdu) for pdu in site.pdus})


def piece_error_kw(site: Electrical) -> float:
    """Return the most that the pieces of all losses together read below the curves."""
    chain = electrical_chain(site)
    return PIECE_ERROR_FRAC * sum(curve.rated_kw for curve in (chain.transformer, chain.ups, *chain.pdus.values()))


def critical_error_kw(site: Electrical) -> float:
    """Return the most that the pieces of the losses up to the UPS read below the curves."""
    return PIECE_ERROR_FRAC * sum(pdu.rated_kw for pdu in site.pdus if pdu.square_frac > 0.0)


class ChainPlan:
    """The chain in the problem, between bounds of IT power and of the rest; `upper` marks steps that need an upper chord."""

    def __init__(
        self,
        problem: Problem,
        site: Electrical,
        hall_it_kw: Mapping[str, Any],
        hall_range_kw: Mapping[str, tuple[FloatArray, FloatArray]],
        upper: BoolArray,
    ) -> None:
        self._problem, self._electrical, self._upper = problem, site, upper
        pdus = {pdu.hall: pdu for pdu in site.pdus}
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
        span = span[0] + other_range_kw[0], span[1] + other_range_kw[1]
        loss, _ = self._loss(transformer, secondary, span)
        return secondary + loss

    def _rating(self, name: str, curve: LossCurve, load_kw: Any) -> None:
        self._problem.limit("rated power", name, load_kw - curve.rated_kw, "kW")

    def _loss(
        self, curve: LossCurve, load_kw: Any, span: tuple[FloatArray, FloatArray]
    ) -> tuple[Any, tuple[FloatArray, FloatArray]]:
        low, high = span
        through = low + law(curve).loss_kw(low), high + law(curve).loss_kw(high)
        if curve.square_frac == 0.0:
            return curve.no_load_kw + curve.proportional_frac * load_kw, through
        loss = cp.Variable(load_kw.size)
        touch = _touch_points(curve, low, high)
        slope = curve.proportional_frac + 2.0 * curve.square_frac / curve.rated_kw * touch
        self._problem.above_lines(loss, load_kw, slope, law(curve).loss_kw(touch) - slope * touch)
        self._chord(curve, load_kw, loss, span)
        return loss, through

    def _chord(self, curve: LossCurve, load_kw: Any, loss: Any, span: tuple[FloatArray, FloatArray]) -> None:
        steps = np.flatnonzero(self._upper)
        if steps.size:
            low, high = span[0][steps], span[1][steps]
            width = np.where(high - low > 1e-9, high - low, 1.0)
            slope = (law(curve).loss_kw(high) - law(curve).loss_kw(low)) / width
            chord = law(curve).loss_kw(low) + cp.multiply(slope, load_kw[steps] - low)
            self._problem.law(loss[steps] <= chord + PIECE_ERROR_FRAC * curve.rated_kw)


def _touch_points(curve: LossCurve, low: FloatArray, high: FloatArray) -> FloatArray:
    """Place tangents (T, K) so that they read at most `PIECE_ERROR_FRAC` low between low and high [kW]."""
    spacing = 2.0 * curve.rated_kw * np.sqrt(PIECE_ERROR_FRAC / curve.square_frac)
    count = max(1, int(np.ceil(float((high - low).max()) / spacing)))
    part = (np.arange(count) + 0.5) / count
    return np.asarray(low[:, None] + (high - low)[:, None] * part)
