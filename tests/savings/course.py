"""Days of the demo site by formula, so that what a change saves is known; and a journal of what was applied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from facility.history.journal import SqlJournal
from facility.records import Recommendation, RecommendationState
from facility.site_file import LoadedSite
from tests.api.records_for_tests import plan, recommendation
from tools.closed_loop.memory_telemetry import MemoryTelemetry

START = datetime(2026, 7, 1, tzinfo=UTC)
APPLIED = START + timedelta(days=8)
BACK = APPLIED + timedelta(hours=10)
NOW = START + timedelta(days=10)
STEP = timedelta(minutes=15)
COOLING_KW, IT_KW = 60.0, 250.0


def telemetry(
    loaded: LoadedSite,
    *,
    saved_kw: float,
    until: datetime = BACK,
    warmer_k: float = 0.0,
    server_fans_kw: float = 0.0,
    fault: tuple[datetime, datetime] | None = None,
    busier_from: datetime | None = None,
    silent: tuple[datetime, datetime] | None = None,
    in_plant: bool = False,
    end: datetime = NOW,
    on: Sequence[tuple[datetime, datetime]] | None = None,
) -> MemoryTelemetry:
    """Return readings of a site that saves so much at the meter from `APPLIED` on, its server fans' share in IT.

    `on`: from when to when, in place of `APPLIED` and `until`.
    `in_plant`: the meters of the cooling plant show what is saved, too.
    """
    spans = [(APPLIED, until)] if on is None else on
    kept, draw, site = MemoryTelemetry(loaded.points, loaded.revision), np.random.default_rng(1), loaded.site
    metered = np.random.default_rng(2)
    racks = [(hall.id, rack.id) for hall in site.halls for rack in hall.racks]
    units = [(one.id, "power_kw") for plant in site.plants for one in (*plant.chillers, *plant.towers, *plant.pumps)]
    fans = [(crah.id, "fan_power_kw") for crah in site.crahs]
    cdus = [(cdu.id, "pump_power_kw") for loop in site.liquid_loops for cdu in loop.cdus]
    for index in range(int((end - START) / STEP)):
        time = START + index * STEP
        changed = any(first <= time < last for first, last in spans)
        day = np.cos((index / 96 - 0.6) * 2 * np.pi)
        busy = 0.5 + 0.1 * day + 0.01 * draw.normal()
        busy += 0.35 if busier_from is not None and time >= busier_from else 0.0
        it_kw = IT_KW * (0.6 + 0.8 * busy)
        air = 18.0 + 5.0 * day + 0.3 * draw.normal()
        overhead = COOLING_KW + 0.05 * it_kw + 0.6 * air + 0.3 * draw.normal()
        it_kw += server_fans_kw if changed else 0.0
        row = {(rack, "power_kw"): it_kw / len(racks) for _, rack in racks}
        row |= {(rack, "inlet_temperature_degc"): 24.0 + (warmer_k if changed else 0.0) for _, rack in racks}
        cooling_kw = COOLING_KW + 0.2 * metered.normal() - (saved_kw + server_fans_kw if changed and in_plant else 0.0)
        row |= {key: cooling_kw / len(units + fans + cdus) for key in (*units, *fans, *cdus)}
        row |= {(pool.id, "utilisation_frac"): busy for pool in site.server_pools}
        row |= {(pool.id, "awake_servers"): float(pool.servers) for pool in site.server_pools}
        row |= {("utility", "power_kw"): it_kw + overhead - ((saved_kw + server_fans_kw) if changed else 0.0)}
        row |= {("weather", "outdoor_temperature_degc"): air, ("weather", "outdoor_relative_humidity_frac"): 0.6}
        row |= {("battery-1", "charge_power_kw"): 0.0, ("hp-1", "power_kw"): 0.0, ("batch", "deferrable_power_kw"): 0.0}
        row |= {("batch", "deferrable_backlog_kwh"): 0.0}
        tripped = fault is not None and fault[0] <= time < fault[1]
        row |= {("chiller-1", "fault_status"): float(tripped)}
        row[("utility", "power_kw")] += 40.0 if tripped else 0.0
        if silent is None or not silent[0] <= time < silent[1]:
            kept.record(time, row)
    return kept


def applied(
    journal: SqlJournal, loaded: LoadedSite, names: dict[str, datetime], back: datetime | None = BACK
) -> list[Recommendation]:
    """Journal a plan whose recommendations were approved, applied at their times, and rolled back where told."""
    made = [
        replace(recommendation(loaded, 1, NOW), id=name, created=START, equipment="hall-1", points=()) for name in names
    ]
    journal.save_plan(plan(loaded, START), made, "correlated")
    for name, at in names.items():
        for state in (RecommendationState.APPROVED, RecommendationState.APPLIED):
            journal.transition(name, state, actor="test", reason="", at=at)
        if back is not None:
            journal.transition(name, RecommendationState.ROLLED_BACK, actor="test", reason="", at=back)
    return made
