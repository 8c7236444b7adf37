"""How the economizers of a plant and the dampers of its halls stand, since when, and how often they changed in the past day."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pandas as pd

from facility.ports import Telemetry
from facility.prepare.situation import Situation
from facility.site import Plant
from facility.site_file import LoadedSite
from models.plant_model import CoolingPlant

MODE = "economizer_mode"
_DAY = timedelta(days=1)
_OPEN = 0.5  # dampers: 0 shut, 1 open


def measured_dampers(plants: Sequence[CoolingPlant], situation: Situation) -> dict[str, bool]:
    """Return by airside economizer whether it is open, of those that take commands and whose mode is measured."""
    units = _units(plants, by_themselves=False)
    known = {unit: situation.value(unit, MODE) for unit in units}
    return {unit: mode >= _OPEN for unit, mode in known.items() if mode is not None}


def own_dampers(plants: Sequence[CoolingPlant]) -> frozenset[str]:
    """Return the airside economizers that take no commands: they open as their own control does."""
    return frozenset(_units(plants, by_themselves=True))


def breathing_as_measured(plants: Sequence[CoolingPlant], situation: Situation) -> list[CoolingPlant]:
    """Return plants whose halls breathe only by themselves, or where the mode of their dampers is measured."""
    known = {*measured_dampers(plants, situation), *own_dampers(plants)}
    return [
        replace(
            plant,
            hall_parts=tuple(
                hall if hall.airside is None or hall.airside.economizer.id in known else replace(hall, airside=None)
                for hall in plant.hall_parts
            ),
        )
        for plant in plants
    ]


def mode_changes_h(
    loaded: LoadedSite, telemetry: Telemetry, plant: Plant, dampers: Mapping[str, bool], at: datetime
) -> tuple[float, ...]:
    """Return how long ago the plant's economizer, or the dampers of its halls together, changed in the past day [h]."""
    water = [plant.id] if plant.economizer is not None else []
    found = [loaded.points.one(unit, MODE) for unit in (*water, *dampers)]
    points = [point.id for point in found if point is not None]
    past = telemetry.read(points, at - _DAY, at).round().ffill().dropna()
    if past.empty:
        return ()
    together = past[points[: len(water)]].assign(open=(past[points[len(water) :]] >= _OPEN).any(axis=1))
    changed = (together != together.shift()).any(axis=1).iloc[1:]
    return tuple((pd.Timestamp(at) - time) / pd.Timedelta(hours=1) for time in changed.index[changed])


def held_min(changed_h: Sequence[float]) -> float:
    """Return how long ago the last change was [min]; infinity where none is known."""
    return 60.0 * min(changed_h, default=math.inf)


def _units(plants: Sequence[CoolingPlant], *, by_themselves: bool) -> list[str]:
    parts = [hall for plant in plants for hall in plant.hall_parts if hall.breathes_by_itself == by_themselves]
    return [hall.airside.economizer.id for hall in parts if hall.airside]
