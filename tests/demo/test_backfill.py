"""History from the simulated site: what a poller would have stored, up to now, and only once."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from facility.clock import SystemClock
from facility.history.telemetry import open_telemetry
from facility.records import Quality
from facility.site_file import LoadedSite, load_site
from facility.state import StateFolder
from tools.demo.backfill import backfill, resume_or_begin
from tools.demo.troubles import Troubles
from tools.simulated_site import SimulatedSite, snapshot

DEMO = Path(__file__).parents[2] / "site_configs" / "demo.yaml"


@pytest.fixture(scope="module")
def loaded() -> LoadedSite:
    return load_site(DEMO)


def fill(loaded: LoadedSite, folder: Path, begin: datetime) -> tuple[SimulatedSite, int]:
    memory, state = folder / "memory.json", folder / "state"
    simulation = resume_or_begin(loaded, 3, memory, state, begin)
    rows = backfill(loaded, simulation, StateFolder(state), lambda _: None)
    snapshot.save(memory, simulation.memory())
    return simulation, rows


def test_first_run_then_only_the_gap(loaded: LoadedSite, tmp_path: Path) -> None:
    folder = tmp_path / "a b"
    folder.mkdir()
    now = datetime.now(UTC)
    begin = now - timedelta(hours=3)
    simulation, rows = fill(loaded, folder, begin)
    assert rows in (36 * len(loaded.points), 37 * len(loaded.points))
    assert abs(simulation.time - datetime.now(UTC)) < timedelta(seconds=60)
    _, again = fill(loaded, folder, begin)
    assert again <= len(loaded.points)  # at most one more five minutes have begun
    store = loaded.site.history
    telemetry = open_telemetry(
        StateFolder(folder / "state"),
        table_uri=None,
        raw_retention_days=store.raw_retention_days,
        read_only=True,
        clock=SystemClock(),
    )
    with closing(telemetry):
        frame = telemetry.read_rows([point.id for point in loaded.points], begin, now + timedelta(hours=1))
    assert len(frame) == rows + again
    assert not frame.duplicated(["point", "time"]).any()
    good = frame[frame["quality"] == Quality.GOOD]
    assert len(good) > 0.9 * len(frame)
    inlet = good[good["point"] == "a01.inlet_temperature_degc"]["value"].to_numpy()
    assert np.allclose(inlet * 10, np.round(inlet * 10), atol=1e-6)  # a register of tenths
    limits = {point.id: (point.low, point.high) for point in loaded.points}
    outside = [
        (point, value)
        for point, value in zip(good["point"], good["value"], strict=True)
        if not limits[point][0] <= value <= limits[point][1]
    ]
    assert outside == []


def test_half_a_history_is_begun_anew(loaded: LoadedSite, tmp_path: Path) -> None:
    """Interrupted before the simulated site was remembered: the two would not fit, so both begin again."""
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "leftover").write_text("")
    begin = datetime.now(UTC) - timedelta(minutes=30)
    simulation = resume_or_begin(loaded, 3, tmp_path / "memory.json", tmp_path / "state", begin)
    assert simulation.time == begin
    assert not (tmp_path / "state").exists()


def test_a_long_absence_stays_a_gap(loaded: LoadedSite, tmp_path: Path) -> None:
    old = SimulatedSite(loaded.site, 3, datetime.now(UTC) - timedelta(days=90))
    snapshot.save(tmp_path / "memory.json", old.memory())
    begin = datetime.now(UTC) - timedelta(hours=1)
    simulation = resume_or_begin(loaded, 3, tmp_path / "memory.json", tmp_path / "state", begin)
    assert simulation.time == begin


def test_troubles_are_rare_and_marked() -> None:
    troubles = Troubles([f"device-{index // 10}" for index in range(500)], seed=1)
    values, high = np.full(500, 20.0), np.full(500, 50.0)
    seen = [troubles.befall(values, high, 300.0 * step, 300.0) for step in range(4032)]
    quality = np.stack([one for _, one in seen])
    read = np.stack([one for one, _ in seen])
    assert 0.002 < (quality == Quality.STALE).mean() < 0.03
    assert 1e-5 < (quality == Quality.BAD).mean() < 1e-4
    assert np.isnan(read[(quality == Quality.STALE) | (quality == Quality.BAD)]).all()
    assert (read[quality == Quality.OUT_OF_RANGE] > 50.0).all()
    assert (read[quality == Quality.GOOD] == 20.0).all()
    whole_devices = (quality == Quality.STALE).reshape(4032, 50, 10)
    assert (whole_devices.all(axis=2) == whole_devices.any(axis=2)).all()
