"""The simulated site as a plant of the closed loop: `tools.simulated_site.closed_loop_plant:factory`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from facility.errors import ConfigurationError
from facility.records import FloatArray
from facility.site_file import LoadedSite
from tools.closed_loop.conditions import Conditions, Failure
from tools.closed_loop.plant import Key, LeastPower, RefusedError, Truth
from tools.simulated_site.faults import Call, Fault, Spell
from tools.simulated_site.given_surroundings import GivenSurroundings, own_conditions
from tools.simulated_site.least_power import tabulate
from tools.simulated_site.recollection import Recollection
from tools.simulated_site.setpoints import SetpointRefusedError
from tools.simulated_site.simulation import SimulatedSite
from tools.simulated_site.truth import truth_of

__all__ = ["ClosedLoopPlant", "factory", "own_conditions"]

STEP_S = 30.0  # longest step inside


class ClosedLoopPlant:
    """A simulated site that nobody operates but the closed loop. It can go back in time (`tools.closed_loop.plant.Rewindable`)."""

    def __init__(self, site: SimulatedSite) -> None:
        self.site = site
        self._recollection = Recollection(site)

    @property
    def time(self) -> datetime:
        """The site's clock."""
        return self.site.time

    def set(self, equipment: str, quantity: str, value: float) -> None:
        """Put a setpoint in force.

        Raises
        ------
        tools.closed_loop.plant.RefusedError
            If there is no such setpoint, or its controller does not accept the value.
        """
        try:
            self.site.set(equipment, quantity, value)
        except SetpointRefusedError as error:
            raise RefusedError(str(error)) from error

    def step(self, seconds: float) -> None:
        """Let time pass."""
        left_s = seconds
        while left_s > 1e-9:
            self.site.step(min(left_s, STEP_S))
            left_s -= STEP_S

    def measured(self) -> Mapping[Key, float]:
        """Return what the sensors say now."""
        return self.site.measured()

    def truth(self) -> Truth:
        """Return what is so now."""
        return truth_of(self.site)

    def memory(self) -> Any:
        """Return everything that the site remembers, for `recall` in this process."""
        return self._recollection.take()

    def recall(self, memory: Any) -> None:
        """Go back to what `memory` returned."""
        self._recollection.put_back(memory)

    def tabulate(
        self, dry_bulb_degc: FloatArray, dew_point_degc: FloatArray, least_it_kw: FloatArray, most_it_kw: FloatArray
    ) -> LeastPower:
        """Return the least power from now on (`tools.closed_loop.plant.Tabulates`)."""
        return tabulate(self.site, dry_bulb_degc, dew_point_degc, least_it_kw, most_it_kw)

    def close(self) -> None:
        """There is nothing to let go of."""


def factory(loaded: LoadedSite, conditions: Conditions, seed: int, start: datetime) -> ClosedLoopPlant:
    """Return the site as it is commissioned at `start`; the seed draws what its file does not say.

    Raises
    ------
    ConfigurationError
        If the conditions let something fail that cannot fail in this way.
    """
    surroundings = GivenSurroundings(conditions, loaded.site)
    site = SimulatedSite(loaded.site, seed, start, surroundings=surroundings, operators=False)
    for failure in conditions.failures:
        _schedule(site, failure)
    return ClosedLoopPlant(site)


def _schedule(site: SimulatedSite, failure: Failure) -> None:
    try:
        call = Call(Fault(failure.kind))
        site.faults.schedule(Spell(failure.equipment, call, failure.begins.timestamp(), failure.ends.timestamp()))
    except ValueError as error:
        raise ConfigurationError(f"a failure of the conditions: {error}") from error
