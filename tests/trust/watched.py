"""Readings of the simulated demo site, with faults, as its registers give them; gathered once for each set of faults."""

from __future__ import annotations

import math
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from facility.records import Finding
from facility.site_file import LoadedSite, load_site
from facility.trust.inspection import inspect
from tools.closed_loop.memory_telemetry import MemoryTelemetry
from tools.simulated_site import SimulatedSite
from tools.simulated_site.faults import Call, Fault, Spell
from tools.simulated_site.rounding import counts_per_unit
from tools.simulated_site.setpoints import Key
from tools.simulated_site.simulation import Moment

DEMO = Path(__file__).parents[2] / "site_configs" / "demo.yaml"
JANUARY, JULY = datetime(2026, 1, 20, tzinfo=UTC), datetime(2026, 7, 14, tzinfo=UTC)
SETTLED = timedelta(hours=6)
HEALTHY_FOR = timedelta(hours=24)
EVERY, SIMULATED_EVERY = timedelta(minutes=5), timedelta(minutes=1)


@cache
def demo() -> LoadedSite:
    return load_site(DEMO)


@dataclass(frozen=True)
class Broken:
    """A sensor's fault, from `HEALTHY_FOR` after the start until `until`."""

    point: str
    fault: Fault
    amount: float | None = None
    hours: float = 1e6


@dataclass(frozen=True)
class Scaled:
    """A point that reads `factor` times the truth, from `HEALTHY_FOR` after the start."""

    point: str
    factor: float


@cache
def watched(
    start: datetime, hours: float, *faults: Broken | Scaled, seed: int = 5
) -> tuple[LoadedSite, MemoryTelemetry]:
    """Return the demo site with what its devices measured every five minutes for some hours."""
    loaded = demo()
    steps, telemetry = counts_per_unit(loaded.site), MemoryTelemetry(loaded.points, loaded.revision)
    healthy, moments = _until_it_breaks(start, seed)
    site = deepcopy(healthy)
    for moment in moments:
        telemetry.record(moment.time, rounded(moment.measured, steps))
    begins = start + HEALTHY_FOR
    for one in faults:
        if isinstance(one, Broken):
            call = Call(one.fault, one.amount)
            site.faults.schedule(Spell(one.point, call, begins.timestamp(), begins.timestamp() + 3600.0 * one.hours))
    scales = {tuple(one.point.split(".")): one.factor for one in faults if isinstance(one, Scaled)}
    for moment in site.history(SIMULATED_EVERY, EVERY, start + timedelta(hours=hours)):
        scaled = {key: value * scales.get(key, 1.0) for key, value in moment.measured.items()}
        telemetry.record(moment.time, rounded(scaled, steps))
    return loaded, telemetry


@cache
def _until_it_breaks(start: datetime, seed: int) -> tuple[SimulatedSite, list[Moment]]:
    """Return the site shortly before its faults begin, and what was measured until then: the same for all of them."""
    site = SimulatedSite(demo().site, seed, start - SETTLED)
    moments = site.history(SIMULATED_EVERY, EVERY, start + HEALTHY_FOR - EVERY)
    return site, [moment for moment in moments if moment.time >= start]


def rounded(measured: Mapping[Key, float], steps: Mapping[Key, float]) -> dict[Key, float]:
    """Return values as registers hold them."""
    return {
        key: round(value * step) / step if (step := steps.get(key, 0.0)) and math.isfinite(value) else value
        for key, value in measured.items()
    }


def found_at(loaded: LoadedSite, telemetry: MemoryTelemetry, at: datetime) -> tuple[Finding, ...]:
    return inspect(loaded, telemetry, at).findings
