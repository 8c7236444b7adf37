"""Dry coolers: fluid through finned tubes, outdoor air over them, dry or behind wetted pads."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models import psychrometrics
from models.crossflow import CrossflowExchanger
from models.heat_exchanger import AIR_KJ_PER_M3K

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

# 30 % ethylene glycol at 20 degC: 1.045 kg/L of 3.66 kJ/(kg K) (ASHRAE Handbook, Fundamentals, chapter 31)
GLYCOL_KJ_PER_LK = 3.82
FROST_LEAVING_DEGC = 4.0  # without glycol
GLYCOL_LEAVING_DEGC = -10.0  # with it: it freezes at -15 degC, and is thick before
DRAIN_OUTDOOR_DEGC = 2.0  # without glycol an idle cooler is drained, or kept in circulation, below this
PADS_OFF_DEGC = 4.0
# Air rise over entering fluid minus outdoor air: what makers trade between fans and surface comes out near it.
_AIR_RISE_SHARE = 0.6
_AIR_DENSITY_KG_PER_M3 = 1.2
_SPEED_BISECTIONS = 12


def rated_exchanger(
    rated_rejection_kw: float, rated_approach_k: float, rated_flow_lps: float, fluid_kj_per_lk: float = GLYCOL_KJ_PER_LK
) -> CrossflowExchanger:
    """Return the exchanger of a dry cooler.

    `rated_approach_k` [K] is leaving fluid minus outdoor air at rated rejection [kW], fluid flow [L/s] and full fan speed.
    """
    range_k = rated_rejection_kw / (rated_flow_lps * fluid_kj_per_lk)
    entering_k = range_k + rated_approach_k
    return CrossflowExchanger(range_k / entering_k, _AIR_RISE_SHARE * entering_k / range_k)


def rated_airflow_m3ps(rated_rejection_kw: float, rated_approach_k: float, rated_range_k: float) -> float:
    """Return the air [m3/s] that a cooler moves at full speed, by heat [kW], approach [K] and range of the fluid [K]."""
    return rated_rejection_kw / (AIR_KJ_PER_M3K * _AIR_RISE_SHARE * (rated_approach_k + rated_range_k))


def leaving_degc(
    exchanger: CrossflowExchanger,
    range_k: npt.ArrayLike,
    air_degc: npt.ArrayLike,
    speed_frac: npt.ArrayLike,
    flow_frac: npt.ArrayLike = 1.0,
) -> FloatArray:
    """Return the temperature that the fluid reaches.

    Parameters
    ----------
    exchanger
        From `rated_exchanger`.
    range_k
        Entering minus leaving fluid [K]: heat over flow and heat capacity.
    air_degc
        Air onto the coil [degC]: outdoors, or behind the pads (`air_on_coil_degc`).
    speed_frac, flow_frac
        Fan speed, which is airflow, and fluid flow over rated [-].

    Returns
    -------
    FloatArray
        Leaving fluid [degC]; without air it has no bound.
    """
    effectiveness = exchanger.effectiveness_at(flow_frac, speed_frac)
    leaving: FloatArray = np.asarray(air_degc, float) + np.asarray(range_k, float) * (1 / effectiveness - 1)
    return leaving


def speed_for_frac(
    exchanger: CrossflowExchanger,
    wanted_degc: npt.ArrayLike,
    range_k: npt.ArrayLike,
    air_degc: npt.ArrayLike,
    *,
    flow_frac: npt.ArrayLike = 1.0,
    min_speed_frac: float = 0.15,
) -> FloatArray:
    """Return the least fan speed [-] that keeps the leaving fluid at or below a temperature [degC]; NaN where none does."""
    wanted, rise, air, flow = np.broadcast_arrays(
        *(np.asarray(value, float) for value in (wanted_degc, range_k, air_degc, flow_frac))
    )
    low, high = np.full(wanted.shape, min_speed_frac), np.ones(wanted.shape)
    for _ in range(_SPEED_BISECTIONS):
        middle = 0.5 * (low + high)
        slow = leaving_degc(exchanger, rise, air, middle, flow) > wanted
        low, high = np.where(slow, middle, low), np.where(slow, high, middle)
    reached = leaving_degc(exchanger, rise, air, 1.0, flow) <= wanted
    return np.where(reached, high, np.nan)


def pads_wet(outdoor_degc: npt.ArrayLike, off_below_degc: float = PADS_OFF_DEGC) -> BoolArray:
    """Return where adiabatic pads may be wet: not where they would freeze."""
    wet: BoolArray = np.asarray(outdoor_degc, float) >= off_below_degc
    return wet


def air_on_coil_degc(
    outdoor_degc: npt.ArrayLike,
    wet_bulb_degc: npt.ArrayLike,
    pad_effectiveness_frac: npt.ArrayLike,
    off_below_degc: float = PADS_OFF_DEGC,
) -> FloatArray:
    """Return the air onto the coil [degC] behind pads that use a share of the wet-bulb depression [-]; 0: no pads.

    References
    ----------
    ASHRAE Handbook, HVAC Systems and Equipment, evaporative air-cooling equipment: direct saturation effectiveness.
    """
    outdoor = np.asarray(outdoor_degc, float)
    depression = np.maximum(outdoor - np.asarray(wet_bulb_degc, float), 0.0)
    used = np.where(pads_wet(outdoor, off_below_degc), pad_effectiveness_frac, 0.0)
    air: FloatArray = outdoor - used * depression
    return air


def pad_water_lps(
    airflow_m3ps: npt.ArrayLike,
    outdoor_degc: npt.ArrayLike,
    wet_bulb_degc: npt.ArrayLike,
    pad_effectiveness_frac: npt.ArrayLike,
    *,
    cycles: float = 3.0,
    altitude_m: float = 0.0,
    off_below_degc: float = PADS_OFF_DEGC,
) -> FloatArray:
    """Return the water that pads take [L/s]: what the air picks up on its way to the wet bulb, and the bleed at `cycles`."""
    outdoor, bulb = np.asarray(outdoor_degc, float), np.asarray(wet_bulb_degc, float)
    humidity = psychrometrics.relative_humidity_from_wet_bulb_frac(outdoor, bulb, altitude_m)
    before = psychrometrics.humidity_ratio(outdoor, humidity, altitude_m)
    gained = np.maximum(psychrometrics.saturated_humidity_ratio(bulb, altitude_m) - before, 0.0)
    used = np.where(pads_wet(outdoor, off_below_degc), pad_effectiveness_frac, 0.0)
    air_kgps = np.asarray(airflow_m3ps, float) * _AIR_DENSITY_KG_PER_M3 * psychrometrics.air_density_frac(altitude_m)
    water: FloatArray = air_kgps * used * gained * cycles / (cycles - 1)
    return water


def frost_safe(
    leaving_degc: npt.ArrayLike, outdoor_degc: npt.ArrayLike, running: npt.ArrayLike, *, glycol: bool
) -> BoolArray:
    """Return where nothing freezes: with glycol always; with water the running fluid stays warm, and idle coils see no frost."""
    on = np.asarray(running, bool)
    warm = np.asarray(leaving_degc, float) >= FROST_LEAVING_DEGC
    mild = np.asarray(outdoor_degc, float) >= DRAIN_OUTDOOR_DEGC
    safe: BoolArray = np.where(on, warm, mild) | glycol
    return safe
