"""What a tank gave away and a hall stored is owed, on a site that has a tank."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from facility.savings.stores import owed_between
from facility.site_file import load_site
from tools.closed_loop.memory_telemetry import MemoryTelemetry

SITE = Path(__file__).parents[2] / "site_configs" / "liquid_ai.yaml"
BEGINS = datetime(2026, 7, 1, tzinfo=UTC)
ENDS = BEGINS + timedelta(hours=12)


def test_cold_that_a_tank_gave_away_and_warmth_of_halls_are_owed() -> None:
    loaded = load_site(SITE)
    site, kept = loaded.site, MemoryTelemetry(loaded.points, loaded.revision)
    (tank,) = (plant.tank for plant in site.plants if plant.tank is not None)
    for time, charge, inlet in ((BEGINS, 0.9, 24.0), (ENDS, 0.4, 25.5)):
        row = {(rack.id, "inlet_temperature_degc"): inlet for hall in site.halls for rack in hall.racks}
        row[(tank.id, "state_of_charge_frac")] = charge
        row |= {(work.id, "deferrable_backlog_kwh"): 10.0 for work in site.deferrable_work}
        for minutes in range(60, 0, -5):
            kept.record(time - timedelta(minutes=minutes), row)
    owed = owed_between(loaded, kept, BEGINS, ENDS)
    from_tank_kwh = 0.5 * tank.volume_m3 * tank.rated_range_k * 4.186 / 3.6  # of water, 1000 kg/m3
    from_halls_kwh = 1.5 * sum(hall.thermal_mass_kwh_per_k for hall in site.halls)
    assert owed.heat_kwh == pytest.approx(from_tank_kwh + from_halls_kwh, rel=1e-3)
    assert (owed.work_kwh, owed.notes) == (0.0, ())


def test_what_is_not_measured_is_said() -> None:
    loaded = load_site(SITE)
    owed = owed_between(loaded, MemoryTelemetry(loaded.points, loaded.revision), BEGINS, ENDS)
    assert owed.heat_kwh == 0.0
    assert any(note.startswith("tank-1 is not measured") for note in owed.notes)
