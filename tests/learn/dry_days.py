"""Days of the simulated site without towers under good practice, as its sensors saw them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from facility.site_file import LoadedSite, load_site
from tools.bench.inlet_days import put
from tools.closed_loop.baselines import GoodPractice
from tools.closed_loop.memory_telemetry import MemoryTelemetry
from tools.simulated_site import SimulatedSite

LIQUID = Path(__file__).parents[2] / "site_configs" / "liquid_ai.yaml"
SETTLING, STEP = timedelta(days=1), timedelta(minutes=5)
SEED = 1


@dataclass(frozen=True, slots=True, eq=False)
class Days:
    """A site, its readings, and the plant behind them at their end."""

    loaded: LoadedSite
    readings: MemoryTelemetry
    site: SimulatedSite


def live(start: datetime, days: int) -> Days:
    """Return days from a day after `start`, when the plant has settled."""
    loaded = load_site(LIQUID)
    site = SimulatedSite(loaded.site, SEED, start, operators=False)
    readings, local = MemoryTelemetry(loaded.points, loaded.revision), GoodPractice(loaded)
    while site.time < start + SETTLING + timedelta(days=days):
        measured = site.measured()
        if site.time >= start + SETTLING:
            readings.record(site.time, measured)
        put(site, local.decide(site.time, measured))
        site.step(STEP.total_seconds())
    return Days(loaded, readings, site)
