"""An SNMP agent as a device."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from facility.acquire.columns import Columns, Value
from facility.acquire.encode import encode_number
from facility.acquire.reader import Fetch, Reader
from facility.acquire.snmp.fetch import SnmpFetch
from facility.acquire.snmp.layout import SnmpLayout, SnmpReading, oids
from facility.acquire.snmp.pdu import UNDO_FAILED, Pdu, Request, error_name, get, set_number
from facility.acquire.snmp.udp import UdpChannel
from facility.errors import DeviceError, WriteRefusedError
from facility.profile import Place

_ATTEMPTS = 2


class Session(Protocol):
    """How an agent is asked: with a community, or as a v3 user."""

    async def ask(self, channel: UdpChannel, request: Request, timeout_s: float) -> Pdu:
        """Send a request and return its answer."""
        ...


class SnmpClient:
    """Reads and sets the points of one agent. The session, and with it the secret, is opened when first needed."""

    def __init__(self, channel: UdpChannel, open_session: Callable[[], Session], layout: SnmpLayout) -> None:
        self._channel = channel
        self._open_session = open_session
        self._layout = layout
        self._session: Session | None = None
        self._silent = False  # it left its last question unanswered: asked once only, until it answers
        self._turns = asyncio.Semaphore(layout.limits.requests_in_flight)

    def reader(self, keys: Sequence[str]) -> Reader:
        """Prepare to read some points together."""
        scaling, reading = self._layout.prepared(keys)
        points = [self._layout.points[key] for key in keys]
        return Reader(points, scaling, self._fetch(reading), self._prepare)

    def _prepare(self, places: Sequence[Place]) -> Fetch:
        return self._fetch(SnmpReading(places, self._layout.limits))

    def _fetch(self, reading: SnmpReading) -> Fetch:
        return SnmpFetch(self._ask, reading, self._layout.limits.requests_in_flight)

    async def _ask(self, request: Request) -> Pdu:
        return await self._ask_within(request, 1 if self._silent else _ATTEMPTS)

    async def _ask_within(self, request: Request, attempts: int) -> Pdu:
        async with self._turns:
            session = self._session or self._open_session()
            try:
                answer = await self._attempts(session, request, attempts)
            except BaseException:
                self._session = None  # one that got no answer is not kept: its secret may be put right meanwhile
                self._silent = True
                raise
            self._session, self._silent = session, False
            return answer

    async def _attempts(self, session: Session, request: Request, attempts: int) -> Pdu:
        for _ in range(attempts - 1):
            try:
                return await session.ask(self._channel, request, self._layout.limits.timeout_s)
            except DeviceError:
                self._channel.close()  # another source port, and the name looked up again
        return await session.ask(self._channel, request, self._layout.limits.timeout_s)

    async def read_one(self, key: str) -> Value:
        """Read a point now."""
        columns = Columns.stale(1)
        await self.reader([key]).read(columns)
        return columns.value(0)

    async def read_text(self, place: Place) -> str:
        """Read a text; empty where the agent has none."""
        answer = await self._ask(get(oids(place)))
        value = answer.values[0] if answer.error_status == 0 else None
        return value.decode("utf-8", errors="replace") if isinstance(value, bytes) else str(value or "")

    async def write(self, key: str, value: float) -> Value:
        """Set an instance, with one attempt, and read it back."""
        answer = await self._ask_within(self._set(key, value), 1)
        if answer.error_status == UNDO_FAILED:
            raise DeviceError(f"the agent could not set {key}, nor undo what it did")
        if answer.error_status:
            raise WriteRefusedError(f"the agent refuses to set {key}: {error_name(answer.error_status)}")
        return await self.read_one(key)

    def describe_write(self, key: str, value: float) -> str:
        """Return the exact request that `write` would send, but for community and keys."""
        point = self._layout.points[key]
        kind = {"integer": "INTEGER", "unsigned": "Unsigned32", "string": "OCTET STRING"}[point.write_as]
        encoded = encode_number(point, value)
        shown = encoded.decode() if isinstance(encoded, bytes) else encoded
        return f"SNMP {self._channel.where}: SET {point.oid} = {kind} {shown}"

    def _set(self, key: str, value: float) -> Request:
        point = self._layout.points[key]
        number = encode_number(point, value)
        return set_number(oids(point)[0], number, unsigned=point.write_as == "unsigned")

    async def close(self) -> None:
        """Close the socket and forget the session."""
        self._channel.close()
        self._session = None
