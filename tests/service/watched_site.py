"""The demo site as its processes would have left it, told what its sensors read, and an alarm watch over it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from facility.alarms.notice import Channel
from facility.api.service_health import NEEDED
from facility.api.site_view import SiteView
from facility.heartbeat import Heartbeat
from facility.history.telemetry import TelemetryStore
from facility.records import Quality, ReadingBatch
from facility.service.alarm_watch import AlarmWatch
from facility.site_alarms import open_alarm_book, open_alarm_outbox
from facility.site_file import LoadedSite, load_site
from facility.site_history import open_site_history
from facility.state import StateFolder

DEMO = Path(__file__).parents[2] / "site_configs" / "demo.yaml"
NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
USUAL = {
    "inlet_temperature_degc": 22.0,
    "inlet_relative_humidity_frac": 0.45,
    "secondary_supply_temperature_degc": 28.0,
    "output_source": 3.0,
}


class SetClock:
    """Stands still until told."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at


class WatchedSite:
    """Each `look` is ten seconds after the one before, with readings of that moment."""

    def __init__(self, loaded: LoadedSite, state: StateFolder, clock: SetClock, telemetry: TelemetryStore) -> None:
        self.loaded, self.state, self.clock, self.telemetry = loaded, state, clock, telemetry
        self.view = SiteView(loaded, state, clock)
        self.book, self.outbox = open_alarm_book(loaded, state), open_alarm_outbox(loaded, state)
        self.watch = AlarmWatch(self.view, self.book, self.outbox, [Channel("mail")])
        self.values: dict[str, float] = {point.id: USUAL.get(point.quantity, 0.0) for point in loaded.points}
        self.silent: set[str] = set()
        self.said: dict[str, dict[str, Any]] = {name: {} for name in NEEDED}
        self.devices: dict[str, int] = {device.id: 0 for device in loaded.site.devices}
        self.dropped = 0
        self.oldest: str | None = None

    def close(self) -> None:
        for each in (self.book, self.outbox, self.view):
            each.close()

    def set(self, changes: Mapping[str, float]) -> None:
        for name, value in changes.items():
            points = self.loaded.points.of(*name.split(".", 1))
            assert points, name
            self.values |= {point.id: value for point in points}

    def look(self, times: int = 1, every_s: float = 10.0) -> None:
        for _ in range(times):
            self.clock.at += timedelta(seconds=every_s)
            self._beat()
            self._report()
            self.watch.look()

    def pass_by(self, minutes: float) -> None:
        """Look so long, as the service does."""
        self.look(times=math.ceil(minutes * 6) + 1)

    def alarms(self) -> dict[str, str]:
        return {alarm.id: alarm.state.value for alarm in self.book.alarms()}

    def _beat(self) -> None:
        devices = {
            name: {"polls": 9, "consecutive_failures": failures, "last_fault": "timed out", "last_success": None}
            for name, failures in self.devices.items()
        }
        poller = {
            "devices": devices,
            "backlog": {"waiting_bytes": 0, "limit_bytes": 1, "oldest": self.oldest},
            "outbox": {"readings": 0, "dropped": self.dropped},
        }
        for name, said in self.said.items():
            Heartbeat(self.state, name, self.clock).say("at work", **({**poller, **said} if name == "poller" else said))

    def _report(self) -> None:
        known = {name: value for name, value in self.values.items() if name not in self.silent}
        batch = ReadingBatch(
            points=list(known),
            time_us=np.full(len(known), round(self.clock.at.timestamp() * 1e6), np.int64),
            values=np.array(list(known.values())),
            quality=np.full(len(known), Quality.GOOD, np.uint8),
            site_revision=self.loaded.revision,
        )
        self.telemetry.append(batch)


@contextmanager
def watched_site(folder: Path) -> Iterator[WatchedSite]:
    loaded, state, clock = load_site(DEMO), StateFolder(folder), SetClock()
    with open_site_history(loaded, state, clock, read_only=False) as telemetry:
        site = WatchedSite(loaded, state, clock, telemetry)
        try:
            yield site
        finally:
            site.close()
