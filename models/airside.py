"""A hall that breathes: dampers let outdoor air into what its CRAHs draw, relief fans push as much out, a humidifier wets it.

The dampers' own control mixes to the air that needs no coil, as far as outdoor air reaches; what is left stays with the coil.
Outside their envelope they count as shut, and a little inside it, too: not where they have let air in since it was further inside.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models import economizer, fan, humidifier, psychrometrics
from models.heat_exchanger import AIR_KJ_PER_M3K
from models.nameplate import AirsideEconomizer, Humidifier

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

AIR_KJ_PER_KGK = 1.006
WORTH_K = 2.0  # outdoor air must be so much colder than the return
DRY_BULB_BAND_K = 1.0  # inside the envelope: air that was locked out waits for as much to come in again
DEW_POINT_BAND_K = 0.5
# Shut valves leak, and dampers mix unevenly: coils of open halls bring the air so far of the way to their water, our judgement.
TRIMMED_FRAC = 0.08
_LEAST_KW_PER_K = 1e-6


@dataclass(frozen=True, slots=True)
class Airside:
    """What a hall breathes with, and the humidity that it must keep.

    Attributes
    ----------
    economizer, humidifier
        In service.
    dew_point_min_degc, dew_point_max_degc, relative_humidity_max_frac
        Envelope at the rack inlets.
    altitude_m
        Height above sea level [m].
    own_control
        Nobody commands the dampers: they open whenever their envelope lets them, whatever dew point comes in.
    """

    economizer: AirsideEconomizer
    humidifier: Humidifier | None = None
    dew_point_min_degc: float = -9.0
    dew_point_max_degc: float = 15.0
    relative_humidity_max_frac: float = 0.7
    altitude_m: float = 0.0
    own_control: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class OutdoorAir:
    """Outdoor air, (n,) each; `comes_in` marks air that dampers already let in, up to the edge of their envelope."""

    degc: FloatArray
    humidity_ratio: FloatArray
    dew_point_degc: FloatArray
    comes_in: BoolArray

    @classmethod
    def of(
        cls,
        outdoor_degc: FloatArray,
        wet_bulb_degc: FloatArray,
        altitude_m: float,
        comes_in: BoolArray | None = None,
    ) -> OutdoorAir:
        """Take it from dry and wet bulb [degC]."""
        humidity = psychrometrics.relative_humidity_from_wet_bulb_frac(outdoor_degc, wet_bulb_degc, altitude_m)
        ratio = psychrometrics.humidity_ratio(outdoor_degc, humidity, altitude_m)
        seen = np.zeros(np.shape(outdoor_degc), bool) if comes_in is None else comes_in
        return cls(outdoor_degc, ratio, psychrometrics.dew_point_degc(outdoor_degc, humidity), seen)


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """The air that CRAHs move, (m, n) each: fan speed, heat-capacity rate, return air, what needs no coil, rack inlets."""

    speed_frac: FloatArray
    kw_per_k: FloatArray
    return_degc: FloatArray
    wanted_degc: FloatArray
    inlet_degc: FloatArray

    @property
    def dry_air_kgps(self) -> FloatArray:
        """Mass flow."""
        return self.kw_per_k / AIR_KJ_PER_KGK


@dataclass(frozen=True, slots=True, eq=False)
class Breath:
    """What breathing does, (m, n) each.

    `taken_kw` is the heat that outdoor air and humidifier take, `power_kw` what relief fans and humidifier draw, `humidity_ratio`
    that of the hall, `too_dry` and `too_humid` where open dampers break its envelope, as far as a plan can do
    something about it: of dampers on their own control relative humidity alone, which warmer inlets lower.
    """

    open: BoolArray
    outdoor_frac: FloatArray  # of the air moved
    taken_kw: FloatArray
    power_kw: FloatArray
    humidity_ratio: FloatArray
    dew_point_degc: FloatArray
    water_lps: FloatArray
    too_dry: BoolArray
    too_humid: BoolArray

    @classmethod
    def none(cls, shape: tuple[int, ...]) -> Breath:
        """Return that of a hall without dampers, whose humidity nobody follows."""
        nothing, never, unknown = np.zeros(shape), np.zeros(shape, bool), np.full(shape, np.nan)
        return cls(never, nothing, nothing, nothing, unknown, unknown, nothing, never, never)

    def at(self, index: tuple[npt.NDArray[np.intp], ...]) -> Breath:
        """Return the breath of some of its entries."""
        return Breath(*(getattr(self, name)[index] for name in self.__match_args__))


def breathe(airside: Airside, outdoor: OutdoorAir, stream: Stream, *, dampers_open: bool) -> Breath:
    """Return the steady answer of dampers, relief fans and humidifier.

    Shut dampers leak `min_outdoor_frac`; the hall's humidity is then no concern of theirs: a make-up unit keeps it.
    """
    unit, altitude_m = airside.economizer, airside.altitude_m
    is_open = (dampers_open or airside.own_control) & _inside(unit, outdoor, stream)
    dry = outdoor.humidity_ratio
    cooled_degc = outdoor.degc - _evaporation_k(airside, dry)
    rated_kw_per_k = unit.rated_airflow_m3ps * AIR_KJ_PER_M3K * psychrometrics.air_density_frac(altitude_m)
    wanted = economizer.outdoor_share_frac(
        stream.wanted_degc, cooled_degc, stream.return_degc, unit.min_outdoor_frac, unit.mixed_air_min_degc
    )
    share = np.where(is_open, np.minimum(wanted, rated_kw_per_k / stream.kw_per_k), unit.min_outdoor_frac)
    moved_kw_per_k = share * stream.kw_per_k
    vapour_kgps = _vapour_kgps(airside, moved_kw_per_k / AIR_KJ_PER_KGK, dry)
    ratio = dry + vapour_kgps * AIR_KJ_PER_KGK / np.maximum(moved_kw_per_k, _LEAST_KW_PER_K)
    dew = psychrometrics.dew_point_of_ratio_degc(ratio, altitude_m)
    humidity = psychrometrics.relative_humidity_frac(stream.inlet_degc, dew + DEW_POINT_BAND_K)
    kwh_per_kg = airside.humidifier.kwh_per_kg if airside.humidifier else 0.0
    told = is_open & (not airside.own_control)
    least, most = airside.dew_point_min_degc, airside.dew_point_max_degc
    return Breath(
        open=is_open,
        outdoor_frac=share,
        taken_kw=moved_kw_per_k * (stream.return_degc - cooled_degc),
        power_kw=fan.power_kw(moved_kw_per_k / rated_kw_per_k, unit.rated_relief_fan_kw)
        + humidifier.power_kw(vapour_kgps, kwh_per_kg),
        humidity_ratio=ratio,
        dew_point_degc=np.where(is_open, dew, np.clip(dew, least, most)),
        water_lps=humidifier.water_lps(vapour_kgps, kwh_per_kg),
        too_dry=told & (dew < least),
        too_humid=(told & (dew > most)) | (is_open & (humidity > airside.relative_humidity_max_frac)),
    )


def _inside(unit: AirsideEconomizer, outdoor: OutdoorAir, stream: Stream) -> BoolArray:
    """Return where outdoor air may come in and helps; where it is seen to come in, the envelope counts to its edge."""
    inside = np.where(outdoor.comes_in, 0.0, 1.0)
    return economizer.airside_allowed(
        outdoor.degc,
        outdoor.dew_point_degc,
        return_air_degc=np.minimum(unit.outdoor_max_degc, stream.return_degc - WORTH_K) - inside * DRY_BULB_BAND_K,
        dew_point_min_degc=unit.outdoor_dew_point_min_degc + inside * DEW_POINT_BAND_K,
        dew_point_max_degc=unit.outdoor_dew_point_max_degc - inside * DEW_POINT_BAND_K,
    )


def _vapour_kgps(airside: Airside, outdoor_kgps: FloatArray, ratio: FloatArray) -> FloatArray:
    """Return what the humidifier gives: what the outdoor air lacks, as far as its rating goes."""
    one = airside.humidifier
    if one is None:
        return np.zeros_like(outdoor_kgps)
    wanted = psychrometrics.saturated_humidity_ratio(one.dew_point_min_degc, airside.altitude_m)
    return np.minimum(humidifier.moisture_kgps(outdoor_kgps, ratio, wanted), one.rated_kg_per_h / 3600)


def _evaporation_k(airside: Airside, ratio: FloatArray) -> FloatArray:
    """Return by how much wetting cools outdoor air: fully where the air itself evaporates the water, hardly with steam."""
    one = airside.humidifier
    if one is None:
        return np.zeros_like(ratio)
    a_kilogram = np.ones_like(ratio)
    return _vapour_kgps(airside, a_kilogram, ratio) * humidifier.cooling_kj_per_kg(one.kwh_per_kg) / AIR_KJ_PER_KGK
