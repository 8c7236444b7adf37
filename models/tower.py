"""Cooling tower: the CoolTools approach correlation, fan power and water use."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from models import psychrometrics
from models.heat_exchanger import WATER_KJ_PER_LK

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

DESIGN_RANGE_K = 5.5556
WET_BULB_RANGE_DEGC = (-1.0, 26.6667)
RANGE_RANGE_K = (1.1111, 11.1111)
WATER_RATIO_RANGE = (0.75, 1.25)
_LATENT_KJ_PER_KG = 2430.0
_DRIFT_FRAC = 8e-5
_WATER_OVER_AIR = 1.2  # masses at design: common for packaged cross-flow towers
_LEAST_AIR_RATIO = 0.05

# CoolTools cross-flow, as tabled in the EnergyPlus Engineering Reference (variable-speed towers, empirical models).
# A row: powers of air ratio, water ratio, wet bulb [degC], range [K]; then the coefficient.
_TERMS = (
    (0, 0, 0, 0, 0.52049709836241),
    (1, 0, 0, 0, -10.617046395344),
    (2, 0, 0, 0, 10.7292974722538),
    (3, 0, 0, 0, -2.74988377158227),
    (0, 1, 0, 0, 4.73629943913743),
    (1, 1, 0, 0, -8.25759700874711),
    (2, 1, 0, 0, 1.57640938114136),
    (0, 2, 0, 0, 6.51119643791324),
    (1, 2, 0, 0, 1.50433525206692),
    (0, 3, 0, 0, -3.2888529287801),
    (0, 0, 1, 0, 0.0257786145353773),
    (1, 0, 1, 0, 0.182464289315254),
    (2, 0, 1, 0, -0.0818947291400898),
    (0, 1, 1, 0, -0.215010003996285),
    (1, 1, 1, 0, 0.0186741309635284),
    (0, 2, 1, 0, 0.0536824177590012),
    (0, 0, 2, 0, -0.00270968955115031),
    (1, 0, 2, 0, 0.00112277498589279),
    (0, 1, 2, 0, -0.00127758497497718),
    (0, 0, 3, 0, 0.0000760420796601607),
    (0, 0, 0, 1, 1.43600088336017),
    (1, 0, 0, 1, -0.5198695909109),
    (2, 0, 0, 1, 0.117339576910507),
    (0, 1, 0, 1, 1.50492810819924),
    (1, 1, 0, 1, -0.135898905926974),
    (0, 2, 0, 1, -0.152577581866506),
    (0, 0, 1, 1, -0.0533843828114562),
    (1, 0, 1, 1, 0.00493294869565511),
    (0, 1, 1, 1, -0.00796260394174197),
    (0, 0, 2, 1, 0.000222619828621544),
    (0, 0, 0, 2, -0.0543952001568055),
    (1, 0, 0, 2, 0.00474266879161693),
    (0, 1, 0, 2, -0.0185854671815598),
    (0, 0, 1, 2, 0.00115667701293848),
    (0, 0, 0, 3, 0.000807370664460284),
)
_DEGREE = 3
_BY_POWERS = np.zeros((_DEGREE + 1,) * 4)  # of range, air ratio, wet bulb and water ratio: what varies most goes first
for _air, _water, _wet_bulb, _range, _value in _TERMS:
    _BY_POWERS[_range, _air, _wet_bulb, _water] = _value


def approach_k(
    air_ratio: npt.ArrayLike, water_ratio: npt.ArrayLike, wet_bulb_degc: npt.ArrayLike, range_k: npt.ArrayLike
) -> FloatArray:
    """Return the approach of the leaving water to the wet bulb.

    Parameters
    ----------
    air_ratio, water_ratio
        Air and water flow over design flow [-].
    wet_bulb_degc
        Wet bulb of the entering air [degC].
    range_k
        Entering minus leaving water [K].
        All are held at the edge of the correlation's range (`extrapolated` says where).

    Returns
    -------
    FloatArray
        Approach [K], broadcast shape; not below 1.1 K.

    References
    ----------
    Benton et al., "An improved cooling tower algorithm for the CoolTools simulation model", ASHRAE Transactions 108
    (2002); EnergyPlus Engineering Reference.
    """
    return _approach_by_range(air_ratio, water_ratio, wet_bulb_degc)(np.asarray(range_k, float))


def _approach_by_range(
    air_ratio: npt.ArrayLike, water_ratio: npt.ArrayLike, wet_bulb_degc: npt.ArrayLike
) -> Callable[[FloatArray], FloatArray]:
    """Return `approach_k` as a function of the range: the rest of its polynomial is the same for every range."""
    air = np.asarray(air_ratio, float)
    water = np.clip(np.asarray(water_ratio, float), *WATER_RATIO_RANGE)
    wet_bulb = np.clip(np.asarray(wet_bulb_degc, float), *WET_BULB_RANGE_DEGC)
    of_power = _at_water(float(water)) if water.ndim == 0 else _BY_POWERS
    others = (air, wet_bulb, water)[: of_power.ndim - 1]
    by_power = [_polynomial(of_power[power], _DEGREE - power, *others) for power in range(_DEGREE + 1)]

    def approach(range_k: FloatArray) -> FloatArray:
        within = np.clip(range_k, *RANGE_RANGE_K)
        value = by_power[3] * within + by_power[2]
        for coefficient in (by_power[1], by_power[0]):
            value *= within
            value += coefficient
        return np.maximum(value, RANGE_RANGE_K[0])

    return approach


@lru_cache(maxsize=256)
def _at_water(ratio: float) -> FloatArray:
    """Return the coefficients of range, air ratio and wet bulb at a water ratio: condenser pumps give few of them."""
    coefficients = np.zeros(_BY_POWERS.shape[:-1])
    for powers in itertools.product(range(_DEGREE + 1), repeat=coefficients.ndim):
        if sum(powers) <= _DEGREE:
            coefficients[powers] = _polynomial(_BY_POWERS[powers], _DEGREE - sum(powers), np.asarray(ratio, float))
    return coefficients


def _polynomial(coefficients: FloatArray, degree: int, *variables: FloatArray) -> FloatArray:
    """Return a polynomial of a total degree by Horner's rule: cheap on a grid, as inner ones keep to their variables' shape."""
    if not variables:
        return coefficients
    first, *rest = variables
    value = _polynomial(coefficients[degree], 0, *rest)
    for power in range(degree - 1, -1, -1):
        value = value * first + _polynomial(coefficients[power], degree - power, *rest)
    return value


def extrapolated(water_ratio: npt.ArrayLike, wet_bulb_degc: npt.ArrayLike, range_k: npt.ArrayLike) -> BoolArray:
    """Return where an input lies outside the correlation's range."""
    outside = [
        (np.asarray(value, float) < low - 1e-9) | (np.asarray(value, float) > high + 1e-9)
        for value, (low, high) in (
            (water_ratio, WATER_RATIO_RANGE),
            (wet_bulb_degc, WET_BULB_RANGE_DEGC),
            (range_k, RANGE_RANGE_K),
        )
    ]
    result: BoolArray = outside[0] | outside[1] | outside[2]
    return result


def leaving_water_degc(
    air_ratio: npt.ArrayLike, water_ratio: npt.ArrayLike, wet_bulb_degc: npt.ArrayLike
) -> Callable[[FloatArray], FloatArray]:
    """Return the water temperature a tower reaches [degC] as a function of the range [K]; all else as in `approach_k`.

    Below -1 degC wet bulb the correlation ends: the tower is taken to see -1 degC, which is warmer than the truth (safe for
    free cooling). Above 26.7 degC the approach of the edge is added to the true wet bulb.
    """
    wet_bulb = np.maximum(np.asarray(wet_bulb_degc, float), WET_BULB_RANGE_DEGC[0])
    approach = _approach_by_range(air_ratio, water_ratio, wet_bulb)
    return lambda range_k: wet_bulb + approach(range_k)


def makeup_lps(
    rejected_kw: npt.ArrayLike, flow_lps: npt.ArrayLike, *, latent_share: float = 0.85, cycles: float = 3.0
) -> FloatArray:
    """Return make-up water [L/s]: evaporation, blow-down at `cycles` of concentration, and drift.

    Parameters
    ----------
    rejected_kw
        Heat rejected, compressor included [kW].
    flow_lps
        Circulated water [L/s].
    latent_share
        Share of the heat that leaves by evaporation [-]; 0.7 in frost, 0.95 on hot dry days.
    cycles
        Cycles of concentration [-].

    References
    ----------
    ASHRAE Handbook, HVAC Systems and Equipment, cooling towers: blow-down = evaporation / (cycles - 1), drift 0.008 %.
    """
    evaporated = np.asarray(rejected_kw, float) * latent_share / _LATENT_KJ_PER_KG
    makeup: FloatArray = evaporated * cycles / (cycles - 1) + _DRIFT_FRAC * np.asarray(flow_lps, float)
    return makeup


def design_flow_lps(rated_rejection_kw: float) -> float:
    """Return the water flow [L/s] that carries the rated heat at the correlation's design range of 5.6 K."""
    return rated_rejection_kw / (WATER_KJ_PER_LK * DESIGN_RANGE_K)


def wet_cells(flow_lps: npt.ArrayLike, cell_flow_lps: float, cells: int, min_flow_frac: float = 0.5) -> FloatArray:
    """Return how many cells may be wet, at least one: more would run dry in parts, scale, and in frost freeze.

    Parameters
    ----------
    flow_lps
        Water through all of them [L/s].
    cell_flow_lps
        Rated flow of one cell [L/s].
    cells
        Cells installed.
    min_flow_frac
        Least flow of a wet cell over its rated flow [-]; nozzles and weir dams decide it.
    """
    most = np.floor(np.asarray(flow_lps, float) / (cell_flow_lps * min_flow_frac) + 1e-9)
    return np.clip(most, 1.0, float(cells))


def latent_share(
    dry_bulb_degc: npt.ArrayLike,
    wet_bulb_degc: npt.ArrayLike,
    range_k: npt.ArrayLike,
    *,
    air_ratio: npt.ArrayLike = 1.0,
    water_ratio: npt.ArrayLike = 1.0,
    altitude_m: float = 0.0,
) -> FloatArray:
    """Return the share of the heat that leaves by evaporation [-], for `makeup_lps`.

    The air takes up the heat and leaves saturated: its humidity on the way out less that on the way in is the water evaporated.
    About a half in frost and 0.9 in mild summer; above 1 in dry heat, where the air itself is cooled.

    Parameters
    ----------
    dry_bulb_degc, wet_bulb_degc
        Entering air [degC].
    range_k
        Entering minus leaving water [K].
    air_ratio, water_ratio
        Air and water flow over design flow [-].
    altitude_m
        Height above sea level [m].

    References
    ----------
    Merkel, "Verdunstungskühlung" (1925); ASHRAE Handbook, HVAC Systems and Equipment, cooling towers: tower theory.
    """
    dry = np.asarray(dry_bulb_degc, float)
    humidity = psychrometrics.relative_humidity_from_wet_bulb_frac(dry, wet_bulb_degc, altitude_m)
    entering = psychrometrics.humidity_ratio(dry, humidity, altitude_m)
    water_over_air = (
        _WATER_OVER_AIR * np.asarray(water_ratio, float) / np.maximum(np.asarray(air_ratio, float), _LEAST_AIR_RATIO)
    )
    gained = np.maximum(water_over_air * WATER_KJ_PER_LK * np.asarray(range_k, float), 1e-6)
    enthalpy = psychrometrics.enthalpy_kj_per_kg(dry, entering) + gained
    leaving = psychrometrics.saturated_humidity_ratio(psychrometrics.saturated_degc(enthalpy, altitude_m), altitude_m)
    share: FloatArray = np.maximum(leaving - entering, 0.0) * _LATENT_KJ_PER_KG / gained
    return share
