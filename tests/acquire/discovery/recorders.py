"""Servers on all of 127.0.0.0/8 that write down what comes, from where and to which of their addresses."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

_IP_PKTINFO = 8  # Linux; the socket module of Python 3.11 does not name it


@dataclass(frozen=True)
class Datagram:
    at: float
    to: str
    data: bytes


def agent_behind(port: int) -> Callable[[str, bytes], list[bytes]]:
    """Answer with what the agent at a port of 127.0.0.1 answers."""

    def ask(to: str, data: bytes) -> list[bytes]:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.settimeout(2)
            peer.connect(("127.0.0.1", port))
            peer.send(data)
            return [peer.recv(65535)]

    return ask


@contextmanager
def udp_recorder(answer: Callable[[str, bytes], list[bytes]]) -> Iterator[tuple[int, list[Datagram]]]:
    """Record datagrams to any address of loopback; yields the port and the record."""
    record: list[Datagram] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("0.0.0.0", 0))
        listener.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
        listener.settimeout(0.1)
        ended = threading.Event()

        def serve() -> None:
            while not ended.is_set():
                try:
                    data, extra, _, source = listener.recvmsg(65535, 256)
                except TimeoutError:
                    continue
                to = extra[0][2][8:12]
                record.append(Datagram(time.monotonic(), socket.inet_ntoa(to), data))
                for reply in answer(socket.inet_ntoa(to), data):
                    sender = struct.pack("=I4s4s", 0, to, b"\0" * 4)
                    listener.sendmsg([reply], [(socket.IPPROTO_IP, _IP_PKTINFO, sender)], 0, source)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield int(listener.getsockname()[1]), record
        finally:
            ended.set()
            thread.join()


@dataclass
class Connections:
    """What came over TCP: when each connection was opened and to which address, and its frames."""

    opened: list[tuple[float, str]] = field(default_factory=list)
    frames: list[bytes] = field(default_factory=list)
    now: dict[str, int] = field(default_factory=dict)  # open, by address
    most: dict[str, int] = field(default_factory=dict)


@asynccontextmanager
async def tcp_recorder(answer: Callable[[bytes], bytes | None]) -> AsyncIterator[tuple[int, Connections]]:
    """Record Modbus TCP frames to any address of loopback; yields the port and the record."""
    record = Connections()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to = writer.get_extra_info("sockname")[0]
        record.opened.append((time.monotonic(), to))
        record.now[to] = record.now.get(to, 0) + 1
        record.most[to] = max(record.most.get(to, 0), record.now[to])
        try:
            while True:
                head = await reader.readexactly(6)
                frame = head + await reader.readexactly(int.from_bytes(head[4:6], "big"))
                record.frames.append(frame)
                if (reply := answer(frame)) is not None:
                    writer.write(reply)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            record.now[to] -= 1
            writer.close()

    server = await asyncio.start_server(serve, "0.0.0.0", 0)
    try:
        yield int(server.sockets[0].getsockname()[1]), record
    finally:
        server.close()
        await asyncio.sleep(0.01)
