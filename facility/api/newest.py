"""The newest reading of each point, at the price of those that changed: thousands of points are asked for every two seconds."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from facility.history.hot_log import HotLogTail
from facility.history.telemetry import TelemetryStore
from facility.points import PointIndex
from facility.records import Reading


class NewestReadings:
    """Of a site's points; one that did not change is the same object as before. Safe to use from several threads."""

    def __init__(self, hot_log: Path) -> None:
        self._hot_log = hot_log
        self._lock = threading.Lock()
        self._tail = HotLogTail(hot_log)
        self._points: PointIndex | None = None
        self._newest: dict[str, Reading] = {}

    def read(self, telemetry: TelemetryStore, points: PointIndex) -> Mapping[str, Reading]:
        """Return the newest reading of each point that has one."""
        with self._lock:
            parts, missed = self._tail.poll()
            changed = {part.points[code] for part in parts for code in np.unique(part.code)}
            if missed or points is not self._points:
                self._tail, self._points = HotLogTail(self._hot_log), None  # if what follows fails, all is read again
                for _ in self._tail.poll()[0]:  # only to be beyond what is there
                    pass
                newest = telemetry.latest()
                self._newest = {point.id: newest[point.id] for point in points if point.id in newest}
                self._points = points
            elif changed:
                self._points = None
                known = sorted(point for point in changed if point in points)
                self._newest = {**self._newest, **telemetry.latest(known)}
                self._points = points
            return self._newest
