"""What is only deferred: energy that halls, tanks and waiting work owe at the end of a window, beyond what they owed at its begin.

Batteries do not appear: the boundary is what the site draws without them, so that charging is neither a saving nor a loss.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from facility.ports import Telemetry
from facility.site_file import LoadedSite

LOOKED_AT = timedelta(hours=1)  # before the begin, and before the end
_WATER_KWH_PER_M3_K = 1.163


@dataclass(frozen=True, slots=True)
class Owed:
    """What is still to be paid: heat that cooling has yet to carry away, work yet to be done; and what is not known."""

    heat_kwh: float
    work_kwh: float
    notes: tuple[str, ...]


def owed_between(loaded: LoadedSite, telemetry: Telemetry, begins: datetime, ends: datetime) -> Owed:
    """Return by how much more is owed at `ends` than at `begins`."""
    notes: list[str] = []

    def risen(name: str, points: Sequence[str]) -> float:
        first, last = (_mean(telemetry, points, at) for at in (begins, ends))
        if np.isfinite(last - first):
            return last - first
        notes.append(f"{name} is not measured: what it defers is not counted")
        return 0.0

    heat = sum(per_unit * risen(name, points) for name, per_unit, points in _heat_stores(loaded))
    work = sum(
        risen(work.id, [point.id for point in loaded.points.of(work.id, "deferrable_backlog_kwh")])
        for work in loaded.site.deferrable_work
    )
    return Owed(float(heat), float(work), tuple(notes))


def _heat_stores(loaded: LoadedSite) -> Iterator[tuple[str, float, Sequence[str]]]:
    """Yield name, heat that is owed for each unit of what is measured, and the points that measure it."""
    for hall in loaded.site.halls:
        inlets = [point.id for rack in hall.racks for point in loaded.points.of(rack.id, "inlet_temperature_degc")]
        yield hall.id, hall.thermal_mass_kwh_per_k, inlets
    for plant in loaded.site.plants:
        if plant.tank is not None:
            cold_kwh = plant.tank.volume_m3 * plant.tank.rated_range_k * _WATER_KWH_PER_M3_K
            charge = [point.id for point in loaded.points.of(plant.tank.id, "state_of_charge_frac")]
            yield plant.tank.id, -cold_kwh, charge


def _mean(telemetry: Telemetry, points: Sequence[str], at: datetime) -> float:
    if not points:
        return float("nan")
    values = telemetry.read(points, at - LOOKED_AT, at).mean()
    return float(values.mean())
