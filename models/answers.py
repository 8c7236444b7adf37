"""From the parts of a plant's answer to one `PlantResponse`: learned corrections, interval, what bound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from models.prior_width import half_width_kw

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


class Correction(Protocol):
    """A learned component: takes the law's power and its drivers, returns power, 90 % half-width and how far it was unseen."""

    def correct(
        self, prior_kw: FloatArray, drivers: Mapping[str, FloatArray]
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return (power [kW], half-width [kW], how far outside the range seen, 0 to 1), shapes as `prior_kw`."""
        ...

    def corrected_kw(self, prior_kw: FloatArray, drivers: Mapping[str, FloatArray]) -> FloatArray:
        """Return the power alone [kW]."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Powers:
    """Power by component name, half-width of their sum, and how far something reaches beyond what was seen (0 to 1)."""

    by_component: Mapping[str, FloatArray]
    half_width_kw: FloatArray
    beyond: FloatArray


def corrected(
    laws: Mapping[str, FloatArray],
    drivers: Mapping[str, Mapping[str, FloatArray]],
    beyond_curve: Mapping[str, BoolArray],
    corrections: Mapping[str, Correction],
    rows: int,
) -> Powers:
    """Apply learned corrections to the laws' powers, (rows,) each.

    Half-widths add as squares: the components err for different reasons. A component that is off adds nothing and
    extrapolates nothing.
    """
    powers = dict(laws)
    squares, beyond_any = np.zeros(rows), np.zeros(rows)
    for name, law_kw in laws.items():
        if name in corrections:
            powers[name], width, beyond = corrections[name].correct(law_kw, drivers.get(name, {}))
        else:
            outside = beyond_curve.get(name, np.zeros(rows, bool))
            width, beyond = half_width_kw(name, law_kw, outside), outside.astype(float)
        on = law_kw > 0
        powers[name] = np.where(on, powers[name], 0.0)
        squares += np.where(on, width, 0.0) ** 2
        beyond_any = np.maximum(beyond_any, np.where(on, beyond, 0.0))
    return Powers(powers, np.sqrt(squares), beyond_any)


def columns(parts: list[FloatArray], rows: int) -> FloatArray:
    """Return columns side by side; (rows, 0) for none."""
    return np.stack(parts, axis=1) if parts else np.zeros((rows, 0))
