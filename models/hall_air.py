"""The air side of a hall: how fast its CRAH fans must turn, and what that asks of the chilled water."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from models import airside, coil, fan, wet_coil
from models.airside import Airside, Breath, OutdoorAir, Stream
from models.heat_exchanger import AIR_KJ_PER_M3K, WATER_KJ_PER_LK, HeatExchanger
from models.nameplate import Crah, group_crahs
from models.rack_inlet import KNEE_RISE_K, RackInlets
from models.servers import ServerFans

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

# More air than the least needed lets the valve close: pump against fan. The best of these is taken.
AIRFLOW_TRIALS = (1.0, 1.15, 1.4)
_LEAST_AIR_RISE_K = 7.0  # an air rise below this is more airflow than halls have
_LEAST_RISE_K, _OUT_OF_REACH = 1e-6, 9.0
_FIXED_POINT_PASSES = 3  # server fans depend on the inlet, which depends on their heat; it settles within 0.01 K


@dataclass(frozen=True)  # without slots: a group of CRAHs is asked for often, and kept
class Hall:
    """A hall on a plant, with the CRAHs in service, its inlet model and limits.

    `it_over_air` is IT power over the part of it that the air takes: fans of liquid-cooled servers are a share of all their power.
    `coil_conductance_frac` and `coil_air_share` say how well its coils really do (`models.coil.rated_coil`).
    """

    id: str
    crahs: tuple[Crah, ...]
    inlets: RackInlets
    inlet_max_degc: float = 27.0
    inlet_min_degc: float = 18.0
    server_fans: ServerFans = field(default_factory=ServerFans)
    density_frac: float = 1.0  # air density over that at sea level
    it_over_air: float = 1.0
    coil_conductance_frac: float = 1.0
    coil_air_share: float = coil.AIR_SHARE
    airside: Airside | None = None  # None: no outdoor air
    inlets_learned: RackInlets | None = None  # where `inlets` were raised to what racks showed; None: as they are

    @cached_property
    def group(self) -> Crah:
        """Its CRAHs as one."""
        return group_crahs(self.crahs)

    @property
    def breathes_by_itself(self) -> bool:
        """Whether it breathes outdoor air as its dampers see fit."""
        return self.airside is not None and self.airside.own_control

    def coldest_degc(self, supply_degc: npt.ArrayLike, air_rise_k: npt.ArrayLike) -> FloatArray:
        """Return the temperature [degC] that no inlet is surely below: that racks were hot once makes none of them surely warm."""
        return (self.inlets_learned or self.inlets).coldest_degc(supply_degc, air_rise_k)

    @property
    def supply_range_degc(self) -> tuple[float, float]:
        """Supply air worth considering: within the CRAHs' range, and such that the inlets can stay between their limits."""
        group, inlets = self.group, self.inlets
        hottest_rise = np.max(inlets.offset_k + inlets.margin_k + inlets.recirculation_frac * _LEAST_AIR_RISE_K)
        coldest_rise = float(self.coldest_degc(0.0, KNEE_RISE_K))
        low = max(group.supply_air_min_degc, self.inlet_min_degc - coldest_rise)
        return low, max(low, min(group.supply_air_max_degc, self.inlet_max_degc - float(hottest_rise)))


@dataclass(frozen=True, slots=True, eq=False)
class AirAnswer:
    """Steady answer of a hall; m airflow trials, n rows."""

    speed_frac: FloatArray  # (m, n)
    fan_kw: FloatArray
    server_fan_kw: FloatArray
    heat_kw: FloatArray  # into the water, what condenses included
    water_lps: FloatArray
    air_rise_k: FloatArray
    coil_reaches: BoolArray  # (m, n): the coil with its valve open reaches the supply air
    too_cold_k: FloatArray  # (m, n): by which the coldest inlet may be below its limit
    too_hot: BoolArray  # (n,): no airflow keeps the inlets
    at_least: BoolArray  # (n,): the least speed of its fans set the least airflow, not its inlets
    breath: Breath


def answer(
    hall: Hall,
    it_kw: FloatArray,
    supply_degc: npt.ArrayLike,
    water_degc: npt.ArrayLike,
    water_rise_k: float,
    *,
    speed_frac: FloatArray | None = None,
    outdoor: OutdoorAir | None = None,
    dampers_open: bool = False,
) -> AirAnswer:
    """Return the least airflow that keeps the inlets, and trials with more.

    Parameters
    ----------
    hall
        The hall.
    it_kw
        IT power into the air at the reference inlet [kW], (n,).
    supply_degc, water_degc
        Supply air and entering chilled water [degC], (n,) or one for all rows.
    water_rise_k
        Rise of the chilled water at the coils' rating [K]; it fixes their rated water flow.
    speed_frac
        Fan speeds that are held instead of those trials [-], (m, n).
    outdoor, dampers_open
        Outdoor air, (n,), and whether dampers may let it in.
    """
    group = hall.group
    exchanger, rated_lps = coils_of(hall, water_rise_k)
    supply, water = np.asarray(supply_degc, float), np.asarray(water_degc, float)
    for_inlets = _airflow_for_inlets(hall, it_kw, supply)
    least = np.clip(for_inlets, group.min_fan_speed_frac, 1.0)
    speed = np.minimum(np.multiply.outer(AIRFLOW_TRIALS, least), 1.0) if speed_frac is None else speed_frac
    extra_kw = _server_fans(hall, it_kw, supply, speed)
    fan_kw = fan.power_kw(speed, group.rated_fan_kw)
    moved_kw_per_k = air_kw_per_k(hall, speed)
    rise_k = (it_kw + extra_kw) / moved_kw_per_k
    stream = Stream(
        speed_frac=speed,
        kw_per_k=moved_kw_per_k,
        return_degc=supply + rise_k,
        wanted_degc=supply - fan_kw / moved_kw_per_k,
        inlet_degc=hall.inlets.mean_degc(supply, rise_k),
    )
    breath = Breath.none(speed.shape)
    if hall.airside is not None and outdoor is not None:
        breath = airside.breathe(hall.airside, outdoor, stream, dampers_open=dampers_open)
    trimmed_k = airside.TRIMMED_FRAC * np.maximum(supply - water, 0.0)
    least_kw = np.where(breath.open, trimmed_k * moved_kw_per_k, 0.0)
    sensible_kw = np.maximum(it_kw + extra_kw + fan_kw - breath.taken_kw, least_kw)
    heat_kw = sensible_kw + _condensing_kw(hall, exchanger, breath, stream, sensible_kw)
    needed = np.where(heat_kw > 0, coil.needed_effectiveness(heat_kw / moved_kw_per_k, supply, water), 0.0)
    valve = exchanger.cold_flow_for(speed, needed)
    return AirAnswer(
        speed_frac=speed,
        fan_kw=fan_kw,
        server_fan_kw=extra_kw,
        heat_kw=heat_kw,
        water_lps=valve * rated_lps,
        air_rise_k=rise_k,
        coil_reaches=needed <= exchanger.effectiveness_at(speed, 1.0),
        too_cold_k=np.maximum(hall.inlet_min_degc - hall.coldest_degc(supply, rise_k), 0.0),
        too_hot=for_inlets > 1.0,
        at_least=for_inlets <= group.min_fan_speed_frac,
        breath=breath,
    )


def coils_of(hall: Hall, water_rise_k: float) -> tuple[HeatExchanger, float]:
    """Return the coils of a hall as one, and the chilled water that they take at rating [L/s], which warms by that much [K]."""
    group = hall.group
    rated_kw_per_k = group.rated_cooling_kw / water_rise_k
    exchanger = coil.rated_coil(
        group.coil_effectiveness,
        group.rated_airflow_m3ps,
        rated_kw_per_k,
        hall.density_frac,
        conductance_frac=hall.coil_conductance_frac,
        air_share=hall.coil_air_share,
    )
    return exchanger, rated_kw_per_k / WATER_KJ_PER_LK


def _condensing_kw(
    hall: Hall, exchanger: HeatExchanger, breath: Breath, stream: Stream, sensible_kw: FloatArray
) -> FloatArray:
    """Return the latent heat that the coil takes from humid outdoor air; while dampers are shut it stays dry."""
    if hall.airside is None or not breath.open.any():
        return np.zeros_like(sensible_kw)
    latent = wet_coil.latent_kw(
        exchanger,
        stream.wanted_degc + sensible_kw / stream.kw_per_k,
        breath.humidity_ratio,
        sensible_kw,
        stream.dry_air_kgps,
        air_frac=stream.speed_frac,
        altitude_m=hall.airside.altitude_m,
    )
    return np.where(breath.open, latent, 0.0)


def air_kw_per_k(hall: Hall, speed: npt.ArrayLike) -> FloatArray:
    """Return the heat-capacity rate of a hall's air [kW/K] at a fan speed [-]."""
    return np.asarray(speed, float) * hall.group.rated_airflow_m3ps * AIR_KJ_PER_M3K * hall.density_frac


def _server_fans(hall: Hall, it_kw: FloatArray, supply_degc: FloatArray, speed: FloatArray) -> FloatArray:
    """Return server power beyond the reference [kW] at a fan speed, solved with its own heat."""
    extra, kw_per_k = np.zeros(np.broadcast_shapes(it_kw.shape, speed.shape)), air_kw_per_k(hall, speed)
    for _ in range(_FIXED_POINT_PASSES):
        rise = (it_kw + extra) / kw_per_k
        extra = it_kw * hall.it_over_air * hall.server_fans.extra_frac(hall.inlets.mean_degc(supply_degc, rise))
    return extra


def _airflow_for_inlets(hall: Hall, it_kw: FloatArray, supply_degc: FloatArray) -> FloatArray:
    """Return the airflow ratio at which the nearest rack, with margin, meets its limit; 9 where none does.

    More where less air would take the hall beyond what is known of its inlets, as far as the fans can.
    """
    levels, of_level = np.unique(supply_degc, return_inverse=True)
    greatest_k = np.array([hall.inlets.greatest_rise_k(float(level), hall.inlet_max_degc) for level in levels])
    allowed_k = np.maximum(greatest_k, _LEAST_RISE_K)
    inlet = hall.inlets.mean_degc(levels, allowed_k)
    most_kw_per_k = air_kw_per_k(hall, 1.0)
    drawn_frac = 1 + hall.it_over_air * hall.server_fans.extra_frac(inlet)
    for_rise, heat = (drawn_frac / (allowed_k * most_kw_per_k))[of_level] * it_kw, drawn_frac[of_level] * it_kw
    known = np.minimum(heat / (hall.inlets.known_rise_k * most_kw_per_k), 1.0)
    return np.where((greatest_k > 0)[of_level], np.maximum(for_rise, known), _OUT_OF_REACH)
