"""Live values: read once for all who listen, encoded once, and handed to each; who is slow begins anew and holds up nobody."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from facility.api.routes.points import LatestAnswer, latest_answer
from facility.api.site_view import SiteView
from facility.errors import FacilityError
from facility.log import get_logger

EVERY_S = 2.0
MOST_WAITING = 16  # messages; half a minute
Values = dict[str, LatestAnswer]
_log = get_logger(__name__)


class Listener:
    """What waits to be sent to one client."""

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[str] = asyncio.Queue(MOST_WAITING)

    @property
    def is_full(self) -> bool:
        """Whether nothing more may wait."""
        return self._waiting.full()

    async def next(self) -> str:
        """Return the next message, as soon as there is one."""
        return await self._waiting.get()

    def offer(self, message: str, whole: str) -> None:
        """Add a message; a client that did not keep up gets all values in place of what it missed."""
        if self.is_full:
            while not self._waiting.empty():
                self._waiting.get_nowait()
            message = whole
        self._waiting.put_nowait(message)


class LiveFeed:
    """Reads while somebody listens, and only then.

    Messages are JSON objects: `kind` (`whole`, then `changes`), `at`, when it was read, and `values`, each a point's newest reading
    as `/api/v1/latest` gives it. A value that turns stale is a change; where nothing changed `values` is empty, so that silence
    always means that something is wrong. What was read before the history could not be read is not shown to who comes meanwhile.
    """

    def __init__(self, view: SiteView, every_s: float = EVERY_S) -> None:
        self._view, self._every_s = view, every_s
        self._listeners: set[Listener] = set()
        self._values: Values = {}
        self._at = view.clock.now()
        self._reading: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[Listener]:
        """Listen; the first message holds all values."""
        listener = Listener()
        if not self._reads_on():
            read = await asyncio.to_thread(self._read)
            if not self._reads_on():  # nobody else was quicker: what they were sent stays what changes are told against
                self._at, self._values = read
                self._reading = asyncio.create_task(self._read_on())
        whole = self._message("whole", self._values)
        listener.offer(whole, whole)
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
            if not self._listeners and self._reading is not None:
                self._reading.cancel()
                self._reading = None

    def _reads_on(self) -> bool:
        return self._reading is not None and not self._reading.done()

    async def _read_on(self) -> None:
        while True:
            await asyncio.sleep(self._every_s)
            try:
                self._at, newest = await asyncio.to_thread(self._read)
            except (FacilityError, OSError):  # the next reading may succeed; who listens sees that nothing comes
                _log.exception("live values not read")
                self._values = {}
                continue
            changed = {point: value for point, value in newest.items() if self._values.get(point) != value}
            self._values = newest
            message, whole = self._message("changes", changed), None
            for listener in self._listeners:
                if listener.is_full and whole is None:
                    whole = self._message("whole", newest)
                listener.offer(message, whole or message)

    def _read(self) -> tuple[datetime, Values]:
        newest, now = self._view.latest(), self._view.clock.now()
        return now, {point.id: latest_answer(point, newest, now) for point in self._view.loaded.points}

    def _message(self, kind: str, values: Values) -> str:
        body: dict[str, Any] = {
            "kind": kind,
            "at": self._at.isoformat(),
            "values": [value.model_dump(mode="json") for value in values.values()],
        }
        return json.dumps(body, separators=(",", ":"))
