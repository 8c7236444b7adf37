"""Chillers by the DOE-2 electric EIR model, with the curves of their kind (`models.chiller_curves`)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.chiller_curves import CENTRIFUGAL, ChillerCurves

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


def extrapolated(
    leaving_degc: npt.ArrayLike, entering_degc: npt.ArrayLike, curves: ChillerCurves = CENTRIFUGAL
) -> BoolArray:
    """Return where the published curves do not reach, so that the Carnot ratio carries them."""
    return curves.extrapolated(leaving_degc, entering_degc)


def available_capacity_kw(
    rated_cooling_kw: npt.ArrayLike,
    leaving_degc: npt.ArrayLike,
    entering_degc: npt.ArrayLike,
    curves: ChillerCurves = CENTRIFUGAL,
) -> FloatArray:
    """Return the cooling a chiller can give.

    Parameters
    ----------
    rated_cooling_kw
        Capacity [kW] at the curves' rated temperatures.
    leaving_degc, entering_degc
        Leaving chilled water and what enters the condenser [degC]; beyond the curve's range the value at its edge, which is
        conservative for warm chilled and for cold condenser water.
    curves
        Of the chiller's kind.

    Returns
    -------
    FloatArray
        Available cooling [kW].
    """
    capacity: FloatArray = np.asarray(rated_cooling_kw, float) * curves.capacity_ratio(leaving_degc, entering_degc)
    return capacity


def input_ratio(
    leaving_degc: npt.ArrayLike, entering_degc: npt.ArrayLike, curves: ChillerCurves = CENTRIFUGAL
) -> FloatArray:
    """Return full-load input per unit of cooling over that at rated temperatures [-] (EIRFT)."""
    return curves.input_ratio(leaving_degc, entering_degc)


def power_kw(
    cooling_kw: npt.ArrayLike,
    leaving_degc: npt.ArrayLike,
    entering_degc: npt.ArrayLike,
    *,
    rated_cooling_kw: npt.ArrayLike,
    rated_cop: float = 5.5,
    min_part_load_frac: float = 0.2,
    curves: ChillerCurves = CENTRIFUGAL,
    available_kw: FloatArray | None = None,
) -> FloatArray:
    """Return compressor power.

    P = Q_available EIRFT EIRFPLR(PLR) / COP, PLR = Q / Q_available. Below the minimum part load the chiller cycles or passes
    hot gas: power per unit of cooling stays that of the minimum.

    Parameters
    ----------
    cooling_kw
        Cooling given [kW], any shape.
    leaving_degc, entering_degc
        Leaving chilled water and what enters the condenser [degC].
    rated_cooling_kw, rated_cop
        Nameplate at the curves' rated temperatures: 6.67 / 29.4 degC by default.
    min_part_load_frac
        Lowest part load without cycling [-].
    curves
        Of the chiller's kind.
    available_kw
        The cooling it can give there, where that is known already (`available_capacity_kw`).

    Returns
    -------
    FloatArray
        Electrical power [kW].

    References
    ----------
    DOE-2 electric EIR chiller (Hydeman et al., ASHRAE Transactions 108, 2002); EnergyPlus Engineering Reference,
    Chiller:Electric:EIR.
    """
    available = available_kw
    if available is None:
        available = available_capacity_kw(rated_cooling_kw, leaving_degc, entering_degc, curves)
    part_load = np.asarray(cooling_kw, float) / available
    unloaded = np.maximum(part_load, min_part_load_frac)
    constant, linear, square = curves.part_load
    shape = constant + unloaded * (linear + unloaded * square)
    cycling = np.minimum(part_load / min_part_load_frac, 1.0)
    power: FloatArray = available / rated_cop * curves.input_ratio(leaving_degc, entering_degc) * shape * cycling
    return power
