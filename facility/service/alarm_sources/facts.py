"""What the sources look at: everything read once a look, and what is dear to read once a minute."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from facility.alarms.observation import Observation
from facility.api.service_health import ServiceHealth, service_health
from facility.api.site_view import SiteView
from facility.findings import read_findings
from facility.heartbeat import ProcessHealth
from facility.history.dispatch_records import Application, LockOut, Said
from facility.prepare.situation import Situation, fresh_values, mean_dew_points_degc
from facility.records import Event, Finding, LocalOverride, Plan, Reading
from facility.site_file import LoadedSite
from facility.trust.believed import BelievedTelemetry


@dataclass(frozen=True, slots=True)
class Kept:
    """What is in the journal: the newest plan, the life of models in the last month, writes of the last day, dispatch."""

    plan: Plan | None = None
    model_events: Sequence[Event] = ()
    write_events: Sequence[Event] = ()
    overrides: Sequence[LocalOverride] = ()
    applications: Sequence[Application] = ()  # of the last day, oldest order first
    suspended: Said | None = None
    ended_lock_outs: Sequence[LockOut] = ()
    oldest_notice: datetime | None = None


class Facts:
    """One look at a site; `before` is how the service was at the look before."""

    def __init__(self, view: SiteView, kept: Kept, at: datetime, before: ServiceHealth | None = None) -> None:
        self.view, self.kept, self.at, self.before = view, kept, at, before

    @property
    def loaded(self) -> LoadedSite:
        """The site."""
        return self.view.loaded

    @cached_property
    def findings(self) -> Sequence[Finding]:
        """What is not believed now."""
        return [finding for finding, _ in read_findings(self.view.state.findings)]

    @cached_property
    def newest(self) -> Mapping[str, Reading]:
        """The newest reading of each point, suspect where it is not believed."""
        return BelievedTelemetry(self.view.telemetry, self.findings).latest()

    @cached_property
    def values(self) -> Mapping[str, float]:
        """Fresh and believed values by `equipment.quantity`."""
        return fresh_values(self.loaded.points, self.newest, self.at)[0]

    @cached_property
    def dew_points_degc(self) -> Mapping[str, float]:
        """The mean dew point of each hall."""
        return mean_dew_points_degc(self.loaded, Situation(self.at, dict(self.values), (), None))

    @cached_property
    def health(self) -> ServiceHealth:
        """How the service is."""
        return service_health(self.view)

    def process(self, name: str) -> ProcessHealth | None:
        """Return how a process is, if it is alive."""
        return next((one for one in self.health.processes if one.process == name and one.alive), None)

    def value(self, equipment: str, quantity: str) -> float | None:
        """Return the fresh value of a quantity."""
        return self.values.get(f"{equipment}.{quantity}")

    def of_each(self, equipment: Iterable[str], quantity: str) -> dict[str, float]:
        """Return the fresh values of a quantity by piece of equipment, unknown ones left out."""
        found = {name: self.value(name, quantity) for name in equipment}
        return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Source:
    """A topic: the conditions that it speaks of, and what it says of them."""

    conditions: frozenset[str]
    look: Callable[[Facts], Iterable[Observation]]
