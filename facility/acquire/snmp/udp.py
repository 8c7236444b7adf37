"""One connected UDP socket a device.

One each rather than one shared: a connected socket takes datagrams from that address and port only, tells at once when nothing
listens there, and a device that floods or stalls fills its own buffer, not its neighbours'. It costs a file descriptor. The
sockets are read directly: asyncio's transports take 256 KiB from the allocator for each datagram.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Generic, TypeVar

from facility.acquire.snmp.ber import WireError
from facility.errors import DeviceError

Answer = TypeVar("Answer")
_LARGEST = 65_535
_AT_ONCE = 16  # datagrams that a flooding device gets read before its neighbours have their turn
_buffer = bytearray(_LARGEST)  # of the event loop's thread; copied from at once
_view = memoryview(_buffer)


class SilenceError(DeviceError):
    """No valid answer came in time."""


class _Question(Generic[Answer]):
    """A question under way, and what was discarded meanwhile."""

    __slots__ = ("_accept", "discarded", "last_reason", "reply")

    def __init__(self, reply: asyncio.Future[Answer], accept: Callable[[bytes], Answer]) -> None:
        self.reply = reply
        self._accept = accept
        self.discarded = 0  # datagrams that did not answer it, and why the last one did not
        self.last_reason = ""

    def offer(self, data: bytes) -> bool:
        """Tell whether a datagram is the answer."""
        if self.reply.done():
            return False
        try:
            self.reply.set_result(self._accept(data))
        except WireError as error:
            self.discarded += 1
            self.last_reason = str(error)
            return False
        return True

    def fail(self, error: DeviceError) -> None:
        """End it without an answer."""
        if not self.reply.done():
            self.reply.set_exception(error)

    def expire(self, where: str, timeout_s: float) -> None:
        """End it because of silence."""
        said = f"{where} in {timeout_s:g} s"
        if not self.discarded:
            self.fail(SilenceError(f"no answer from {said}"))
            return
        because = f"discarded {self.discarded}, the last one because of: {self.last_reason}"
        self.fail(SilenceError(f"no valid answer from {said}; {because}"))


class UdpChannel:
    """Asks a host, and passes datagrams to the questions under way until one takes it as its answer."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self.where = f"{host}:{port}"
        self._socket: socket.socket | None = None
        self._questions: list[_Question[object]] = []

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
        loop = asyncio.get_running_loop()
        peer = self._socket or await self._open(loop)
        question = _Question[Answer](loop.create_future(), accept)
        self._questions.append(question)  # type: ignore[arg-type]  # each knows its own kind of answer
        timer = loop.call_later(timeout_s, question.expire, self.where, timeout_s)
        try:
            self._send(peer, payload)
            return await question.reply
        finally:
            timer.cancel()
            self._questions.remove(question)  # type: ignore[arg-type]

    def _send(self, peer: socket.socket, payload: bytes) -> None:
        try:
            peer.send(payload)
        except BlockingIOError:  # a full buffer: as good as lost on the way, and the question is asked again
            return
        except OSError as error:
            raise self._refusal(error) from error

    async def _open(self, loop: asyncio.AbstractEventLoop) -> socket.socket:
        try:
            found = await loop.getaddrinfo(self._host, self._port, type=socket.SOCK_DGRAM)
            family, kind, protocol, _, address = found[0]
            peer = socket.socket(family, kind, protocol)
            peer.setblocking(False)
            peer.connect(address)
        except OSError as error:
            raise DeviceError(f"{self.where} cannot be reached: {error.strerror or error}") from error
        if self._socket is not None:  # another question opened one meanwhile
            peer.close()
            return self._socket
        self._socket = peer
        loop.add_reader(peer, self._readable, peer)
        return peer

    def _readable(self, peer: socket.socket) -> None:
        for _ in range(_AT_ONCE):
            try:
                size = peer.recv_into(_buffer)
            except BlockingIOError:
                return
            except OSError as error:  # the host said that nothing listens there
                for question in tuple(self._questions):
                    question.fail(self._refusal(error))
                return
            if not self._questions:
                continue  # late, and dropped
            data = bytes(_view[:size])
            if any(question.offer(data) for question in self._questions) and len(self._questions) == 1:
                return  # the usual case: one question, one answer, nothing more to read

    def _refusal(self, error: OSError) -> DeviceError:
        return DeviceError(f"{self.where} refuses: {error.strerror or error}")

    def close(self) -> None:
        """Close the socket; the next question opens another, from another port."""
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None
