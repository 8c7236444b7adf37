"""/metrics: for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from facility.access import Permission
from facility.api.entry import needs
from facility.api.routes.health import restarts
from facility.api.routes.view import View
from facility.api.service_health import ServiceHealth, service_health
from facility.api.site_view import SiteView
from facility.prepare.situation import is_fresh

router = APIRouter(tags=["health"])


@router.get(
    "/metrics",
    dependencies=[needs(Permission.READ)],
    response_class=Response,
    responses={200: {"content": {CONTENT_TYPE_LATEST: {}}}},
)
def read_metrics(view: View) -> Response:
    """Return fresh values of all points, and how processes, devices and storage are."""
    registry = CollectorRegistry()
    registry.register(_SiteCollector(view))
    return Response(generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


class _SiteCollector(Collector):
    """Asks the view at each scrape, so that nothing is counted twice or kept."""

    def __init__(self, view: SiteView) -> None:
        self._view = view

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        health = service_health(self._view)
        yield from _process_metrics(health)
        yield from _device_metrics(health)
        yield from _backlog_metrics(health)
        yield from self._storage_metrics()
        yield self._point_values()

    def _storage_metrics(self) -> Iterator[Metric]:
        storage = self._view.storage()
        yield GaugeMetricFamily(
            "facility_storage_free_bytes", "Free on the disk of the state folder", storage.free_bytes
        )
        yield GaugeMetricFamily(
            "facility_hot_log_bytes", "Readings on this disk before the table has them for good", storage.hot_log_bytes
        )
        if storage.table_bytes is not None:
            yield GaugeMetricFamily("facility_table_bytes", "Table of readings", storage.table_bytes)

    def _point_values(self) -> Metric:
        newest, now = self._view.latest(), self._view.clock.now()
        labels = ("point", "equipment", "quantity", "unit")
        values = GaugeMetricFamily("facility_point_value", "Fresh good readings, in canonical units", labels=labels)
        for point in self._view.loaded.points:
            if is_fresh(point, newest.get(point.id), now):
                values.add_metric((point.id, point.equipment, point.quantity, point.unit), newest[point.id].value)
        return values


def _process_metrics(health: ServiceHealth) -> Iterator[Metric]:
    up = GaugeMetricFamily("facility_process_up", "1 while a process beats", labels=("process",))
    again = CounterMetricFamily("facility_process_restarts", "Starts after a death", labels=("process",))
    for process in health.processes:
        up.add_metric((process.process,), float(process.alive))
        again.add_metric((process.process,), restarts(health.processes, process.process))
    yield up
    yield again


def _backlog_metrics(health: ServiceHealth) -> Iterator[Metric]:
    store = health.store
    age_s = 0.0 if store.oldest is None else (health.at - store.oldest).total_seconds()
    yield GaugeMetricFamily("facility_hot_log_age_seconds", "Age of the oldest reading that the table has not", age_s)
    yield GaugeMetricFamily("facility_hot_log_waiting_bytes", "Readings that the table has not", store.waiting_bytes)
    if store.limit_bytes is not None:
        yield GaugeMetricFamily("facility_hot_log_limit_bytes", "How much may wait there", store.limit_bytes)
    yield GaugeMetricFamily("facility_readings_in_memory", "Read, and not acknowledged yet", store.readings_in_memory)
    yield CounterMetricFamily(
        "facility_readings_dropped", "Lost because store and memory were full", store.readings_dropped
    )


_DEVICE_COUNTERS = {
    "polls": ("facility_device_polls", "Polls since the poller started"),
    "failures": ("facility_device_poll_failures", "Polls that failed"),
    "skipped": ("facility_device_slots_skipped", "Polls left out because the one before took too long"),
}


def _device_metrics(health: ServiceHealth) -> Iterator[Metric]:
    up = GaugeMetricFamily("facility_device_up", "1 while a device answers", labels=("device",))
    slow = GaugeMetricFamily("facility_device_slow", "1 while a poll takes half its interval", labels=("device",))
    latency = GaugeMetricFamily("facility_device_latency_seconds", "Of the last poll answered", labels=("device",))
    counters = {
        key: CounterMetricFamily(name, text, labels=("device",)) for key, (name, text) in _DEVICE_COUNTERS.items()
    }
    for device in health.devices:
        up.add_metric((device.device,), float(device.status == "ok"))
        if not device.detail:
            continue
        slow.add_metric((device.device,), float(device.detail["slow"]))
        if device.detail["latency_s"] is not None:
            latency.add_metric((device.device,), device.detail["latency_s"])
        for key, counter in counters.items():
            counter.add_metric((device.device,), device.detail[key])
    yield from (up, slow, latency, *counters.values())
