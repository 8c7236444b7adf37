"""The polling process as the service runs it, against a fleet of responders: what it takes, and what is in the table afterwards."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import Pipe
from pathlib import Path

import psutil

from facility.clock import SystemClock
from facility.service.channel import Assignment
from facility.site_file import LoadedSite
from facility.site_history import open_site_history
from facility.state import StateFolder
from tools.bench.agents import fleet_port, responders
from tools.bench.poll_fleet import Fleet
from tools.bench.poll_site import fleet_site
from tools.bench.stored import Stored, Window, stored

_MB = 1e6
_SAMPLE_S = 0.5
_START_S = 120.0  # until the first readings


@dataclass(frozen=True, slots=True)
class Faults:
    """One device in five misbehaves, in another way each period; slow ones answer so much later."""

    period_s: float
    slow_s: float


@dataclass(frozen=True, slots=True)
class Sample:
    """The process at a moment."""

    elapsed_s: float
    cpu_s: float  # user and system, all threads
    rss_mb: float


@dataclass(frozen=True, slots=True)
class WholeWay:
    """What was measured over whole intervals after the first."""

    samples: list[Sample]
    peak_rss_mb: float  # since the process began
    flushes: int  # of the hot log into the table, in the whole run
    answered: int  # values that the responders gave, in the whole run
    stored: Stored

    @property
    def cpu_share(self) -> float:
        """CPU time as a share of one core."""
        first, last = self.samples[0], self.samples[-1]
        return (last.cpu_s - first.cpu_s) / (last.elapsed_s - first.elapsed_s)

    @property
    def steady_rss_mb(self) -> float:
        """The usual size of the process."""
        return statistics.median(sample.rss_mb for sample in self.samples)

    @property
    def rss_slope_mb_per_s(self) -> float:
        """How fast the process grew, by least squares over the second half: by then its caches are full."""
        half = self.samples[len(self.samples) // 2 :]
        return statistics.linear_regression(
            [sample.elapsed_s for sample in half], [sample.rss_mb for sample in half]
        ).slope


def drive(fleet: Fleet, intervals: int, faults: Faults | None = None) -> WholeWay:
    """Poll a fleet for one interval to warm up and some more that are measured, on the disk of the working folder."""
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as name:
        folder, port = Path(name), fleet_port(fleet)
        loaded, state = fleet_site(folder, fleet, port), StateFolder(folder / "state")
        fault_period_s, slow_s = (faults.period_s, faults.slow_s) if faults else (0.0, 0.0)
        with (
            responders(fleet, port, fault_period_s, slow_s) as answered,
            _polling(loaded, state, folder / "poller.log") as process,
        ):
            _wait_for_readings(process, state, folder / "poller.log")
            time.sleep(fleet.interval_s)
            begun_us = _now_us()
            samples = list(_samples(process, intervals * fleet.interval_s))
            ended_us = _now_us()
            peak_rss_mb = _peak_rss_mb(process.pid)
        flushes = _to_the_table(loaded, state)
        window = Window(begun_us, ended_us, round(fleet.interval_s * 1e6))
        kept = stored(fleet, state, window, faulty=faults is not None)
        return WholeWay(samples, peak_rss_mb, flushes, answered.values, kept)


@contextmanager
def _polling(loaded: LoadedSite, state: StateFolder, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start the worker as the supervisor does (facility.service.child)."""
    ours, theirs = Pipe()
    command = [sys.executable, "-m", "facility", "worker", "poller", "--channel", str(theirs.fileno())]
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stderr=file, start_new_session=True
        )
    try:
        theirs.close()
        ours.send(Assignment(loaded, state, "json"))
        yield process
    finally:
        process.terminate()
        process.wait(timeout=60)
        ours.close()


def _wait_for_readings(process: subprocess.Popen[bytes], state: StateFolder, log: Path) -> None:
    deadline = time.monotonic() + _START_S
    while not any(state.hot_log.glob("*.log")):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the poller stored nothing: {log.read_text(encoding='utf-8')[-2000:]}")
        time.sleep(0.05)


def _samples(process: subprocess.Popen[bytes], span_s: float) -> Iterator[Sample]:
    begun, watched = time.monotonic(), psutil.Process(process.pid)
    while True:
        elapsed_s = time.monotonic() - begun
        used = watched.cpu_times()
        yield Sample(elapsed_s, used.user + used.system, watched.memory_info().rss / _MB)
        if elapsed_s >= span_s:
            return
        time.sleep(min(_SAMPLE_S, span_s - elapsed_s))


def _peak_rss_mb(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024 / _MB


def _to_the_table(loaded: LoadedSite, state: StateFolder) -> int:
    """Move into the table what was not flushed when the poller ended; return the flushes before, by versions of the table."""
    with open_site_history(loaded, state, SystemClock(), read_only=False) as telemetry:
        flushes = len(list((state.table / "_delta_log").glob("*.json"))) - 1  # the first one made it
        telemetry.flush()
    return flushes


def _now_us() -> int:
    return time.time_ns() // 1000
