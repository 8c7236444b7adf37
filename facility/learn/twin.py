"""The site's plants as models: nameplates from the site file, what is in service, and what training learned."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import numpy as np
from pydantic import BaseModel

from facility.learn.in_service import require_units
from facility.plan.hall import supply_air_step_k
from facility.plan.liquid_loop import leaving_water_step_k
from facility.points import PointIndex
from facility.site import AirLimits, Cdu, Crah, Hall, LiquidLoop, Named, Plant, Site
from facility.site_file import LoadedSite
from models import nameplate
from models.airside import Airside
from models.coil_fit import CoilFit
from models.hall_air import Hall as HallModel
from models.plant_model import CoolingPlant, Correction
from models.psychrometrics import air_density_frac, dry_bulb_degc
from models.rack_inlet import RackInlets
from models.servers import ServerFans

_Nameplate = TypeVar("_Nameplate")
_Part = TypeVar("_Part", bound=Named)

NAMEPLATE = "nameplate"  # the version before the first training
LEAVING_WATER = "leaving_chilled_water_temperature_setpoint_degc"
SUPPLY_AIR = "supply_air_temperature_setpoint_degc"
FAN_SPEED = "fan_speed_setpoint_frac"
SECONDARY_FLOW = "secondary_flow_setpoint_lps"
SECONDARY_SUPPLY = "secondary_supply_temperature_setpoint_degc"
_LEAST_AIR_FRAC = 0.02  # of racks' power: something always stays in the air
_LEAST_SPAN_K = 4.0  # between coldest and warmest inlet, whatever the humidity
_LEAST_PRICE_PER_KWH = 0.01  # where energy is free, water is dear but not without bound


@dataclass(frozen=True, slots=True)
class Learned:
    """What training found; nothing before the first.

    Rack inlets and server fans are by hall, coils by plant, corrections by plant and component, and what liquid takes of its power
    by rack.
    """

    inlets: Mapping[str, RackInlets] = field(default_factory=dict)
    server_fans: Mapping[str, ServerFans] = field(default_factory=dict)
    corrections: Mapping[str, Mapping[str, Correction]] = field(default_factory=dict)
    coils: Mapping[str, CoilFit] = field(default_factory=dict)
    liquid_frac: Mapping[str, float] = field(default_factory=dict)
    other_kw: float = 0.0  # what the meter sees and no part explains
    version: str = NAMEPLATE


def plant_models(
    loaded: LoadedSite,
    learned: Learned,
    at: datetime | None,
    dew_points_degc: Mapping[str, float],
    mean_dew_points_degc: Mapping[str, float] | None = None,
) -> list[CoolingPlant]:
    """Return a model of each plant with the units in service at a time.

    Parameters
    ----------
    loaded
        The site.
    learned
        What training found.
    at
        When availability is asked for; None: all units installed, as history knew them.
    dew_points_degc
        Highest dew point measured in each hall, above which technology loops stay; a hall without one counts with its limit, the
        warmer and safer assumption.
    mean_dew_points_degc
        Mean dew point of each hall, which bounds how cold its inlets may be; None: the highest.

    Raises
    ------
    facility.errors.InfeasibleError
        If all units of a kind that a plant cannot do without are out of service.
    """
    if at is not None:
        require_units(loaded.site, at)
    at_racks = dew_points_degc if mean_dew_points_degc is None else mean_dew_points_degc
    return [_plant(loaded, plant, learned, at, (dew_points_degc, at_racks)) for plant in loaded.site.plants]


def driest_inlet_degc(limits: AirLimits, dew_point_degc: float) -> float:
    """Return the coldest inlet: by its limit, or where the hall's air of a dew point would be too humid."""
    damp_degc = min(dew_point_degc, limits.dew_point_max_degc)
    dry_enough = float(dry_bulb_degc(damp_degc, limits.relative_humidity_max_frac))
    return float(np.clip(dry_enough, limits.inlet_min_degc, limits.inlet_max_degc - _LEAST_SPAN_K))


def _least_inlet_degc(hall: Hall, dew_points_degc: Mapping[str, float]) -> float:
    """Return the coldest inlet of a hall as damp as measured: in damp weather that is so behind shut dampers, too.

    Half a kelvin at a time, so that plans stay.
    """
    limits = hall.limits
    if hall.id not in dew_points_degc:
        return limits.inlet_min_degc
    rounded = math.ceil(2.0 * driest_inlet_degc(limits, dew_points_degc[hall.id])) / 2.0
    return min(rounded, limits.inlet_max_degc - _LEAST_SPAN_K)


def _plant(
    loaded: LoadedSite,
    plant: Plant,
    learned: Learned,
    at: datetime | None,
    dew_points_degc: tuple[Mapping[str, float], Mapping[str, float]],  # highest, for loops; mean, for racks
) -> CoolingPlant:
    site, (highest, at_racks) = loaded.site, dew_points_degc
    low, high = _allowed(
        loaded.points, plant.id, LEAVING_WATER, plant.leaving_water_min_degc, plant.leaving_water_max_degc
    )
    economizer, step_h = plant.economizer, site.planning.step_min / 60.0
    halls, loops = halls_of(site, plant.id), [loop for loop in site.liquid_loops if loop.plant == plant.id]
    return CoolingPlant(
        plant_id=plant.id,
        hall_parts=tuple(_hall(loaded, hall, plant.id, learned, at, dew_points_degc=at_racks) for hall in halls),
        loop_parts=tuple(_loop(loaded, loop, at, highest) for loop in loops),
        chillers=_in_service(site, plant.chillers, nameplate.Chiller, at),
        towers=_in_service(site, plant.towers, nameplate.Tower, at),
        dry_coolers=_in_service(site, plant.dry_coolers, nameplate.DryCooler, at),
        pumps=_in_service(site, plant.pumps, nameplate.Pump, at),
        economizer=_as(nameplate.WatersideEconomizer, economizer)
        if economizer and _counts(site, economizer, at)
        else None,
        leaving_water_min_degc=low,
        leaving_water_max_degc=high,
        leaving_water_max_step_k=leaving_water_step_k(plant, loops, step_h),
        supply_air_max_step_k=tuple(supply_air_step_k(hall, step_h) for hall in halls),
        chillers_installed=len(plant.chillers),
        cycles=site.water.cycles_of_concentration,
        water_kwh_per_m3=site.water.price_per_m3 / max(site.tariff.energy_price_per_kwh, _LEAST_PRICE_PER_KWH),
        corrections=learned.corrections.get(plant.id, {}),
    )


def halls_of(site: Site, plant_id: str) -> list[Hall]:
    """Return the halls that have CRAHs on a plant."""
    cooled = {crah.hall for crah in site.crahs if crah.plant == plant_id}
    return [hall for hall in site.halls if hall.id in cooled]


def _hall(
    loaded: LoadedSite,
    hall: Hall,
    plant_id: str,
    learned: Learned,
    at: datetime | None,
    *,
    dew_points_degc: Mapping[str, float],
) -> HallModel:
    site = loaded.site
    ours = [crah for crah in site.crahs if crah.hall == hall.id and crah.plant == plant_id]
    in_service = [crah for crah in ours if _counts(site, crah, at)]
    model = HallModel(
        id=hall.id,
        crahs=tuple(_crah(loaded.points, crah) for crah in in_service),
        inlets=learned.inlets.get(hall.id, RackInlets.prior([rack.id for rack in hall.racks])),
        inlet_max_degc=hall.limits.inlet_max_degc,
        inlet_min_degc=_least_inlet_degc(hall, dew_points_degc),
        server_fans=learned.server_fans.get(hall.id, described_server_fans(site, hall)),
        density_frac=air_density_frac(site.altitude_m),
        it_over_air=_it_over_air(hall),
        airside=_airside(loaded, hall, plant_id, at),
    )
    return learned.coils[plant_id].apply_to(model) if plant_id in learned.coils else model


def _airside(loaded: LoadedSite, hall: Hall, plant_id: str, at: datetime | None) -> Airside | None:
    """Return what a hall breathes with; None where its dampers are not in service, or two plants would have to agree on them.

    Dampers that have no point for a command follow their own control.
    """
    site = loaded.site
    shared = any(crah.hall == hall.id and crah.plant != plant_id for crah in site.crahs)
    if hall.economizer is None or shared or not _counts(site, hall.economizer, at):
        return None
    wets = hall.humidifier is not None and _counts(site, hall.humidifier, at)
    return Airside(
        economizer=_as(nameplate.AirsideEconomizer, hall.economizer),
        humidifier=_as(nameplate.Humidifier, hall.humidifier) if hall.humidifier and wets else None,
        dew_point_min_degc=hall.limits.dew_point_min_degc,
        dew_point_max_degc=hall.limits.dew_point_max_degc,
        relative_humidity_max_frac=hall.limits.relative_humidity_max_frac,
        altitude_m=site.altitude_m,
        own_control=loaded.points.one(hall.economizer.id, "economizer_mode_command") is None,
    )


def _it_over_air(hall: Hall) -> float:
    """Return the rated power of a hall's racks over what of it the air takes."""
    rated_kw = sum(rack.rated_kw for rack in hall.racks)
    air_kw = sum(rack.rated_kw * (1 - rack.liquid_frac) for rack in hall.racks)
    return rated_kw / max(air_kw, _LEAST_AIR_FRAC * rated_kw)


def _crah(points: PointIndex, crah: Crah) -> nameplate.Crah:
    low, high = _allowed(points, crah.id, SUPPLY_AIR, crah.supply_air_min_degc, crah.supply_air_max_degc)
    slowest, _ = _allowed(points, crah.id, FAN_SPEED, crah.min_fan_speed_frac, 1.0)
    plate = _as(nameplate.Crah, crah)
    return dataclasses.replace(plate, supply_air_min_degc=low, supply_air_max_degc=high, min_fan_speed_frac=slowest)


def described_server_fans(site: Site, hall: Hall) -> ServerFans:
    """Return a hall's servers by the site file, as one kind, the pools weighed by their peak power."""
    pools = [pool for pool in site.server_pools if pool.hall == hall.id]
    if not pools:
        return ServerFans()
    weight = [pool.servers * pool.peak_w for pool in pools]
    shares = [pool.fan_power_share_frac * kw for pool, kw in zip(pools, weight, strict=True)]
    return ServerFans(fan_power_share_frac=sum(shares) / sum(weight))


def _loop(
    loaded: LoadedSite, loop: LiquidLoop, at: datetime | None, dew_points_degc: Mapping[str, float]
) -> nameplate.LiquidLoop:
    site = loaded.site
    hall = next(hall for hall in site.halls if hall.id == loop.hall)
    low, high = loop.supply_min_degc, loop.supply_max_degc
    for unit in loop.cdus:
        low, high = _allowed(loaded.points, unit.id, SECONDARY_SUPPLY, low, high)
    return nameplate.LiquidLoop(
        id=loop.id,
        cdus=tuple(_cdu(loaded.points, unit) for unit in loop.cdus if _counts(site, unit, at)),
        supply_min_degc=low,
        supply_max_degc=loop.supply_max_degc,
        setpoint_max_degc=high,
        dew_point_margin_k=loop.dew_point_margin_k,
        dew_point_degc=_highest_dew_point_degc(hall, dew_points_degc),
    )


def _highest_dew_point_degc(hall: Hall, measured_degc: Mapping[str, float]) -> float:
    """Return what the hall's dew point may reach: as measured, or what open dampers may let in."""
    limit = hall.limits.dew_point_max_degc
    let_in = -math.inf if hall.economizer is None else min(hall.economizer.outdoor_dew_point_max_degc, limit)
    return max(measured_degc.get(hall.id, limit), let_in)


def _cdu(points: PointIndex, unit: Cdu) -> nameplate.Cdu:
    least_lps, _ = _allowed(
        points, unit.id, SECONDARY_FLOW, unit.min_flow_frac * unit.rated_flow_lps, unit.rated_flow_lps
    )
    return dataclasses.replace(_as(nameplate.Cdu, unit), min_flow_frac=least_lps / unit.rated_flow_lps)


def _allowed(points: PointIndex, equipment: str, quantity: str, low: float, high: float) -> tuple[float, float]:
    """Return a setpoint's range: the equipment's own, narrowed to what the engineer lets be written."""
    allowed = [point.writable for point in points.of(equipment, quantity) if point.writable is not None]
    return max([low, *(entry.low for entry in allowed)]), min([high, *(entry.high for entry in allowed)])


def _in_service(
    site: Site, parts: Iterable[_Part], kind: type[_Nameplate], at: datetime | None
) -> tuple[_Nameplate, ...]:
    return tuple(_as(kind, part) for part in parts if _counts(site, part, at))


def _counts(site: Site, part: Named, at: datetime | None) -> bool:
    return at is None or site.in_service(part.id, at)


def _as(kind: type[_Nameplate], part: BaseModel) -> _Nameplate:
    names: Sequence[dataclasses.Field[Any]] = dataclasses.fields(kind)  # type: ignore[arg-type]
    return kind(**{entry.name: getattr(part, entry.name) for entry in names})
