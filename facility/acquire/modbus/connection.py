"""A connection that is opened when it is needed, and again after a loss; Modbus over TCP and over a serial port share it."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Protocol

from facility.errors import DeviceError

_CONNECT_S = 5.0


class Wire(Protocol):
    """What carries the bytes."""

    @property
    def address(self) -> str:
        """The wire in words."""
        ...

    @property
    def gap_s(self) -> float:
        """The silence that RTU needs between two frames."""
        ...

    async def open(self, protocol: asyncio.Protocol) -> None:
        """Open it, and have the protocol told by `connection_made`; raises OSError or DeviceError."""
        ...


@dataclass(frozen=True)
class TcpWire:
    """A TCP server: a device, or a gateway to a serial line, which keeps the silences of that line itself."""

    host: str
    port: int
    gap_s: float = 0.0

    @property
    def address(self) -> str:
        """The wire in words."""
        return f"{self.host}:{self.port}"

    async def open(self, protocol: asyncio.Protocol) -> None:
        """Connect."""
        await asyncio.get_running_loop().create_connection(lambda: protocol, self.host, self.port)


class Connection(asyncio.Protocol, ABC):
    """Opens a wire when asked to; says when it is lost."""

    def __init__(self, wire: Wire) -> None:
        self.address = wire.address
        self.users = 0
        self.busy_answers = 0
        self._wire = wire
        self._transport: asyncio.Transport | None = None
        self._connecting: asyncio.Task[None] | None = None

    async def _connected(self, timeout_s: float) -> asyncio.Transport:
        transport = self._transport
        if transport is not None and not transport.is_closing():
            return transport
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
                await self._wire.open(self)
        except TimeoutError:
            raise DeviceError(f"no connection to {self.address} in {_CONNECT_S:g} s") from None
        except OSError as error:
            raise DeviceError(f"{self.address} cannot be reached: {error.strerror or error}") from error

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail what is under way; the next request connects again."""
        if self._transport is None or not self._transport.is_closing():
            return  # we ended it ourselves, or it is an older one than the present
        self._transport = None
        self._lost(f"{self.address} closed the connection{f': {exc}' if exc else ''}")

    @abstractmethod
    def _lost(self, reason: str) -> None:
        """Fail what is under way."""

    def _drop(self, reason: str) -> None:
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.abort()
            self._lost(reason)

    def close(self) -> None:
        """Close the connection."""
        if self._connecting is not None:
            self._connecting.cancel()
        self._drop(f"the connection to {self.address} was closed")


def _retrieve(connecting: asyncio.Task[None]) -> None:
    if not connecting.cancelled():
        connecting.exception()  # whoever waited has it; if all gave up, it is not worth a warning
