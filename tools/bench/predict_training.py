"""What training costs: CPU seconds and peak memory of `facility train` on a year of the demo site at five minutes."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from facility.site_file import load_site
from facility.state import StateFolder
from tools.bench.rows import Row, compared
from tools.demo.backfill import backfill
from tools.simulated_site import SimulatedSite

SITE = Path(__file__).parents[2] / "site_configs" / "demo.yaml"
DAYS, QUICK_DAYS = 365, 8
SEED = 1
MOST_CPU_S, MOST_MB = 240.0, 2000.0


def rows(quick: bool) -> list[Row]:
    """Simulate a history into the product's own table, and train on it in a process of its own."""
    days = QUICK_DAYS if quick else DAYS
    with tempfile.TemporaryDirectory(prefix="bench-training-") as folder:
        state = StateFolder(Path(folder))
        loaded = load_site(SITE)
        simulation = SimulatedSite(loaded.site, SEED, datetime.now(UTC) - timedelta(days=days))
        readings = backfill(loaded, simulation, state, lambda _time: None)
        cpu_s, peak_mb = _train(Path(folder))
    return [
        compared("train_cpu_seconds", cpu_s, "CPU s", MOST_CPU_S),
        compared("train_peak_mb", peak_mb, "MB", MOST_MB),
        Row("train_readings", readings, "readings"),
    ]


def _train(state: Path) -> tuple[float, float]:
    """Return user and system seconds and the peak of resident memory."""
    process = subprocess.Popen(
        [sys.executable, "-m", "facility", "train", str(SITE), "--state", str(state), "--format", "json"],
        stdout=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"facility train ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024.0
