"""/topology: what stands where and hangs on what, so that a page can draw any site."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from facility.access import Permission
from facility.api.entry import needs
from facility.api.routes.view import View
from facility.points import QUANTITIES
from facility.site import Hall, LiquidLoop, Plant, Site
from facility.site_file import LoadedSite

router = APIRouter(tags=["site"])


class Unit(BaseModel):
    """A piece of equipment."""

    id: str
    name: str
    kind: str  # in Brick's words


class RackPlace(BaseModel):
    """A rack and where it stands."""

    id: str
    name: str
    row: int
    position: int
    rated_kw: float
    loop: str | None


class HallPlan(BaseModel):
    """A hall: limits are of the air at its rack inlets."""

    id: str
    name: str
    racks: list[RackPlace]
    units: list[Unit]
    inlet_min_degc: float
    inlet_max_degc: float
    allowable_class: str
    allowable_min_degc: float
    allowable_max_degc: float
    dew_point_min_degc: float
    dew_point_max_degc: float
    relative_humidity_max_frac: float


class LoopPlan(BaseModel):
    """A liquid loop of a hall, on a plant."""

    id: str
    name: str
    hall: str
    plant: str
    units: list[Unit]
    supply_min_degc: float
    supply_max_degc: float


class PlantPlan(BaseModel):
    """A plant and the halls that it cools."""

    id: str
    name: str
    halls: list[str]
    chillers: list[Unit]
    rejection: list[Unit]  # towers or dry coolers
    condenser_water_pumps: list[Unit]
    chilled_water_pumps: list[Unit]
    economizer: Unit | None
    tank: Unit | None
    leaving_water_min_degc: float
    leaving_water_max_degc: float


class ElectricalPlan(BaseModel):
    """The way of power from the grid to the racks, and what stands beside it."""

    main_meter: str
    transformer: Unit
    ups: Unit
    distribution: list[Unit]
    beside: list[Unit]  # batteries and photovoltaics
    import_limit_kw: float | None


class QuantityAnswer(BaseModel):
    """What is measured or set: the end of a point's id."""

    unit: str
    brick: str


class TopologyAnswer(BaseModel):
    """A site as a page draws it; a point's id is its equipment's, perhaps a feed, and a quantity, with dots between."""

    id: str
    name: str
    revision: str
    time_zone: str
    currency: str
    weather_station: str
    halls: list[HallPlan]
    loops: list[LoopPlan]
    plants: list[PlantPlan]
    electrical: ElectricalPlan
    work: list[Unit]  # pools of servers, and work that may wait
    heat: list[Unit]  # heat pumps and contracts
    quantities: dict[str, QuantityAnswer]


@router.get("/topology", dependencies=[needs(Permission.READ)])
def read_topology(view: View) -> TopologyAnswer:
    """Return what stands where."""
    return topology(view.loaded)


def topology(loaded: LoadedSite) -> TopologyAnswer:
    """Return a site as a page draws it."""
    site, electrical = loaded.site, loaded.site.electrical
    measured = sorted({point.quantity for point in loaded.points})
    return TopologyAnswer(
        id=site.id,
        name=site.name,
        revision=loaded.revision,
        time_zone=site.time_zone,
        currency=site.currency,
        weather_station=site.weather.station,
        halls=[_hall(site, hall) for hall in site.halls],
        loops=[_loop(loop) for loop in site.liquid_loops],
        plants=[_plant(site, plant) for plant in site.plants],
        electrical=ElectricalPlan(
            main_meter=electrical.main_meter,
            transformer=_unit(electrical.transformer, "Transformer"),
            ups=_unit(electrical.ups, "UPS"),
            distribution=[_unit(pdu, "PDU") for pdu in electrical.pdus],
            beside=[_unit(one, "Battery") for one in site.batteries]
            + [_unit(one, "PV_Array") for one in site.photovoltaics],
            import_limit_kw=electrical.import_limit_kw,
        ),
        work=[_unit(pool, "Server_Pool") for pool in site.server_pools]
        + [_unit(work, "Deferrable_Work") for work in site.deferrable_work],
        heat=[_unit(pump, "Heat_Pump") for pump in site.heat_pumps]
        + [_unit(contract, "Heat_Contract") for contract in site.heat_contracts],
        quantities={key: QuantityAnswer(unit=QUANTITIES[key].unit, brick=QUANTITIES[key].brick) for key in measured},
    )


def _unit(one: object, kind: str) -> Unit:
    identifier = str(getattr(one, "id"))  # noqa: B009 all equipment has one
    return Unit(id=identifier, name=getattr(one, "name", None) or identifier, kind=kind)


def _hall(site: Site, hall: Hall) -> HallPlan:
    limits = hall.limits
    units = [_unit(crah, "CRAH") for crah in site.crahs if crah.hall == hall.id]
    units += [
        _unit(one, kind) for one, kind in ((hall.economizer, "Economizer"), (hall.humidifier, "Humidifier")) if one
    ]
    return HallPlan(
        id=hall.id,
        name=hall.name or hall.id,
        racks=[
            RackPlace(
                id=rack.id,
                name=rack.name or rack.id,
                row=rack.row,
                position=rack.position,
                rated_kw=rack.rated_kw,
                loop=rack.liquid_loop,
            )
            for rack in hall.racks
        ],
        units=units,
        inlet_min_degc=limits.inlet_min_degc,
        inlet_max_degc=limits.inlet_max_degc,
        allowable_class=limits.allowable_class,
        allowable_min_degc=limits.allowable.inlet_min_degc,
        allowable_max_degc=limits.allowable.inlet_max_degc,
        dew_point_min_degc=limits.dew_point_min_degc,
        dew_point_max_degc=limits.dew_point_max_degc,
        relative_humidity_max_frac=limits.relative_humidity_max_frac,
    )


def _pumps(plant: Plant, duty: str) -> list[Unit]:
    return [_unit(one, "Water_Pump") for one in plant.pumps if one.duty == duty]


def _loop(loop: LiquidLoop) -> LoopPlan:
    return LoopPlan(
        id=loop.id,
        name=loop.name or loop.id,
        hall=loop.hall,
        plant=loop.plant,
        units=[_unit(cdu, "CDU") for cdu in loop.cdus],
        supply_min_degc=loop.supply_min_degc,
        supply_max_degc=loop.supply_max_degc,
    )


def _plant(site: Site, plant: Plant) -> PlantPlan:
    return PlantPlan(
        id=plant.id,
        name=plant.name or plant.id,
        halls=list(dict.fromkeys(crah.hall for crah in site.crahs if crah.plant == plant.id)),
        chillers=[_unit(one, "Chiller") for one in plant.chillers],
        rejection=[_unit(one, "Cooling_Tower") for one in plant.towers]
        + [_unit(one, "Dry_Cooler") for one in plant.dry_coolers],
        condenser_water_pumps=_pumps(plant, "condenser_water"),
        chilled_water_pumps=_pumps(plant, "chilled_water"),
        economizer=_unit(plant.economizer, "Heat_Exchanger") if plant.economizer else None,
        tank=_unit(plant.tank, "Thermal_Storage") if plant.tank else None,
        leaving_water_min_degc=plant.leaving_water_min_degc,
        leaving_water_max_degc=plant.leaving_water_max_degc,
    )
