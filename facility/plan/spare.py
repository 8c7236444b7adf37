"""Redundancy: plants that must bear the loss of their spare units, and which losses no operation could bear."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from facility.plan.inputs import PlanInputs
from facility.plan.it_heat import ItHeat
from facility.site import Redundancy, Site
from models.plant_model import CoolingPlant
from models.redundant_plant import RedundantPlant
from models.what_if import groups


def bearing_losses(inputs: PlanInputs) -> PlanInputs:
    """Return inputs whose plants must bear the loss of what the site file wants spare, waived groups aside."""
    plants = [
        RedundantPlant.of(plant.plain, _spare(inputs, plant)) if isinstance(plant, CoolingPlant) else plant
        for plant in inputs.plants
    ]
    return replace(inputs, plants=plants)


def with_waivers(inputs: PlanInputs) -> PlanInputs:
    """Return inputs without the losses that no state of a plant would bear at the heat forecast."""
    heat, steps_h = ItHeat(inputs), inputs.step_h
    waived = dict(inputs.spare_waived)
    for plant in bearing_losses(inputs).plants:
        if isinstance(plant, RedundantPlant):
            short = plant.unbearable(heat.load(plant, heat.base_kw()))
            waived |= {group: f"no state bears a loss in {rows.sum() * steps_h:g} h" for group, rows in short.items()}
    return replace(inputs, spare_waived=waived)


def without_spare(inputs: PlanInputs, why: str) -> PlanInputs:
    """Return inputs that ask for no spare at all."""
    plants = [plant for plant in bearing_losses(inputs).plants if isinstance(plant, RedundantPlant)]
    asked = {group: why for plant in plants for group in plant.left}
    return replace(inputs, spare_waived=asked | dict(inputs.spare_waived))


def spare_notes(inputs: PlanInputs) -> Iterator[str]:
    """Say which spare units the plan does without."""
    yield from (f"no spare is kept of {group.replace('_', ' ')}: {why}" for group, why in inputs.spare_waived.items())


def spare_units(inputs: PlanInputs) -> Mapping[str, int]:
    """Return by group how many units must be spare still: what is out of service was the spare; waived groups are left out."""
    site, spare = inputs.site, {}
    for rule in site.redundancy:
        group = f"{rule.of} {rule.group}"
        if group not in inputs.spare_waived:
            away = sum(not site.in_service(unit, inputs.start) for unit in _units(site, rule))
            spare[group] = max(rule.spare - away, 0)
    return spare


def _spare(inputs: PlanInputs, plant: CoolingPlant) -> Mapping[str, int]:
    known = groups(plant)
    return {group: units for group, units in spare_units(inputs).items() if group in known}


def _units(site: Site, rule: Redundancy) -> list[str]:
    if rule.group == "crahs":
        return [crah.id for crah in site.crahs if crah.hall == rule.of]
    if rule.group == "cdus":
        return [cdu.id for loop in site.liquid_loops if loop.id == rule.of for cdu in loop.cdus]
    plant = next(one for one in site.plants if one.id == rule.of)
    if rule.group.endswith("_pumps"):
        return [pump.id for pump in plant.pumps if f"{pump.duty}_pumps" == rule.group]
    return [unit.id for unit in getattr(plant, rule.group)]
