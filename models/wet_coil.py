"""Cooling coils that may condense: heat, leaving air and condensate by effectiveness on enthalpy, dry where the coil stays dry."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models import psychrometrics
from models.heat_exchanger import HeatExchanger, counterflow

FloatArray = npt.NDArray[np.float64]

_AIR_KJ_PER_KGK = 1.02  # with some humidity: weighs the two films
_LATENT_KJ_PER_KG = 2501.0
_PASSES = 3  # the slope of saturation depends on the water's rise, which depends on the heat
_FIRST_RISE_K = 5.0
_RISE_RANGE_K = (0.5, 30.0)


@dataclass(frozen=True, slots=True)
class Coil:
    """A coil at its rated flows: the dry exchanger (`models.coil.rated_coil`), dry air [kg/s] and water [kW/K]."""

    exchanger: HeatExchanger
    rated_air_kgps: float
    rated_water_kw_per_k: float


@dataclass(frozen=True, slots=True, eq=False)
class CoilAnswer:
    """Steady answer of a coil, broadcast shape of the inputs."""

    total_kw: FloatArray
    sensible_kw: FloatArray
    air_degc: FloatArray  # leaving
    humidity_ratio: FloatArray  # leaving [kg/kg]
    condensate_lps: FloatArray
    water_degc: FloatArray  # leaving

    @property
    def sensible_heat_ratio(self) -> FloatArray:
        """Sensible over total heat [-]; 1 where there is none."""
        some = self.total_kw > 0
        ratio: FloatArray = np.where(some, self.sensible_kw / np.where(some, self.total_kw, 1.0), 1.0)
        return ratio


def cool(
    coil: Coil,
    air_degc: npt.ArrayLike,
    humidity_ratio: npt.ArrayLike,
    water_degc: npt.ArrayLike,
    *,
    air_frac: npt.ArrayLike = 1.0,
    water_frac: npt.ArrayLike = 1.0,
    altitude_m: float = 0.0,
) -> CoilAnswer:
    """Return what a coil takes out of the air.

    A coil is taken as wholly dry or wholly wet, whichever gives more heat: a partly wet one gives a few percent more than either.

    Parameters
    ----------
    coil
        The coil.
    air_degc, humidity_ratio
        Entering air [degC] and its humidity ratio [kg/kg].
    water_degc
        Entering water [degC]; warmer than the air, the coil gives nothing.
    air_frac, water_frac
        Flow over rated flow [-].
    altitude_m
        Height above sea level [m].

    References
    ----------
    Braun, Klein and Mitchell, "Effectiveness models for cooling towers and cooling coils", ASHRAE Transactions 95 (1989);
    EnergyPlus Engineering Reference, Coil:Cooling:Water.
    """
    air, ratio, water, air_flow, water_flow = np.broadcast_arrays(
        *(np.asarray(value, float) for value in (air_degc, humidity_ratio, water_degc, air_frac, water_frac))
    )
    air_kgps, water_kw_per_k = coil.rated_air_kgps * air_flow, coil.rated_water_kw_per_k * water_flow
    air_kw_per_k = air_kgps * (1.006 + 1.86 * ratio)
    dry_kw = coil.exchanger.effectiveness_at(air_flow, water_flow) * air_kw_per_k * np.maximum(air - water, 0.0)
    film = _Films(coil.exchanger, air_flow, water_flow)
    enthalpy = psychrometrics.enthalpy_kj_per_kg(air, ratio)
    wet_kw = _wet_kw(film, enthalpy, water, air_kgps, np.maximum(water_kw_per_k, 1e-9), altitude_m=altitude_m)
    wet = (psychrometrics.dew_point_of_ratio_degc(ratio, altitude_m) > water) & (wet_kw > dry_kw)
    total_kw = np.where(wet, wet_kw, dry_kw)

    fall = total_kw / np.maximum(air_kgps, 1e-9)
    bypass = np.exp(-film.air_ntu)  # the share of the air that passes as if untouched
    surface = psychrometrics.saturated_degc(enthalpy - fall / (1 - bypass), altitude_m)
    fog = psychrometrics.saturated_degc(enthalpy - fall, altitude_m)  # no colder: it could not hold its water
    dry_air = air - dry_kw / np.maximum(air_kw_per_k, 1e-9)
    leaving = np.where(wet, np.maximum(surface + (air - surface) * bypass, fog), dry_air)
    leaving_ratio = np.where(wet, np.minimum(_ratio_at(enthalpy - fall, leaving), ratio), ratio)
    sensible_kw = np.where(wet, np.minimum(air_kw_per_k * (air - leaving), total_kw), total_kw)
    return CoilAnswer(
        total_kw=total_kw,
        sensible_kw=sensible_kw,
        air_degc=leaving,
        humidity_ratio=leaving_ratio,
        condensate_lps=air_kgps * (ratio - leaving_ratio),
        water_degc=np.minimum(water + total_kw / np.maximum(water_kw_per_k, 1e-9), np.maximum(air, water)),
    )


def latent_kw(
    exchanger: HeatExchanger,
    air_degc: npt.ArrayLike,
    humidity_ratio: npt.ArrayLike,
    sensible_kw: npt.ArrayLike,
    air_kgps: npt.ArrayLike,
    *,
    air_frac: npt.ArrayLike = 1.0,
    altitude_m: float = 0.0,
) -> FloatArray:
    """Return what condenses on a coil that is asked for a sensible heat [kW].

    The law of `cool` turned round: the air that touches the coil leaves at its surface, the rest as it came, so that the heat
    asked for fixes the surface; what that cannot hold condenses.

    Parameters
    ----------
    exchanger
        The dry coil.
    air_degc, humidity_ratio
        Entering air [degC] and its humidity ratio [kg/kg].
    sensible_kw, air_kgps
        Heat asked for [kW] and dry air [kg/s], above 0.
    air_frac
        Air over rated air [-].
    altitude_m
        Height above sea level [m].
    """
    flow, ratio = np.asarray(air_frac, float), np.asarray(humidity_ratio, float)
    touching_kgps = np.asarray(air_kgps, float) * (1 - np.exp(-_Films(exchanger, flow, np.ones_like(flow)).air_ntu))
    surface = np.asarray(air_degc, float) - np.asarray(sensible_kw, float) / (touching_kgps * _AIR_KJ_PER_KGK)
    condensed = np.maximum(ratio - psychrometrics.saturated_humidity_ratio(surface, altitude_m), 0.0)
    latent: FloatArray = touching_kgps * condensed * _LATENT_KJ_PER_KG
    return latent


class _Films:
    """Transfer units of the air film alone, and the water side's resistance over the air side's."""

    def __init__(self, exchanger: HeatExchanger, air_flow: FloatArray, water_flow: FloatArray) -> None:
        air: FloatArray = np.maximum(air_flow, 1e-6)
        water: FloatArray = np.maximum(water_flow, 1e-6)
        outer = exchanger.hot_share * air**-exchanger.hot_exponent
        inner = (1 - exchanger.hot_share) * water**-exchanger.cold_exponent
        self.air_ntu = exchanger.rated_ntu / (outer * air)
        self.water_over_air = inner / outer


def _wet_kw(
    film: _Films,
    enthalpy: FloatArray,
    water: FloatArray,
    air_kgps: FloatArray,
    water_kw_per_k: FloatArray,
    *,
    altitude_m: float,
) -> FloatArray:
    """Return the heat of a wholly wet coil [kW]: driven by enthalpy over that of air saturated at the water's temperature."""
    at_water = _saturated(water, altitude_m)
    drive = np.maximum(enthalpy - at_water, 0.0)
    rise = np.full(water.shape, _FIRST_RISE_K)
    heat: FloatArray = np.zeros(water.shape)
    for _ in range(_PASSES):
        slope = (_saturated(water + rise, altitude_m) - at_water) / rise  # kJ/(kg K)
        units = film.air_ntu / (1 + slope / _AIR_KJ_PER_KGK * film.water_over_air)
        heat = counterflow(units, air_kgps * slope / water_kw_per_k) * air_kgps * drive
        rise = np.clip(heat / water_kw_per_k, *_RISE_RANGE_K)
    return heat


def _saturated(degc: FloatArray, altitude_m: float) -> FloatArray:
    return psychrometrics.enthalpy_kj_per_kg(degc, psychrometrics.saturated_humidity_ratio(degc, altitude_m))


def _ratio_at(enthalpy: FloatArray, degc: FloatArray) -> FloatArray:
    return (enthalpy - 1.006 * degc) / (2501.0 + 1.86 * degc)
