"""The moisture of halls that breathe outdoor air: their dew point and relative humidity in time, from what was measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from facility.plan.inputs import PlanInputs
from facility.records import FloatArray
from models.cooling import BoolArray, PlantModel, PlantResponse
from models.psychrometrics import relative_humidity_frac

# A hall holds about a minute of its CRAHs' rated air; shut dampers, doors and make-up air change a third of it in an hour.
AIR_CHANGES_PER_H = 60.0
LEAKED_CHANGES_PER_H = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class HallAir:
    """At the end of each step, by hall, (T, h); NaN for halls whose humidity nobody follows.

    `before_degc` (h,) is the dew point as measured, or where none is, that of the first step.
    """

    dew_point_degc: FloatArray
    relative_humidity_frac: FloatArray
    before_degc: FloatArray
    dampers_open: BoolArray


def hall_air(inputs: PlanInputs, plant: PlantModel, response: PlantResponse) -> HallAir:
    """Return the course towards what each step's weather and dampers make of it, as fast as outdoor air comes in.

    Parameters
    ----------
    inputs
        With the dew points measured.
    plant
        Whose halls.
    response
        Its answers, one a step.
    """
    towards = response.dew_point_degc
    measured = [inputs.dew_point_degc.get(hall, np.nan) for hall in plant.halls]
    before = np.where(np.isnan(measured), towards[0], measured)
    changes_per_h = AIR_CHANGES_PER_H * response.fan_speed_frac * response.outdoor_air_frac + LEAKED_CHANGES_PER_H
    kept = np.exp(-changes_per_h * inputs.step_h)
    course, now = np.full_like(towards, np.nan), before
    if not np.isnan(towards).all():
        for step, target in enumerate(towards):
            now = target + (now - target) * kept[step]
            course[step] = now
    humidity = relative_humidity_frac(response.inlet_mean_degc, course)
    return HallAir(course, humidity, before, response.dampers_open)


def excesses(inputs: PlanInputs, plant: PlantModel, air: HallAir) -> Iterator[tuple[str, FloatArray, str]]:
    """Yield by how much open dampers take each hall's air out of its envelope, by name and unit.

    What was outside may come back, not go further. Behind shut dampers a make-up unit keeps the air, of which nobody knows.
    """
    before = np.vstack([air.before_degc, air.dew_point_degc])[:-1]
    for index, hall_id in enumerate(plant.halls):
        if not inputs.breathes(hall_id):
            continue
        limits = next(hall.limits for hall in inputs.site.halls if hall.id == hall_id)
        dew, was = air.dew_point_degc[:, index], before[:, index]
        humidity, ours = air.relative_humidity_frac[:, index], air.dampers_open[:, index].astype(float)
        yield f"{hall_id} dew point max", ours * (dew - np.maximum(limits.dew_point_max_degc, was)), "K"
        yield f"{hall_id} dew point min", ours * (np.minimum(limits.dew_point_min_degc, was) - dew), "K"
        excess = humidity - limits.relative_humidity_max_frac
        yield f"{hall_id} relative humidity max", ours * (dew >= was) * excess, "frac"
