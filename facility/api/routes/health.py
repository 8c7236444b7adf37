"""/health: processes, devices and storage; /alive: the whole in one word, for everybody."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Literal

from fastapi import APIRouter, Response
from pydantic import AwareDatetime, BaseModel

from facility.access import Permission
from facility.api.entry import needs, open_to_all
from facility.api.routes.view import View
from facility.api.service_health import DeviceHealth, StoreHealth, service_health
from facility.api.site_view import Storage
from facility.heartbeat import ProcessHealth

router = APIRouter(tags=["health"])


class ProcessAnswer(BaseModel):
    """A process: alive when its last beat is recent; `since` says how long it has been at what it does."""

    process: str
    alive: bool
    beat: AwareDatetime
    activity: str
    since: AwareDatetime
    last_success: AwareDatetime | None
    last_error: str | None
    restarts: int


class DeviceAnswer(BaseModel):
    """A device, as the poller sees it."""

    device: str
    status: str  # ok, failing, unknown
    last_success: AwareDatetime | None
    last_fault: str | None
    consecutive_failures: int
    latency_s: float | None
    points: dict[str, int]  # of the last poll, by quality


class SignalAnswer(BaseModel):
    """A provider of prices, carbon intensity or weather: fresh; failing, its last issue in use; or its fallback stands in."""

    name: str
    state: Literal["fresh", "failing", "fallback"]
    fetched: AwareDatetime | None  # the last issue that was taken
    failures: int  # in a row
    error: str | None
    dropped: int  # implausible values of the last issue
    fallback: str


class VenAnswer(BaseModel):
    """An OpenADR server that the site listens to: when it last answered, and what it shows that the site does not act on.

    `broker` says why nothing is heard at its broker of MQTT, where the settings want that.
    """

    name: str
    last_contact: AwareDatetime | None
    last_error: str | None
    broker: str | None = None
    not_joined: list[str]  # programs
    unread: list[str]  # events, or parts of them


class StorageAnswer(BaseModel):
    """The disk that the state folder is on, and how far the table of readings is behind."""

    hot_log_bytes: int
    hot_log_waiting_bytes: int  # of these, not in the table yet
    hot_log_limit_bytes: int | None
    oldest_waiting: AwareDatetime | None
    readings_in_memory: int  # because the hot log takes none
    readings_dropped: int  # since the poller started
    table_bytes: int | None
    free_bytes: int


class HealthAnswer(BaseModel):
    """The whole: failed (HTTP status 503) when nothing is polled, degraded when a process or device is not well."""

    status: Literal["ok", "degraded", "failed"]
    at: AwareDatetime
    site_revision: str
    processes: list[ProcessAnswer]
    missing: list[str]
    devices: list[DeviceAnswer]
    signals: list[SignalAnswer]
    vens: list[VenAnswer]
    storage: StorageAnswer


class AliveAnswer(BaseModel):
    """The whole in one word."""

    status: Literal["ok", "degraded", "failed"]


@router.get(
    "/alive",
    dependencies=[open_to_all("a load balancer or watchdog keeps no secret, and learns one word")],
    responses={503: {"model": AliveAnswer}},
)
def read_alive(view: View, response: Response) -> AliveAnswer:
    """Return the status of `/health`, and nothing else of it."""
    status = service_health(view).status
    if status == "failed":
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    return AliveAnswer(status=status)


@router.get("/health", dependencies=[needs(Permission.READ)], responses={503: {"model": HealthAnswer}})
def read_health(view: View, response: Response) -> HealthAnswer:
    """Return how the service is."""
    health, storage = service_health(view), view.storage()
    if health.status == "failed":
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    return HealthAnswer(
        status=health.status,
        at=health.at,
        site_revision=view.loaded.revision,
        processes=[_process(each, restarts(health.processes, each.process)) for each in health.processes],
        missing=list(health.missing),
        devices=[_device(each) for each in health.devices],
        signals=[SignalAnswer.model_validate(dict(said)) for said in health.signals],
        vens=[VenAnswer.model_validate(dict(said)) for said in health.vens],
        storage=_storage(storage, health.store),
    )


def _storage(storage: Storage, store: StoreHealth) -> StorageAnswer:
    return StorageAnswer(
        hot_log_bytes=storage.hot_log_bytes,
        hot_log_waiting_bytes=store.waiting_bytes,
        hot_log_limit_bytes=store.limit_bytes,
        oldest_waiting=store.oldest,
        readings_in_memory=store.readings_in_memory,
        readings_dropped=store.readings_dropped,
        table_bytes=storage.table_bytes,
        free_bytes=storage.free_bytes,
    )


def restarts(processes: tuple[ProcessHealth, ...], name: str) -> int:
    """Return how often the supervisor had to start a worker again."""
    supervisor = next((each for each in processes if each.process == "supervisor"), None)
    workers: dict[str, Any] = supervisor.detail.get("workers", {}) if supervisor else {}
    return int(workers.get(name, {}).get("restarts", 0))


def _process(health: ProcessHealth, count: int) -> ProcessAnswer:
    said = health.detail
    return ProcessAnswer(
        process=health.process,
        alive=health.alive,
        beat=health.beat,
        activity=said["activity"],
        since=said["since"],
        last_success=said.get("last_success"),
        last_error=said.get("last_error"),
        restarts=count,
    )


def _device(health: DeviceHealth) -> DeviceAnswer:
    said = health.detail
    return DeviceAnswer(
        device=health.device,
        status=health.status,
        last_success=said.get("last_success"),
        last_fault=said.get("last_fault"),
        consecutive_failures=said.get("consecutive_failures", 0),
        latency_s=said.get("latency_s"),
        points=said.get("points", {}),
    )
