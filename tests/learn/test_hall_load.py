"""What a hall's servers did: racks that miss are made up or left out, work only where all of it is measured."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from facility.learn.hall_load import HallLoad, read_hall_load
from facility.site_file import LoadedSite, load_site
from tools.closed_loop.memory_telemetry import MemoryTelemetry

START = datetime(2026, 3, 2, tzinfo=UTC)
HOURS = 4
WORK = {("pool-air", "awake_servers"): 280.0, ("pool-air", "utilisation_frac"): 0.5}
DEFERRABLE = {("batch", "deferrable_power_kw"): 12.0}


@pytest.fixture(scope="module")
def demo() -> LoadedSite:
    return load_site(Path(__file__).parents[2] / "site_configs" / "demo.yaml")


def load_of(demo: LoadedSite, values: dict[tuple[str, str], float], late: frozenset[str] = frozenset()) -> HallLoad:
    """The first hall's load where racks of `late` report in the last hour only."""
    readings = MemoryTelemetry(demo.points, demo.site.id)
    for minute in range(0, HOURS * 60, 5):
        shown = {key: value for key, value in values.items() if key[0] not in late or minute >= (HOURS - 1) * 60}
        readings.record(START + timedelta(minutes=minute), shown)
    return read_hall_load(demo, readings, demo.site.halls[0], START, START + timedelta(hours=HOURS))


def racks(demo: LoadedSite, warm: float = 22.0) -> dict[tuple[str, str], float]:
    ids = [rack.id for rack in demo.site.halls[0].racks]
    return {(one, "power_kw"): 5.0 for one in ids} | {(one, "inlet_temperature_degc"): warm for one in ids}


def test_power_is_the_sum_inlets_the_mean_and_work_its_parts(demo: LoadedSite) -> None:
    load = load_of(demo, racks(demo) | WORK | DEFERRABLE)
    assert load.rows["it_kw"].to_numpy() == pytest.approx(12 * 5.0)
    assert load.rows["inlet_degc"].to_numpy() == pytest.approx(22.0)
    assert load.work is not None
    assert sorted(load.work.mean()) == pytest.approx([12.0, 140.0, 280.0])


def test_a_probe_that_is_mostly_silent_does_not_move_the_mean(demo: LoadedSite) -> None:
    values = racks(demo) | {("a01", "inlet_temperature_degc"): 34.0}
    load = load_of(demo, values | WORK | DEFERRABLE, late=frozenset({"a01"}))
    assert load.rows["inlet_degc"].to_numpy() == pytest.approx(22.0)
    assert load.rows["it_kw"].to_numpy() == pytest.approx(12 * 5.0)


def test_what_is_before_the_first_reading_leaves_no_probe_out(demo: LoadedSite) -> None:
    readings = MemoryTelemetry(demo.points, demo.site.id)
    readings.record(START, racks(demo))
    load = read_hall_load(demo, readings, demo.site.halls[0], START - timedelta(days=30), START + demo.site.step)
    assert load.rows["inlet_degc"].dropna().tolist() == pytest.approx([22.0])
    assert load.notes == ()
    assert read_hall_load(demo, readings, demo.site.halls[0], START - timedelta(days=2), START).rows.empty


def test_work_that_is_not_measured_is_a_gap_not_a_guess(demo: LoadedSite) -> None:
    load = load_of(demo, racks(demo) | WORK)
    assert load.work is not None
    assert np.isnan(load.work.filter(like="deferrable").to_numpy()).all()


def test_a_hall_without_pools_has_no_work(demo: LoadedSite) -> None:
    readings = MemoryTelemetry(demo.points, demo.site.id)
    hall = demo.site.halls[0].model_copy(update={"id": "hall-9"})
    assert read_hall_load(demo, readings, hall, START, START + timedelta(hours=1)).work is None
