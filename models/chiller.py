"""Water-cooled chiller: the DOE-2 electric EIR curves, carried beyond their range by the Carnot ratio."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

# DOE-2 centrifugal, COP 5.5 at 6.67 / 29.4 degC; 1, x, x^2, y, y^2, xy with x leaving chilled, y entering condenser water
_CAPFT = (0.257896, 0.0389016, -0.00021708, 0.0468684, -0.00094284, -0.00034344)
_EIRFT = (0.933884, -0.058212, 0.00450036, 0.00243, 0.000486, -0.001215)
_EIRFPLR = (0.222903, 0.313387, 0.463710)
LEAVING_RANGE_DEGC = (5.0, 10.0)
ENTERING_RANGE_DEGC = (24.0, 35.0)
# Inside its range EIRFT follows the Carnot ratio to this power: 0.73 from 5 to 10 degC leaving at 29.4 entering, 0.72 from
# 24 to 35 degC entering at 6.67 leaving. The same power carries it beyond; the quadratic itself would turn upwards.
_SECOND_LAW_EXPONENT = 0.72
_EVAPORATOR_APPROACH_K = 2.0
_CONDENSER_RISE_K = 7.0  # water range 5 K and approach 2 K, entering water to refrigerant


def _biquadratic(c: tuple[float, ...], x: FloatArray, y: FloatArray) -> FloatArray:
    return c[0] + x * (c[1] + c[2] * x + c[5] * y) + y * (c[3] + c[4] * y)


def _carnot(leaving_degc: FloatArray, entering_degc: FloatArray) -> FloatArray:
    """Return lift over evaporating temperature, the input that an ideal machine needs a unit of cooling."""
    evaporating_k = leaving_degc - _EVAPORATOR_APPROACH_K + 273.15
    lift_k = np.maximum(entering_degc + _CONDENSER_RISE_K + 273.15 - evaporating_k, 10.0)  # real machines need a lift
    return lift_k / evaporating_k


def extrapolated(leaving_degc: npt.ArrayLike, entering_degc: npt.ArrayLike) -> BoolArray:
    """Return where the published curves do not reach, so that the Carnot ratio carries them."""
    x, y = np.asarray(leaving_degc, float), np.asarray(entering_degc, float)
    outside: BoolArray = (
        (x < LEAVING_RANGE_DEGC[0])
        | (x > LEAVING_RANGE_DEGC[1])
        | (y < ENTERING_RANGE_DEGC[0])
        | (y > ENTERING_RANGE_DEGC[1])
    )
    return outside


def available_capacity_kw(
    rated_cooling_kw: npt.ArrayLike, leaving_degc: npt.ArrayLike, entering_degc: npt.ArrayLike
) -> FloatArray:
    """Return the cooling a chiller can give.

    Parameters
    ----------
    rated_cooling_kw
        Capacity [kW] at 6.67 degC leaving chilled and 29.4 degC entering condenser water.
    leaving_degc, entering_degc
        Leaving chilled and entering condenser water [degC]; beyond the curve's range the value at its edge, which is
        conservative for warm chilled and for cold condenser water.

    Returns
    -------
    FloatArray
        Available cooling [kW].
    """
    x = np.clip(np.asarray(leaving_degc, float), *LEAVING_RANGE_DEGC)
    y = np.asarray(entering_degc, float)
    # Above the range capacity falls with every kelvin: there the curve is followed, not held.
    return np.asarray(rated_cooling_kw, float) * _biquadratic(_CAPFT, x, np.maximum(y, ENTERING_RANGE_DEGC[0]))


def input_ratio(leaving_degc: npt.ArrayLike, entering_degc: npt.ArrayLike) -> FloatArray:
    """Return full-load input per unit of cooling over that at rated temperatures [-] (EIRFT)."""
    x, y = np.asarray(leaving_degc, float), np.asarray(entering_degc, float)
    x_in, y_in = np.clip(x, *LEAVING_RANGE_DEGC), np.clip(y, *ENTERING_RANGE_DEGC)
    beyond = (_carnot(x, y) / _carnot(x_in, y_in)) ** _SECOND_LAW_EXPONENT
    result: FloatArray = _biquadratic(_EIRFT, x_in, y_in) * beyond
    return result


def power_kw(
    cooling_kw: npt.ArrayLike,
    leaving_degc: npt.ArrayLike,
    entering_degc: npt.ArrayLike,
    *,
    rated_cooling_kw: npt.ArrayLike,
    rated_cop: float = 5.5,
    min_part_load_frac: float = 0.2,
) -> FloatArray:
    """Return compressor power.

    P = Q_available EIRFT EIRFPLR(PLR) / COP, PLR = Q / Q_available. Below the minimum part load the chiller cycles or passes
    hot gas: power per unit of cooling stays that of the minimum.

    Parameters
    ----------
    cooling_kw
        Cooling given [kW], any shape.
    leaving_degc, entering_degc
        Leaving chilled and entering condenser water [degC].
    rated_cooling_kw, rated_cop
        Nameplate at 6.67 / 29.4 degC.
    min_part_load_frac
        Lowest part load without cycling [-].

    Returns
    -------
    FloatArray
        Electrical power [kW].

    References
    ----------
    DOE-2 electric EIR chiller (Hydeman et al., ASHRAE Transactions 108, 2002); EnergyPlus Engineering Reference,
    Chiller:Electric:EIR.
    """
    available = available_capacity_kw(rated_cooling_kw, leaving_degc, entering_degc)
    part_load = np.asarray(cooling_kw, float) / available
    unloaded = np.maximum(part_load, min_part_load_frac)
    curve = _EIRFPLR[0] + unloaded * (_EIRFPLR[1] + unloaded * _EIRFPLR[2])
    cycling = np.minimum(part_load / min_part_load_frac, 1.0)
    power: FloatArray = available / rated_cop * input_ratio(leaving_degc, entering_degc) * curve * cycling
    return power
