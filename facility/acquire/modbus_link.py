"""One TCP connection to a Modbus server, shared by the units behind it.

One request at a time goes out: the protocol lets a server take more, but many cannot (pymodbus's own drops the second of two frames
in one segment). A unit that stays silent holds the line for a moment only; its answer is still taken until its time is up, by
transaction id, and dropped after that rather than taken for the next one's.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import NamedTuple

from facility.errors import DeviceError

_HEADER = struct.Struct(">HHHB")  # transaction, protocol (0), length of what follows, unit
_HOLD_S = 0.25  # how long a unit may keep its neighbours from asking
_LONGEST = 254
_CONNECT_S = 5.0


class _Open(NamedTuple):
    """A request under way."""

    unit: int
    reply: asyncio.Future[bytes]


class ModbusLink(asyncio.Protocol):
    """Sends PDUs to units and returns theirs; connects when needed, and again after a loss."""

    def __init__(self, host: str, port: int) -> None:
        self.address = f"{host}:{port}"
        self.users = 0  # devices that share it
        self._host, self._port = host, port
        self._transport: asyncio.Transport | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._open: dict[int, _Open] = {}
        self._transaction = 0
        self._buffer = bytearray()
        self._received = 0  # bytes, ever
        self._unmatched = 0  # answers that fit no request, since the last question
        self._line = asyncio.Lock()

    async def request(self, unit: int, pdu: bytes, timeout_s: float) -> bytes:
        """Send a PDU to a unit and return its answer.

        Raises
        ------
        DeviceError
            If there is no connection, it breaks, or no answer with this transaction id comes in time.
        """
        async with AsyncExitStack() as line:
            await line.enter_async_context(self._line)
            transport = await self._connected(timeout_s)
            deadline = asyncio.get_running_loop().time() + timeout_s
            with self._question(transport, unit, pdu) as reply:
                await asyncio.wait([reply], timeout=min(_HOLD_S, timeout_s))
                await line.aclose()  # the others may ask
                try:
                    async with asyncio.timeout_at(deadline):
                        return await reply
                except TimeoutError:
                    raise DeviceError(self._silence(unit, timeout_s)) from None

    @contextmanager
    def _question(self, transport: asyncio.Transport, unit: int, pdu: bytes) -> Iterator[asyncio.Future[bytes]]:
        transaction = self._transaction = self._transaction % 0xFFFF + 1
        reply: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._open[transaction] = _Open(unit, reply)
        before, self._unmatched = self._received, 0
        transport.write(_HEADER.pack(transaction, 0, len(pdu) + 1, unit) + pdu)
        try:
            yield reply
        finally:
            del self._open[transaction]
            if reply.cancelled() or not reply.done():
                self._drop_if_dead(before)

    def _silence(self, unit: int, timeout_s: float) -> str:
        stray = f" ({self._unmatched} with a wrong transaction id or unit)" if self._unmatched else ""
        return f"no answer from unit {unit} at {self.address} in {timeout_s:g} s{stray}"

    def _drop_if_dead(self, received_before: int) -> None:
        if self._received == received_before and not self._open and self._transport is not None:
            self._transport.abort()  # nobody answered at all: perhaps a connection that only we believe in

    async def _connected(self, timeout_s: float) -> asyncio.Transport:
        if self._transport is None or self._transport.is_closing():
            if self._connecting is None or self._connecting.done():
                self._connecting = asyncio.create_task(self._connect())
                self._connecting.add_done_callback(_retrieve)
            try:
                async with asyncio.timeout(timeout_s):
                    await asyncio.shield(self._connecting)
            except TimeoutError:
                raise DeviceError(f"no connection to {self.address} in {timeout_s:g} s") from None
        if self._transport is None or self._transport.is_closing():
            raise DeviceError(f"{self.address} closed the connection at once")
        return self._transport

    async def _connect(self) -> None:
        try:
            async with asyncio.timeout(_CONNECT_S):
                await asyncio.get_running_loop().create_connection(lambda: self, self._host, self._port)
        except TimeoutError:
            raise DeviceError(f"no connection to {self.address} in {_CONNECT_S:g} s") from None
        except OSError as error:
            raise DeviceError(f"{self.address} cannot be reached: {error.strerror or error}") from error

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._buffer.clear()

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail what is under way; the next request connects again."""
        if self._transport is None or not self._transport.is_closing():
            return  # an older connection than the present one
        self._transport = None
        reason = f": {exc}" if exc else ""
        for request in self._open.values():
            if not request.reply.done():
                request.reply.set_exception(DeviceError(f"{self.address} closed the connection{reason}"))

    def data_received(self, data: bytes) -> None:
        """Cut frames out of the stream; bytes that are not Modbus end the connection."""
        self._received += len(data)
        self._buffer += data
        while len(self._buffer) >= _HEADER.size:
            transaction, protocol, length, unit = _HEADER.unpack_from(self._buffer)
            if protocol != 0 or not 2 <= length <= _LONGEST:
                self._not_modbus()
                return
            end = _HEADER.size - 1 + length
            if len(self._buffer) < end:
                return
            self._deliver(transaction, unit, bytes(self._buffer[_HEADER.size : end]))
            del self._buffer[:end]

    def _deliver(self, transaction: int, unit: int, pdu: bytes) -> None:
        request = self._open.get(transaction)
        if request is None or request.unit != unit:
            self._unmatched += 1
        elif not request.reply.done():
            request.reply.set_result(pdu)

    def _not_modbus(self) -> None:
        for request in self._open.values():
            if not request.reply.done():
                request.reply.set_exception(DeviceError(f"{self.address} answers bytes that are not Modbus TCP"))
        if self._transport is not None:
            self._transport.abort()

    def close(self) -> None:
        """Close the connection."""
        if self._connecting is not None:
            self._connecting.cancel()
        if self._transport is not None:
            self._transport.abort()


def _retrieve(connecting: asyncio.Task[None]) -> None:
    if not connecting.cancelled():
        connecting.exception()  # whoever waited has it; if all gave up, it is not worth a warning
