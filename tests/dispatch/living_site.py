"""The demo site's plant, simulated behind real Modbus servers, and a dispatch desk before it, in steps of simulated time.

The clock of dispatch stands until `live` moves it and the plant; heartbeats and their watchdogs run in real time.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
import yaml

from facility.dispatch.desk import DispatchDesk
from facility.history.dispatch_records import Application, ApplicationState, Mode
from facility.history.telemetry import TelemetryStore
from facility.records import Interval, Permit, Quality, ReadingBatch, Recommendation, RecommendationState
from facility.site_file import LoadedSite, load_site
from facility.site_history import open_site_history
from facility.state import StateFolder
from tests.acquire.sites import SetClock
from tests.dispatch.cable import Cable
from tests.history.decisions import plan
from tests.simulated_site.served import written_site
from tools.simulated_site.fault_file import FaultFile
from tools.simulated_site.serving import DeviceServers, Readout
from tools.simulated_site.simulation import SimulatedSite
from tools.simulated_site.watchdog import Watchdog, read_watchdogs

START = datetime(2026, 4, 14, 12, tzinfo=UTC)
QUANTITY = "supply_air_temperature_setpoint_degc"
CRAHS = ("crah-1", "crah-2")
POINTS = tuple(f"{crah}.{QUANTITY}" for crah in CRAHS)
ADDRESS = 40
SAVES = Interval(3.0, 1.0, 5.0)
T = TypeVar("T")


@dataclass
class LivingSite:
    """The plant, its network, and where dispatch keeps what it knows."""

    loaded: LoadedSite
    state: StateFolder
    clock: SetClock
    simulation: SimulatedSite
    readout: Readout
    watchdogs: Mapping[str, Watchdog]
    cables: Mapping[str, Cable]
    telemetry: TelemetryStore
    folder: Path
    number: int = 0
    silent: set[str] = field(default_factory=set)  # points that are not read

    def live(self, seconds: float) -> None:
        """Let time pass, and have everything read at its end."""
        self.simulation.step(seconds)
        self.readout.refresh()
        self.clock.step(seconds)
        self.read()

    def read(self) -> None:
        points = [point for point in self.loaded.points if point.id not in self.silent]
        values = np.array([self.readout.of(point.equipment, point.quantity) for point in points])
        batch = ReadingBatch(
            points=[point.id for point in points],
            time_us=np.full(len(points), round(self.clock.at.timestamp() * 1e6), np.int64),
            values=values,
            quality=np.where(np.isfinite(values), Quality.GOOD, Quality.BAD).astype(np.uint8),
            site_revision=self.loaded.revision,
        )
        self.telemetry.append(batch)

    def held(self, crah: str = CRAHS[0]) -> float:
        """Return what a controller holds, whatever anybody believes."""
        return self.simulation.setpoints[(crah, QUANTITY)]

    def touch(self, crah: str, value: float) -> None:
        """Set a controller by hand, at the machine."""
        self.simulation.setpoints.set((crah, QUANTITY), value)

    def break_device(self, crah: str, fault: str | None) -> None:
        faults = {} if fault is None else {f"controller-{crah}": fault}
        (self.folder / "faults.json").write_text(json.dumps(faults))

    def desk(self) -> DispatchDesk:
        return DispatchDesk(self.loaded, self.state, self.clock)

    def allow(self, desk: DispatchDesk) -> None:
        for point in POINTS:
            desk.ledger.allow(point, Permit("R. Weber", "commissioned", self.clock.now(), None))

    def recommend(self, desk: DispatchDesk, value: float, *, saving: Interval = SAVES, approved: bool = True) -> str:
        """Have the planner propose a value for the supply air of hall-1, and a person approve it."""
        self.number += 1
        name, now = f"rec-{self.number}", self.clock.now()
        one = Recommendation(
            id=name, plan_id=f"plan-{self.number}", site_revision=self.loaded.revision, created=now,
            expires=now + timedelta(minutes=30), equipment="hall-1", quantity=QUANTITY, points=POINTS, current=self.held(),
            recommended=value, unit="degC", saving_kw=saving, saving_cost_per_day=saving, saving_kgco2_per_day=saving,
            binding_limit=None, reason="warmer air",
        )  # fmt: skip
        desk.journal.save_plan(replace(plan(self.number), id=one.plan_id, created=now), [one], "c")
        if approved:
            desk.journal.transition(name, RecommendationState.APPROVED, actor="R. Weber", reason="", at=now)
        return name

    def passes(self, desk: DispatchDesk, until: Callable[[], bool], every_s: float = 60.0, most: int = 150) -> None:
        """Make passes as the service does, a minute apart, until something is so."""

        async def run() -> None:
            async with desk.writer() as writer:
                applier = desk.applier(writer)
                for _ in range(most):
                    if desk.suspend_if_abnormal():
                        desk.orders.order_by_rule()
                    await applier.step()
                    if until():
                        return
                    self.live(every_s)
            raise AssertionError(f"not so after {most} passes: {desk.book.applications()}")

        asyncio.run(run())

    def reaches(self, desk: DispatchDesk, name: str, *states: ApplicationState) -> Application:
        """Make passes until an application is in one of some states."""
        self.passes(desk, lambda: self.application(desk, name).state in states)
        return self.application(desk, name)

    def application(self, desk: DispatchDesk, name: str) -> Application:
        return next(one for one in desk.book.applications() if one.id == name)

    def recommendation_state(self, desk: DispatchDesk, name: str) -> RecommendationState:
        return desk.book.recommendation(name).state


@contextmanager
def living_site(folder: Path, *, heartbeat: Mapping[str, Any] | None = None) -> Iterator[LivingSite]:
    """Run the demo's plant; dispatch reaches the controllers of hall-1's first CRAHs through cables that can be cut."""
    folder.mkdir(parents=True, exist_ok=True)
    _, environment = written_site(folder)
    with pytest.MonkeyPatch.context() as patch, _network() as call, ExitStack() as open_:
        for name, value in environment.items():
            patch.setenv(name, value)
        plant = load_site(folder / "site.yaml")
        clock, state = SetClock(START), StateFolder(folder / "state")
        simulation = SimulatedSite(plant.site, 4, START - timedelta(hours=3), operators=False)
        simulation.step(3 * 3600.0)
        readout, faults = Readout(simulation), FaultFile(folder / "faults.json")
        cables = {crah: call(Cable.before(_port(plant, crah))) for crah in CRAHS}
        open_.callback(lambda: [call(cable.close()) for cable in cables.values()])
        loaded = _rewired(folder, cables, heartbeat)
        watchdogs = read_watchdogs(_dispatch_file(folder), simulation.setpoints) if heartbeat else {}
        servers = DeviceServers(simulation, readout, faults, 1, watchdogs)
        call(servers.start())
        open_.callback(lambda: call(servers.stop()))
        telemetry = open_.enter_context(open_site_history(loaded, state, clock, read_only=False))
        living = LivingSite(loaded, state, clock, simulation, readout, watchdogs, cables, telemetry, folder)
        living.live(60.0)
        yield living


@contextmanager
def _network() -> Iterator[Callable[[Coroutine[Any, Any, T]], T]]:
    """Run an event loop in a thread of its own, as the plant is another machine."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield lambda coroutine: asyncio.run_coroutine_threadsafe(coroutine, loop).result(30.0)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.run_until_complete(_end_all(loop))
        loop.close()


async def _end_all(loop: asyncio.AbstractEventLoop) -> None:
    """End what runs, and what a connection accepted in the last moment begins; then let transports close."""
    while tasks := [task for task in asyncio.all_tasks(loop) if task is not asyncio.current_task()]:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0.0)


def _port(plant: LoadedSite, crah: str) -> int:
    device = next(device for device in plant.site.devices if device.id == f"controller-{crah}")
    assert device.modbus is not None
    return device.modbus.port


def _rewired(folder: Path, cables: Mapping[str, Cable], heartbeat: Mapping[str, Any] | None) -> LoadedSite:
    """Write the site as dispatch sees it: the same, but behind the cables, and without waiting a quarter of an hour a step."""
    data = yaml.safe_load((folder / "site.yaml").read_text())
    for device in data["devices"]:
        crah = device["id"].removeprefix("controller-")
        if crah in cables:
            device["modbus"]["port"] = cables[crah].port
    (folder / "ours.yaml").write_text(yaml.safe_dump(data, sort_keys=False))
    if heartbeat is not None:
        beats = [
            {"name": f"beat-{crah}", "device": f"controller-{crah}", "address": ADDRESS, "points": [point], **heartbeat}
            for crah, point in zip(CRAHS, POINTS, strict=True)
        ]
        _dispatch_file(folder).write_text(yaml.safe_dump({"heartbeats": beats}))
    return load_site(folder / "ours.yaml")


def _dispatch_file(folder: Path) -> Path:
    return folder / "ours.dispatch.yaml"


def into(desk: DispatchDesk, mode: Mode) -> None:
    desk.set_mode(mode, "R. Weber", "a test")
