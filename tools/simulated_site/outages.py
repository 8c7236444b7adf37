"""What faults do to the plant: machines that trip, and everything that stands still until the generators run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tools.simulated_site.simulation import SimulatedSite


class Repairable(Protocol):
    """A part of the plant with machines that can break."""

    def fail(self, equipment: str) -> None:
        """Put a machine out of order."""

    def repair(self, equipment: str) -> None:
        """Put it back into order."""


class Outages:
    """Brings the parts of a site in line with its faults and its supply."""

    def __init__(self, site: SimulatedSite) -> None:
        self._site = site
        self._meter = site.site.electrical.main_meter
        self._motors = dict(_motors(site))  # without power they stand; CDU pumps hang on the UPS
        self._off_grid = {one.battery.id: one for one in site.batteries} | {
            one.array.id: one for one in site.photovoltaics
        }
        on_ups = {cdu.id: loop for loop in site.loops for cdu in loop.loop.cdus}
        self._owners: dict[str, Repairable] = {**self._motors, **self._off_grid, **on_ups}
        self.out: frozenset[str] = frozenset()

    def step(self, dt_s: float) -> None:
        """Take in the faults of this step."""
        site, chain = self._site, self._site.metering.chain
        site.faults.step(site.time.timestamp())
        chain.watch(dt_s, lost=self._meter in site.faults.tripped)
        out = site.faults.tripped
        if chain.utility_lost:
            out = out | self._off_grid.keys()  # nothing feeds a dead grid; batteries keep their charge
        if not chain.motors_powered:
            out = out | self._motors.keys()
        if out != self.out:
            self._apply(out & self._owners.keys())
        for hall in site.halls:
            hall.state.smoke = hall.hall_id in site.faults.smoking

    def _apply(self, out: frozenset[str]) -> None:
        for equipment in sorted(out - self.out):
            self._owners[equipment].fail(equipment)
        for equipment in sorted(self.out - out):
            self._owners[equipment].repair(equipment)
        self.out = out


def _motors(site: SimulatedSite) -> list[tuple[str, Repairable]]:
    found: list[tuple[str, Repairable]] = [(crah.id, hall) for hall in site.halls for crah in hall.crahs]
    for plant in site.plants:
        nameplate = plant.plant
        machines = (*nameplate.chillers, *nameplate.towers, *nameplate.dry_coolers, *nameplate.pumps)
        found += [(machine.id, plant) for machine in machines]
    return found + [(pump.pump.id, pump) for pump in site.heat_pumps]
