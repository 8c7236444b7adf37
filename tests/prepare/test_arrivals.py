"""What waits is due by when it came: told from backlog and power, not from the nominal day."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest

from facility.history.telemetry import TelemetryStore
from facility.prepare.arrivals import arrived_kwh
from facility.site_file import LoadedSite
from tests.prepare.conftest import NOW, write

FIVE_MIN = timedelta(minutes=5)
START = NOW.replace(minute=0)
BACKLOG, POWER = "batch.deferrable_backlog_kwh", "batch.deferrable_power_kw"


def test_arrivals_are_backlog_gained_plus_work_done(demo: LoadedSite, store: TelemetryStore) -> None:
    """30 kW came in for the last four hours, 10 kW of it was done at once; nothing before."""

    def since_h(time: datetime) -> float:
        return max((time - (START - timedelta(hours=4))) / timedelta(hours=1), 0.0)

    courses = {BACKLOG: lambda time: 20.0 * since_h(time), POWER: lambda time: 10.0 if since_h(time) > 0.0 else 0.0}
    write(store, courses, START - timedelta(hours=14), NOW, FIVE_MIN)
    found = arrived_kwh(demo, store, START, NOW)["batch"]
    assert len(found) == 12 * 4 + 1
    assert found[-15:-1] == pytest.approx(np.full(14, 7.5), abs=0.3)
    assert found[: -17 - 1] == pytest.approx(np.zeros(31), abs=0.1)
    assert found.sum() == pytest.approx(120.0, abs=4.0)


def test_too_little_measured_leaves_the_class_out(demo: LoadedSite, store: TelemetryStore) -> None:
    write(store, {BACKLOG: 5.0, POWER: 0.0}, START - timedelta(hours=3), NOW, FIVE_MIN)
    assert arrived_kwh(demo, store, START, NOW) == {}
