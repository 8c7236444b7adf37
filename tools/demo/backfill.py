"""Simulated history up to now, written the way an import is: two weeks at first, later only the gap since the last run."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from facility.clock import SystemClock
from facility.history.telemetry import open_telemetry
from facility.records import ReadingBatch
from facility.site_file import LoadedSite
from facility.state import StateFolder
from tools.demo.troubles import Troubles
from tools.simulated_site import SimulatedSite, snapshot
from tools.simulated_site.rounding import counts_per_unit
from tools.simulated_site.simulation import Moment

STEP = timedelta(seconds=60)
READINGS_EVERY = timedelta(minutes=5)
MOMENTS_A_BATCH = 12

Progress = Callable[[datetime], None]


def resume_or_begin(loaded: LoadedSite, seed: int, memory: Path, state: Path, begin: datetime) -> SimulatedSite:
    """Return the simulated site where the last run left it, or a new one; neither earlier than `begin`."""
    if memory.exists():
        remembered = snapshot.load(memory)
        simulation = SimulatedSite(loaded.site, seed, datetime.fromisoformat(remembered["time"]))
        simulation.recall(remembered)
        simulation.time = max(simulation.time, begin)  # a longer absence stays a gap
        return simulation
    if state.exists():
        shutil.rmtree(state)  # the site's memory is kept only after its history: this one was interrupted half-way
    return SimulatedSite(loaded.site, seed, begin)


def backfill(loaded: LoadedSite, simulation: SimulatedSite, state: StateFolder, progress: Progress) -> int:
    """Run the simulated site to now and load what its devices measured; return how many readings."""
    store = loaded.site.history
    telemetry = open_telemetry(
        state, table_uri=store.table_uri, raw_retention_days=store.raw_retention_days, clock=SystemClock()
    )
    with closing(telemetry):
        known = [reading.time for reading in telemetry.latest().values()]
        after = max(known, default=datetime.min.replace(tzinfo=UTC))
        return telemetry.load(_batches(loaded, simulation, after, progress))


def _batches(
    loaded: LoadedSite, simulation: SimulatedSite, after: datetime, progress: Progress
) -> Iterator[ReadingBatch]:
    recorder = _Recorder(loaded, simulation.seed)
    moments: list[Moment] = []
    for moment in simulation.history(STEP, READINGS_EVERY, datetime.now(UTC)):
        progress(moment.time)
        if moment.time > after:
            moments.append(moment)
        if len(moments) == MOMENTS_A_BATCH:
            yield recorder.batch(moments)
            moments = []
    if moments:
        yield recorder.batch(moments)


class _Recorder:
    """Turns what devices measure into rows of the site's points, rounded as their registers round."""

    def __init__(self, loaded: LoadedSite, seed: int) -> None:
        self._points = list(loaded.points)
        self._revision = loaded.revision
        steps = counts_per_unit(loaded.site)
        self._keys = [(point.equipment, point.quantity) for point in self._points]
        self._steps = np.array([steps[key] for key in self._keys])
        self._high = np.array([point.high for point in self._points])
        self._troubles = Troubles([point.device for point in self._points], seed)

    def batch(self, moments: list[Moment]) -> ReadingBatch:
        """Return one batch of all points at some moments."""
        values, quality = zip(*(self._row(moment) for moment in moments), strict=True)
        times_us = [round(moment.time.timestamp() * 1e6) for moment in moments]
        return ReadingBatch(
            points=[point.id for point in self._points] * len(moments),
            time_us=np.repeat(np.array(times_us, dtype=np.int64), len(self._points)),
            values=np.concatenate(values),
            quality=np.concatenate(quality),
            site_revision=self._revision,
        )

    def _row(self, moment: Moment) -> tuple[np.ndarray, np.ndarray]:
        measured = np.array([moment.measured[key] for key in self._keys])
        whole = np.round(measured * self._steps) / np.where(self._steps > 0, self._steps, 1.0)
        rounded = np.where(self._steps > 0, whole, measured)
        return self._troubles.befall(rounded, self._high, moment.time.timestamp(), READINGS_EVERY.total_seconds())
