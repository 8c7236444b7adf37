"""A cooling plant that is not quite the one there is: a unit lost, or a limit a little looser."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from models.hall_air import Hall
from models.nameplate import Cdu, Chiller, Crah, DryCooler, Pump, Tower
from models.plant_model import CoolingPlant

_LOOSER_K, _LOOSER_FRAC = 1.0, 0.1
_Unit = TypeVar("_Unit", Cdu, Chiller, Crah, DryCooler, Pump, Tower)


@dataclass(frozen=True, slots=True)
class Loosened:
    """A plant with one limit looser by `per`, in `unit`."""

    plant: CoolingPlant
    per: float
    unit: str


def groups(plant: CoolingPlant) -> Mapping[str, Mapping[str, float]]:
    """Return the units that can stand in for each other and what each can take or move, by group: `hall-1 crahs`."""
    of: dict[str, Mapping[str, float]] = {
        f"{hall.id} crahs": {crah.id: crah.rated_cooling_kw for crah in hall.crahs} for hall in plant.hall_parts
    }
    of |= {f"{loop.id} cdus": {cdu.id: cdu.rated_heat_kw for cdu in loop.cdus} for loop in plant.loop_parts}
    of[f"{plant.plant_id} chillers"] = {one.id: one.rated_cooling_kw for one in plant.chillers}
    of[f"{plant.plant_id} towers"] = {one.id: one.rated_rejection_kw for one in plant.towers}
    of[f"{plant.plant_id} dry_coolers"] = {one.id: one.rated_rejection_kw for one in plant.dry_coolers}
    for duty in ("chilled_water", "condenser_water"):
        moved = {one.id: one.rated_flow_lps for one in plant.pumps if one.duty == duty}
        of[f"{plant.plant_id} {duty}_pumps"] = moved
    return of


def worst_units(plant: CoolingPlant, spare: Mapping[str, int] | None = None) -> Mapping[str, tuple[str, ...]]:
    """Return, by group, the units whose loss takes the most: as many as must be spare, one where `spare` is not given."""
    worst = {}
    for group, units in groups(plant).items():
        count = 1 if spare is None else spare.get(group, 0)
        if 0 < count < len(units):
            worst[group] = tuple(sorted(units, key=lambda unit: -units[unit])[:count])
    return worst


def without(plant: CoolingPlant, *units: str) -> CoolingPlant:
    """Return the plant without some units; the others are as they were, and water flows as they were sized."""

    def left(of: tuple[_Unit, ...]) -> tuple[_Unit, ...]:
        return tuple(one for one in of if one.id not in units)

    return replace(
        plant.plain,
        hall_parts=tuple(replace(hall, crahs=left(hall.crahs)) for hall in plant.hall_parts),
        loop_parts=tuple(replace(loop, cdus=left(loop.cdus)) for loop in plant.loop_parts),
        chillers=left(plant.chillers),
        towers=left(plant.towers),
        dry_coolers=left(plant.dry_coolers),
        pumps=left(plant.pumps),
        chillers_installed=plant.room.chillers_installed,
        rated_rise_k=plant.water_rise_k,
    )


def loosened(plant: CoolingPlant, limit: str) -> Loosened | None:
    """Return the plant with a limit looser that decided a row, as `PlantResponse.binding` names it; None if it is no such limit."""
    equipment, _, name = limit.partition(": ")
    if name == "entering condenser water min":
        chillers = tuple(
            replace(one, min_entering_condenser_degc=one.min_entering_condenser_degc - _LOOSER_K)
            for one in plant.chillers
        )
        return Loosened(replace(plant, chillers=chillers), _LOOSER_K, "K")
    if name == "rack inlet max":
        return Loosened(_with_hall(plant, equipment, _warmer), _LOOSER_K, "K")
    if name == "fan speed min":
        return Loosened(_with_hall(plant, equipment, _slower), _LOOSER_FRAC, "frac")
    return None


def _with_hall(plant: CoolingPlant, hall_id: str, change: Callable[[Hall], Hall]) -> CoolingPlant:
    halls = tuple(change(hall) if hall.id == hall_id else hall for hall in plant.hall_parts)
    return replace(plant, hall_parts=halls)


def _warmer(hall: Hall) -> Hall:
    return replace(hall, inlet_max_degc=hall.inlet_max_degc + _LOOSER_K)


def _slower(hall: Hall) -> Hall:
    crahs = tuple(
        replace(crah, min_fan_speed_frac=max(crah.min_fan_speed_frac - _LOOSER_FRAC, 0.0)) for crah in hall.crahs
    )
    return replace(hall, crahs=crahs)
