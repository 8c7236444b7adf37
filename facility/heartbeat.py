"""How each process is: one small JSON file a process in `health/` of the state folder, replaced as a whole.

Files, not rows in the journal: they are readable when the database is not, cost no write-ahead log every few seconds, and a
process that starts finds what the last one said.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from facility.ports import Clock
from facility.state import StateFolder

BEAT_S = 5.0
LATE_AFTER = timedelta(seconds=4 * BEAT_S)


class Heartbeat:
    """Writes the state of this process."""

    def __init__(self, state: StateFolder, process: str, clock: Clock) -> None:
        self._path = health_folder(state) / f"{process}.json"
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._clock = clock
        self._lock = threading.Lock()
        self._said: dict[str, Any] = {"process": process, "pid": os.getpid(), "started": _iso(clock.now())}

    def say(self, activity: str, **detail: Any) -> None:
        """Set what the process is doing, keep or replace details, and beat."""
        with self._lock:
            if self._said.get("activity") != activity:
                self._said |= {"activity": activity, "since": _iso(self._clock.now())}
            self._said |= detail
        self.beat()

    def note(self, **detail: Any) -> None:
        """Keep or replace details beside what the process is doing, for threads that work beside it."""
        with self._lock:
            self._said |= detail
        self.beat()

    def beat(self) -> None:
        """Write the present time beside what was last said."""
        with self._lock:
            self._said["beat"] = _iso(self._clock.now())
            fresh = self._path.with_suffix(".new")
            fresh.write_text(json.dumps(self._said, default=str), encoding="utf-8")
            fresh.replace(self._path)

    def keep_beating(self) -> None:
        """Beat from a thread, for processes whose main thread computes for minutes; `since` shows one that hangs."""
        threading.Thread(target=self._beat_on, name="heartbeat", daemon=True).start()

    def _beat_on(self) -> None:
        pause = threading.Event()
        while not pause.wait(BEAT_S):
            self.beat()


@dataclass(frozen=True, slots=True)
class ProcessHealth:
    """What a process last said, and whether that is recent."""

    process: str
    alive: bool
    beat: datetime
    detail: Mapping[str, Any]


def read_health(state: StateFolder, now: datetime) -> list[ProcessHealth]:
    """Return how each process was when it last said so."""
    return [_read(path, now) for path in sorted(health_folder(state).glob("*.json"))]


def health_folder(state: StateFolder) -> Path:
    """Return the folder of the health files."""
    return state.root / "health"


def _read(path: Path, now: datetime) -> ProcessHealth:
    said = json.loads(path.read_text(encoding="utf-8"))
    beat = datetime.fromisoformat(said["beat"])
    return ProcessHealth(
        said["process"], now - beat <= LATE_AFTER and said["activity"] not in ("stopped", "failed"), beat, said
    )


def _iso(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds")
