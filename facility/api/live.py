"""Live values: read once for all who listen, encoded once, and handed to each; who is slow begins anew and holds up nobody."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cached_property

from facility.api.present import Present, Row
from facility.api.site_view import SiteView
from facility.errors import FacilityError
from facility.log import get_logger

EVERY_S = 2.0
MOST_WAITING = 16  # messages; half a minute
_LEVEL = 3  # of gzip: a seventh of the size, in two milliseconds for 5,000 points
_log = get_logger(__name__)


class Message:
    """What is sent to all, in the forms that they asked for, each made once."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def gzipped(self) -> bytes:
        """The same for who asked for it packed: packing it for each client apart would cost ten times as much."""
        return gzip.compress(self.text.encode(), _LEVEL, mtime=0)


class Listener:
    """What waits to be sent to one client."""

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[Message] = asyncio.Queue(MOST_WAITING)

    @property
    def is_full(self) -> bool:
        """Whether nothing more may wait."""
        return self._waiting.full()

    async def next(self) -> Message:
        """Return the next message, as soon as there is one."""
        return await self._waiting.get()

    def offer(self, message: Message, whole: Message) -> None:
        """Add a message; a client that did not keep up gets all values in place of what it missed."""
        if self.is_full:
            while not self._waiting.empty():
                self._waiting.get_nowait()
            message = whole
        self._waiting.put_nowait(message)


class LiveFeed:
    """Reads while somebody listens, and only then.

    Messages are JSON objects: `kind` (`whole`, then `changes`), `at`, when it was read, `figures`, the few numbers that are looked
    for first, and `values`, each a point's newest reading as `/api/v1/latest` gives it, but short, since there are thousands:
    point, value, quality, time in seconds of Unix. A value that turns stale is a change; where nothing changed `values` is empty,
    so that silence always means that something is wrong. What was read before the history could not be read is not shown to who
    comes meanwhile.
    """

    def __init__(self, view: SiteView, every_s: float = EVERY_S) -> None:
        self._view, self._every_s = view, every_s
        self._listeners: set[Listener] = set()
        self._present = Present(view)
        self._whole: Message | None = None  # of the last look
        self._reading: asyncio.Task[None] | None = None
        self._beginning = asyncio.Lock()

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[Listener]:
        """Listen; the first message holds all values."""
        listener = Listener()
        async with self._beginning:  # after a restart all come at once, and the first one looks for them all
            if not self._reads_on():
                self._present = Present(self._view)
                await asyncio.to_thread(self._present.look)
                self._whole = None
                self._reading = asyncio.create_task(self._read_on())
        listener.offer(self._all(), self._all())
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
                changed, anew = await asyncio.to_thread(self._present.look)
            except (FacilityError, OSError):  # the next reading may succeed; who listens sees that nothing comes
                _log.exception("live values not read")
                self._present, self._whole = Present(self._view), None
                continue
            self._whole = None
            message = self._all() if anew else self._message("changes", changed)
            for listener in self._listeners:
                listener.offer(message, self._all() if listener.is_full else message)

    def _all(self) -> Message:
        if self._whole is None:
            self._whole = self._message("whole", list(self._present.rows.values()))
        return self._whole

    def _message(self, kind: str, values: Sequence[Row]) -> Message:
        body = {"kind": kind, "at": self._present.at.isoformat(), "figures": self._present.figures, "values": values}
        return Message(json.dumps(body, separators=(",", ":")))
