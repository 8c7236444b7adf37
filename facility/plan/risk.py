"""How near a plan comes to what must not happen: inlets with their interval, and the loss of the worst CRAH or chiller."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from facility.explanation import InletRisk, LossRisk
from facility.plan.case import ItCase
from facility.plan.simulate import PlantRun, Simulation, evaluate_path
from facility.site import Hall
from models.plant_model import CoolingPlant
from models.what_if import without, worst_units

_INLET = "rack inlet max"


def inlet_risks(it: ItCase, run: Simulation) -> tuple[InletRisk, ...]:
    """Return each hall's hottest inlet where it comes nearest to its limit."""
    return tuple(_inlet_risks(it, run))


def loss_risks(it: ItCase, run: Simulation) -> tuple[LossRisk, ...]:
    """Return what the loss of the worst unit of each group would bring, re-simulated at the plan's setpoints."""
    return tuple(
        _loss(it, plant, run.plants[plant.plant_id], group, unit)
        for plant in it.inputs.plants
        if isinstance(plant, CoolingPlant)
        for group, (unit,) in worst_units(plant).items()
    )


def _inlet_risks(it: ItCase, run: Simulation) -> Iterator[InletRisk]:
    for plant in it.inputs.plants:
        response = run.plants[plant.plant_id].response
        upper = response.inlet_max_degc + response.inlet_margin_k
        for index, hall in enumerate(plant.halls):
            step = int(np.argmax(upper[:, index]))
            yield InletRisk(
                hall=hall,
                inlet_degc=float(response.inlet_max_degc[step, index]),
                upper_degc=float(upper[step, index]),
                limit_degc=_hall(it, hall).limits.inlet_max_degc,
                unseen_frac=float(response.extrapolated.mean()),
            )


def _loss(it: ItCase, plant: CoolingPlant, run: PlantRun, group: str, unit: str) -> LossRisk:
    left = without(plant, unit)
    running = len(left.chillers)
    states = tuple(
        replace(state, chillers_on=running) if state.chillers_on > running else state for state in run.states
    )
    response = evaluate_path(left, states, run.load)
    broken = [str(name) for name in response.limit if name]
    hall = next((index for index, name in enumerate(plant.halls) if group.startswith(f"{name} ")), None)
    # A coil that cannot hold its supply air leaves the inlets unknown.
    known = hall is not None and all(name.endswith(_INLET) for name in broken)
    return LossRisk(
        group=group,
        unit=unit,
        short_h=len(broken) * it.inputs.step_h,
        limit=broken[0] if broken else "",
        inlet_max_degc=float(response.inlet_max_degc[:, hall].max()) if known else None,
        allowable_degc=None if hall is None else _hall(it, plant.halls[hall]).limits.allowable.inlet_max_degc,
    )


def _hall(it: ItCase, hall_id: str) -> Hall:
    return next(hall for hall in it.inputs.site.halls if hall.id == hall_id)
