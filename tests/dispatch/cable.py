"""A cable between dispatch and a device: bytes pass until it is cut; then connections stand and nothing arrives."""

from __future__ import annotations

import asyncio
from contextlib import closing, suppress

WRITES = (6, 16)  # function codes, after the seven bytes of a Modbus TCP header


class Cable:
    """Forwards TCP from a port of its own to a device."""

    def __init__(self, to: int) -> None:
        self._to = to
        self._server: asyncio.Server | None = None
        self._cut = False
        self._loses = ""
        self.port = 0

    @classmethod
    async def before(cls, to: int) -> Cable:
        """Lay a cable to a port."""
        cable = cls(to)
        cable._server = await asyncio.start_server(cable._serve, "127.0.0.1", 0)
        cable.port = int(cable._server.sockets[0].getsockname()[1])
        return cable

    def cut(self) -> None:
        """Let nothing through any more, either way."""
        self._cut = True

    def lose_writes(self, *, arrive: bool) -> None:
        """Let everything through but writes, or but the answers to them."""
        self._loses = "answers" if arrive else "writes"

    def mend(self) -> None:
        """Let everything through again."""
        self._cut, self._loses = False, ""

    async def close(self) -> None:
        """Take the cable away."""
        assert self._server is not None
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer):  # whatever becomes of the other end, and while it is still being reached
            try:
                there, back = await asyncio.open_connection("127.0.0.1", self._to)
            except ConnectionError:
                return
            with closing(back), suppress(ConnectionError):
                await asyncio.gather(self._pump(reader, back, answers=False), self._pump(there, writer, answers=True))

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, answers: bool) -> None:
        while data := await source.read(4096):
            written = data[7] in WRITES
            lost = written and self._loses == ("answers" if answers else "writes")
            if not (self._cut or lost):
                sink.write(data)
                await sink.drain()
        sink.close()
