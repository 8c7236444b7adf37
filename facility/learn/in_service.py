"""Whether a plant has what it takes: at least one unit of each kind in service."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from facility.errors import InfeasibleError
from facility.records import LimitShortfall
from facility.site import Named, Plant, Site


def require_units(site: Site, at: datetime) -> None:
    """Refuse to go on where all units of a kind are locked out or on standby.

    Raises
    ------
    InfeasibleError
        Naming each kind, as a limit short by one unit.
    """
    short = [
        LimitShortfall(f"{name} in service", 1.0, "unit", at)
        for plant in site.plants
        for name, units in _groups(site, plant)
        if units and not any(site.in_service(unit.id, at) for unit in units)
    ]
    if short:
        raise InfeasibleError(short)


def _groups(site: Site, plant: Plant) -> Iterator[tuple[str, Sequence[Named]]]:
    """Yield the groups of units of which a plant needs one each, where it has any: dry coolers replace towers, and air both.

    Chillers can be done without only by free cooling.
    """
    economizer = () if plant.economizer is None else (plant.economizer,)
    yield f"{plant.id}: chiller or economizer", (*plant.chillers, *economizer)
    yield f"{plant.id}: tower", plant.towers
    yield f"{plant.id}: dry cooler", plant.dry_coolers
    for duty in ("chilled_water", "condenser_water"):
        yield f"{plant.id}: {duty.replace('_', '-')} pump", [pump for pump in plant.pumps if pump.duty == duty]
    for hall in site.halls:
        crahs = [crah for crah in site.crahs if (crah.hall, crah.plant) == (hall.id, plant.id)]
        if crahs:
            yield f"{hall.id}: CRAH on {plant.id}", crahs
    for loop in site.liquid_loops:
        if loop.plant == plant.id:
            yield f"{loop.id}: CDU", loop.cdus
