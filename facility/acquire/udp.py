"""One connected UDP socket a device, one question at a time.

One each rather than one shared: a connected socket takes datagrams from that address and port only, tells at once when nothing
listens there, and a device that floods or stalls fills its own buffer, not its neighbours'. It costs a file descriptor.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from facility.acquire.ber import WireError
from facility.errors import DeviceError

Answer = TypeVar("Answer")


class SilenceError(DeviceError):
    """No valid answer came in time."""


class UdpChannel(asyncio.DatagramProtocol):
    """Asks a host, and passes datagrams to the question's `accept` until one is its answer."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._transport: asyncio.DatagramTransport | None = None
        self._offer: Callable[[bytes], bool] | None = None
        self._fail: Callable[[DeviceError], None] | None = None
        self._discarded = 0  # datagrams that did not answer the open question, and why the last one did not
        self._last_reason = ""

    async def exchange(self, payload: bytes, accept: Callable[[bytes], Answer], timeout_s: float) -> Answer:
        """Send a question and return what `accept` makes of its answer.

        `accept` raises WireError for a datagram that is not the answer; it is discarded, and the wait goes on.

        Raises
        ------
        SilenceError
            If nothing valid came in time.
        DeviceError
            If the host cannot be reached, or says that nothing listens there.
        """
        transport = self._transport or await self._open()
        reply: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._discarded = 0
        self._offer, self._fail = _offer_to(reply, accept), _fail_of(reply)
        transport.sendto(payload)
        try:
            async with asyncio.timeout(timeout_s):
                return await reply
        except TimeoutError:
            raise SilenceError(self._silence(timeout_s)) from None
        finally:
            self._offer = self._fail = None

    async def _open(self) -> asyncio.DatagramTransport:
        loop = asyncio.get_running_loop()
        try:
            self._transport, _ = await loop.create_datagram_endpoint(lambda: self, remote_addr=(self._host, self._port))
        except OSError as error:
            raise DeviceError(f"{self._host}:{self._port} cannot be reached: {error.strerror or error}") from error
        return self._transport

    def _silence(self, timeout_s: float) -> str:
        where = f"from {self._host}:{self._port} in {timeout_s:g} s"
        if not self._discarded:
            return f"no answer {where}"
        return f"no valid answer {where}; discarded {self._discarded}, the last one because of: {self._last_reason}"

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002  # connected: only the peer's come
        """Offer a datagram to the open question; without one it is late, and dropped."""
        if self._offer is None:
            return
        try:
            self._offer(data)
        except WireError as error:
            self._discarded += 1
            self._last_reason = str(error)

    def error_received(self, exc: Exception) -> None:
        """Fail the open question: the host said that nothing listens there."""
        if self._fail is not None:
            self._fail(DeviceError(f"{self._host}:{self._port} refuses: {getattr(exc, 'strerror', None) or exc}"))

    def close(self) -> None:
        """Close the socket; the next question opens another, from another port."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None


def _offer_to(reply: asyncio.Future[Answer], accept: Callable[[bytes], Answer]) -> Callable[[bytes], bool]:
    def offer(data: bytes) -> bool:
        if not reply.done():
            reply.set_result(accept(data))
        return True

    return offer


def _fail_of(reply: asyncio.Future[Answer]) -> Callable[[DeviceError], None]:
    def fail(error: DeviceError) -> None:
        if not reply.done():
            reply.set_exception(error)

    return fail
