"""A served site that lives: its clock moves, devices are read and processes beat each second; tests take any of it away."""

from __future__ import annotations

import math
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import uvicorn

from facility.access import Role
from facility.accounts.opening import open_access
from facility.alarms.judge import Verdict
from facility.api.app import create_app
from facility.api.service_health import NEEDED
from facility.api.site_view import SiteView
from facility.heartbeat import Heartbeat
from facility.history.journal import open_journal
from facility.history.telemetry import TelemetryStore, open_telemetry
from facility.records import Quality, ReadingBatch
from facility.site_alarms import open_alarm_book
from facility.site_file import LoadedSite
from facility.state import StateFolder
from tests.api.askers import add_person
from tests.api.records_for_tests import batch, plan, recommendation

PAST = timedelta(hours=24)
PAST_STEP = timedelta(minutes=5)
BEAT_S = 1.0
OPERATOR = "operator"
# By the end of a point's id: the middle of what it reads, and how far it swings.
COURSES = {"power_kw": (62.0, 6.0), "inlet_temperature_degc": (24.0, 1.5), "outdoor_temperature_degc": (14.0, 6.0)}


@dataclass
class MovingClock:
    """The real time of day, shifted: to another day, or by a jump."""

    shift: timedelta = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.shift


@dataclass
class Console:
    """A site's service: it can be stopped and started on the same port, its devices and processes can fall silent."""

    loaded: LoadedSite
    state: StateFolder
    clock: MovingClock
    open_reading: bool = True
    silent_devices: set[str] = field(default_factory=set)
    silent_processes: set[str] = field(default_factory=set)
    past_step: timedelta = PAST_STEP
    _port: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _server: uvicorn.Server | None = None
    _serving: threading.Thread | None = None
    _beats: dict[str, Heartbeat] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Serve, on the port of before if there was one."""
        listener = socket.create_server(("127.0.0.1", self._port))
        self._port = listener.getsockname()[1]
        view = SiteView(self.loaded, self.state, self.clock)
        config = uvicorn.Config(
            create_app(view, open_reading=self.open_reading),
            log_config=None,
            access_log=False,
            lifespan="off",
            proxy_headers=False,
            timeout_graceful_shutdown=1,
        )
        self._server = server = uvicorn.Server(config)

        def serve() -> None:
            server.run(sockets=[listener])
            view.close()

        self._serving = threading.Thread(target=serve)
        self._serving.start()

    def stop(self) -> None:
        """End the service as a restart does: open pages stay."""
        assert self._server is not None
        assert self._serving is not None
        self._server.should_exit = True
        self._serving.join()

    def say(self, process: str, **detail: object) -> None:
        """Have a process say something of itself."""
        self._beats[process].say("at work", **detail)

    @contextmanager
    def living(self) -> Iterator[None]:
        """Poll and beat each second."""
        for process in NEEDED:
            self._beats[process] = Heartbeat(self.state, process, self.clock)
            self.say(process, last_success=self.clock.now().isoformat())
        with _history(self) as store:
            store.load([_past(self)])
            self._live_once(store)
            living = threading.Thread(target=self._live, args=(store,))
            living.start()
            try:
                yield
            finally:
                self._stop.set()
                living.join()

    def _live(self, store: TelemetryStore) -> None:
        while not self._stop.wait(BEAT_S):
            self._live_once(store)

    def _live_once(self, store: TelemetryStore) -> None:
        now = self.clock.now()
        points = [point.id for point in self.loaded.points if point.device not in self.silent_devices]
        if points:
            store.append(batch(self.loaded, [(point, now, value_at(point, now), Quality.GOOD) for point in points]))
        devices = {
            device.id: {
                "polls": 9,
                "consecutive_failures": int(device.id in self.silent_devices),
                "last_fault": "does not answer" if device.id in self.silent_devices else None,
                "latency_s": 0.02,
            }
            for device in self.loaded.site.devices
        }
        for process in set(NEEDED) - self.silent_processes:
            self.say(process, **({"devices": devices} if process == "poller" else {}))


@contextmanager
def furnished(
    loaded: LoadedSite,
    state: StateFolder,
    clock: MovingClock,
    *,
    open_reading: bool = True,
    past_step: timedelta = PAST_STEP,
) -> Iterator[Console]:
    """Serve a site with a day of readings, a plan that began two hours ago, recommendations, alarms and an operator."""
    console = Console(loaded, state, clock, open_reading, past_step=past_step)
    _store_plan(console)
    _store_alarms(console)
    with closing(open_access(loaded, state, clock)) as access:
        add_person(access, OPERATOR, Role.OPERATOR)
    with console.living():
        console.start()
        try:
            yield console
        finally:
            console.stop()


def value_at(point: str, at: datetime) -> float:
    """Return what a point reads: a course over the day, with a ripple of seconds so that it moves while one looks."""
    middle, swing = next((course for end, course in COURSES.items() if point.endswith(end)), (20.0, 1.0))
    seconds = at.timestamp()
    ripple = 0.02 * middle * math.sin(seconds / 3)
    scale = 6.4 if point == "utility.power_kw" else 1.0
    return scale * (middle + swing * math.sin(2 * math.pi * seconds / 86400 + len(point)) + ripple)


def _history(console: Console) -> TelemetryStore:
    return open_telemetry(console.state, table_uri=None, raw_retention_days=30, clock=console.clock)


def _past(console: Console) -> ReadingBatch:
    now = console.clock.now()
    times = [now - console.past_step * step for step in range(1, PAST // console.past_step)]
    return batch(
        console.loaded,
        [(point.id, at, value_at(point.id, at), Quality.GOOD) for at in times for point in console.loaded.points],
    )


def _store_plan(console: Console) -> None:
    now = console.clock.now()
    begun = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
    items = [
        replace(recommendation(console.loaded, number, now + timedelta(hours=1)), equipment=equipment, created=now)
        for number, equipment in enumerate(("hall-1", "plant-1", "crah-1"), start=1)
    ]
    with closing(open_journal(None, console.state)) as journal:
        journal.save_plan(plan(console.loaded, begun), items, "correlated")


def _store_alarms(console: Console) -> None:
    begun = console.clock.now() - timedelta(minutes=30)
    with closing(open_alarm_book(console.loaded, console.state)) as book:
        book.observe(list(_verdicts(("hall_humid:hall-1", "ups_overloaded:ups-1"))), begun)


def _verdicts(names: Iterable[str]) -> Iterator[Verdict]:
    for name in names:
        condition, _, subject = name.partition(":")
        yield Verdict(name, subject, condition, True, "as it is", None)
