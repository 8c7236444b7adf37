"""How the service is: processes, devices, and the whole in one word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from facility.api.site_view import SiteView
from facility.heartbeat import ProcessHealth

Status = Literal["ok", "degraded", "failed"]
_MISSED_FLUSHES = 3
NEEDED = ("supervisor", "poller", "planner", "trainer", "alarms", "dispatch", "api")


@dataclass(frozen=True, slots=True)
class DeviceHealth:
    """How a device answers, as the poller last said."""

    device: str
    status: Literal["ok", "failing", "unknown"]
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StoreHealth:
    """How far the table is behind, as the poller last said."""

    waiting_bytes: int = 0  # acknowledged, in the hot log, not in the table
    limit_bytes: int | None = None
    oldest: datetime | None = None  # of what waits
    readings_in_memory: int = 0  # not acknowledged yet
    readings_dropped: int = 0  # since the poller started

    def is_behind(self, now: datetime, flush_interval_s: float) -> bool:
        """Tell whether the table has missed some flushes in a row."""
        return self.oldest is not None and now - self.oldest > _MISSED_FLUSHES * timedelta(seconds=flush_interval_s)


@dataclass(frozen=True, slots=True)
class ServiceHealth:
    """The whole: failed when nothing is polled.

    Degraded when a process, a device, a source of signals, an OpenADR server or the table is not well, or a plan failed.
    """

    status: Status
    at: datetime
    processes: tuple[ProcessHealth, ...]
    missing: tuple[str, ...]  # processes that have never said anything
    devices: tuple[DeviceHealth, ...]
    store: StoreHealth = StoreHealth()

    @property
    def signals(self) -> Sequence[Mapping[str, Any]]:
        """How each provider of signals stands, as the planner last said."""
        said = next((one.detail for one in self.processes if one.process == "planner"), {})
        return list(said.get("signals", ()))

    @property
    def vens(self) -> Sequence[Mapping[str, Any]]:
        """How each OpenADR server stands, as the process that listens to it last said."""
        said = next((one.detail for one in self.processes if one.process == "alarms"), {})
        return list(said.get("vens", ()))


def service_health(view: SiteView) -> ServiceHealth:
    """Return how the service is."""
    now = view.clock.now()
    processes = {health.process: health for health in view.processes(now)}
    missing = tuple(name for name in NEEDED if name not in processes)
    devices = tuple(_devices(view, processes.get("poller")))
    poller = processes.get("poller")
    store = _store(poller)
    well = all(_well(health) for health in processes.values()) and all(device.status == "ok" for device in devices)
    behind = store.is_behind(now, view.loaded.site.history.flush_interval_s)
    status: Status = "ok" if well and not missing and not behind else "degraded"
    if poller is None or not poller.alive:
        status = "failed"
    return ServiceHealth(status, now, tuple(processes.values()), missing, devices, store)


def _store(poller: ProcessHealth | None) -> StoreHealth:
    if poller is None or "backlog" not in poller.detail:
        return StoreHealth()
    backlog, outbox = poller.detail["backlog"], poller.detail["outbox"]
    oldest = None if backlog["oldest"] is None else datetime.fromisoformat(backlog["oldest"])
    return StoreHealth(backlog["waiting_bytes"], backlog["limit_bytes"], oldest, outbox["readings"], outbox["dropped"])


def _well(process: ProcessHealth) -> bool:
    said = process.detail
    # A young site has no models yet: that is as it should be, until the trainer has its days of history.
    waits = process.process == "trainer" and said.get("last_error_kind") == "NotEnoughDataError"
    fetched = all(one["state"] == "fresh" for one in said.get("signals", ()))
    heard = all(not one["last_error"] for one in said.get("vens", ()))
    return process.alive and fetched and heard and (waits or not said.get("last_error"))


def _devices(view: SiteView, poller: ProcessHealth | None) -> list[DeviceHealth]:
    said = poller.detail.get("devices", {}) if poller is not None and poller.alive else {}
    return [_device(device.id, said.get(device.id)) for device in view.loaded.site.devices]


def _device(device: str, said: Mapping[str, Any] | None) -> DeviceHealth:
    if said is None or not said["polls"]:
        return DeviceHealth(device, "unknown", said or {})
    return DeviceHealth(device, "failing" if said["consecutive_failures"] else "ok", said)
