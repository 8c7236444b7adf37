"""The product's own poller against the simulated devices: every point decodes to what is true, within its register's step.

Two codecs that share nothing meet here: a wrong scale, word order or OID on either side shows as a wrong value.
"""

from __future__ import annotations

import asyncio
import math
from contextlib import suppress
from pathlib import Path

import pytest

from facility.acquire.poller import Poller
from facility.clock import SystemClock
from facility.records import Quality, ReadingBatch
from facility.site_file import LoadedSite, load_site
from tests.simulated_site.conftest import WINTER, settled
from tests.simulated_site.served import written_site
from tools.simulated_site import SimulatedSite
from tools.simulated_site.fault_file import FaultFile
from tools.simulated_site.rounding import counts_per_unit
from tools.simulated_site.serving import DeviceServers, Readout

Got = dict[str, tuple[float, Quality]]


async def polled(loaded: LoadedSite, readout: Readout, simulation: SimulatedSite) -> Got:
    """Serve a site that stands still, and poll it until every point has answered."""
    got: Got = {}

    def keep(batch: ReadingBatch) -> None:
        for point, value, quality in zip(batch.points, batch.values, batch.quality, strict=True):
            got[point] = (float(value), Quality(quality))

    servers = DeviceServers(simulation, readout, FaultFile(None), boots=1)
    await servers.start()
    polling = asyncio.create_task(Poller(loaded, keep, SystemClock(), flush_interval_s=0.1).run())
    for _ in range(200):
        await asyncio.sleep(0.1)
        if len(got) == len(loaded.points):
            break
    polling.cancel()
    with suppress(asyncio.CancelledError):
        await polling
    await servers.stop()
    return got


def test_every_point_decodes_to_the_truth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, environment = written_site(tmp_path, interval_s=1.0)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    loaded = load_site(tmp_path / "site.yaml")
    simulation = settled(SimulatedSite(loaded.site, 6, WINTER), 8.0)
    simulation.set("battery-1", "charge_power_setpoint_kw", -55.5)
    simulation.set("batch", "deferrable_power_command_kw", 10.0)
    simulation.step(600.0)
    readout = Readout(simulation)
    got = asyncio.run(polled(loaded, readout, simulation))
    wrong = {}
    steps = counts_per_unit(loaded.site)
    for point in loaded.points:
        reading, quality = got.get(point.id, (math.nan, Quality.STALE))
        true = readout.of(point.equipment, point.quantity)
        step = steps[(point.equipment, point.quantity)]
        lines = 3 if point.device == "ups-card" else 1
        allowed = 0.5 * lines / step + 1e-9 if step else 1e-6 * abs(true) + 1e-9
        if quality is not Quality.GOOD or not abs(reading - true) <= allowed:
            wrong[point.id] = (reading, quality, true)
    assert len(loaded.points) > 550
    assert wrong == {}
