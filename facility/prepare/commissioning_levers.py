"""The setpoints of a site that commissioning may try: those an engineer lets be written, each with its limits and what it warms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from facility.learn.twin import FAN_SPEED, LEAVING_WATER, SECONDARY_FLOW, SECONDARY_SUPPLY, SUPPLY_AIR
from facility.points import Point
from facility.site import Site
from facility.site_file import LoadedSite
from models.plant_model import CoolingPlant

CONDENSER_WATER = "condenser_water_temperature_setpoint_degc"
AIR_K_PER_H = 5.0  # ASHRAE TC 9.9 with tape in the room; good practice for water, too
SETTLING_S = 20 * 60.0
WITHIN_FRAC = 0.75  # of a step: nearer to a setpoint than that the plant follows it, and does not to the one before
# Coils keep the supply air with warmer water (`facility.prepare.commissioning` asks the plant model, also without the spare
# CRAHs); loops give little heat to the room.
AIR_PER_WATER = AIR_PER_LOOP = 0.1


@dataclass(frozen=True, slots=True)
class Settable:
    """Setpoints of one kind that are tried together.

    Attributes
    ----------
    equipment, quantity, members
        Whose it is, which setpoint, and the equipment that has it.
    step, resolution
        How far one try goes, and what stands out from noise; shares of the present value for speeds and flows.
    warming
        By hall: kelvin of supply air for each unit up, at worst.
    moves_air_of
        The hall whose airflow is proportional to it.
    rate_per_h
        Fastest change that limits allow, whatever may be written.
    cheaper
        1 where higher values save cooling power, -1 where lower ones do: where plans would like to go, and tries go first.
    """

    equipment: str
    quantity: str
    members: tuple[str, ...]
    step: float
    resolution: float
    cheaper: int
    warming: dict[str, float] = field(default_factory=dict)
    moves_air_of: str | None = None
    rate_per_h: float = AIR_K_PER_H

    @property
    def of_its_value(self) -> bool:
        """Whether steps are shares of the present value."""
        return not self.quantity.endswith("_degc")

    @property
    def within(self) -> float:
        """How near the plant is to a setpoint that it follows; a share where steps are."""
        return WITHIN_FRAC * self.step

    def points(self, loaded: LoadedSite) -> list[Point]:
        """Return its points, if all of them may be written; else none, as units that move alone would teach little."""
        found = [loaded.points.one(member, self.quantity) for member in self.members]
        points = [point for point in found if point is not None and point.writable is not None]
        return points if len(points) == len(self.members) else []


def settables(site: Site, plants: Sequence[CoolingPlant]) -> Iterator[Settable]:
    """Yield what commissioning may try at a site, hall by hall, loop by loop, plant by plant."""
    for plant in plants:
        for hall in plant.hall_parts:
            crahs = tuple(crah.id for crah in hall.crahs)
            yield Settable(hall.id, SUPPLY_AIR, crahs, 1.0, 0.3, 1, {hall.id: 1.0})
            yield Settable(hall.id, FAN_SPEED, crahs, 0.1, 0.03, -1, moves_air_of=hall.id, rate_per_h=1.0)
        for loop in site.liquid_loops:
            if loop.plant == plant.plant_id:
                cdus = tuple(cdu.id for cdu in loop.cdus)
                rate = min(AIR_K_PER_H, loop.rate_max_k_per_h)
                yield Settable(loop.id, SECONDARY_SUPPLY, cdus, 1.0, 0.3, 1, {loop.hall: AIR_PER_LOOP}, rate_per_h=rate)
                yield Settable(loop.id, SECONDARY_FLOW, cdus, 0.1, 0.03, -1, rate_per_h=20.0)
        on_water = dict.fromkeys(plant.halls, AIR_PER_WATER)
        yield Settable(plant.plant_id, LEAVING_WATER, (plant.plant_id,), 1.0, 0.3, 1, on_water)
        if plant.has_condenser_water:
            yield Settable(plant.plant_id, CONDENSER_WATER, (plant.plant_id,), 2.0, 0.5, -1)
