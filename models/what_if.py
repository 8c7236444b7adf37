"""A cooling plant that is not quite the one there is: a unit lost, or a limit a little looser."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from models.hall_air import Hall
from models.plant_model import CoolingPlant

_LOOSER_K, _LOOSER_FRAC = 1.0, 0.1


@dataclass(frozen=True, slots=True)
class Loosened:
    """A plant with one limit looser by `per`, in `unit`."""

    plant: CoolingPlant
    per: float
    unit: str


def worst_units(plant: CoolingPlant) -> Mapping[str, str]:
    """Return, by group of units that can stand in for each other, the unit whose loss takes the most."""
    groups = {f"{hall.id} crahs": {crah.id: crah.rated_cooling_kw for crah in hall.crahs} for hall in plant.hall_parts}
    groups[f"{plant.plant_id} chillers"] = {chiller.id: chiller.rated_cooling_kw for chiller in plant.chillers}
    return {group: max(units, key=lambda unit: units[unit]) for group, units in groups.items() if len(units) > 1}


def without(plant: CoolingPlant, unit: str) -> CoolingPlant:
    """Return the plant without a CRAH or chiller; the others are as they were, and pumps as they were sized."""
    return replace(
        plant,
        hall_parts=tuple(
            replace(hall, crahs=tuple(crah for crah in hall.crahs if crah.id != unit)) for hall in plant.hall_parts
        ),
        chillers=tuple(chiller for chiller in plant.chillers if chiller.id != unit),
        chillers_installed=plant.room.chillers_installed,
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
