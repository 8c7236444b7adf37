"""What 50 listeners cost the server: its CPU and memory with none, with listeners alone, and with what open pages ask besides."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx
import psutil
from websockets.asyncio.client import connect

LIVE = "/api/v1/live?form=gzip"  # as the page asks for it
# What an open overview asks again and again, and how often, in seconds.
ASKED: Mapping[str, float] = {
    "/api/v1/alarms?limit=500": 5.0,
    "/api/v1/health": 10.0,
    "/api/v1/recommendations?state=proposed": 30.0,
    "/api/v1/session": 30.0,
}
POLL_S = 2.0


@dataclass(frozen=True, slots=True)
class Load:
    """What a server used meanwhile."""

    cpu_share_of_core: float
    rss_mb: float
    received_mb: float


def warm_up(address: str) -> None:
    """Ask each thing once: what a server opens for its first reader is no cost of the fiftieth."""
    for path in (*ASKED, "/api/v1/latest"):
        httpx.get(f"http://{address}{path}", timeout=30)


def load_of(
    address: str,
    server: psutil.Process,
    clients: int,
    seconds: float,
    poll: Callable[[int], None],
    *,
    pages: bool = False,
) -> Load:
    """Listen with so many clients for a while, while the site is polled, and return what it cost."""
    return asyncio.run(_load(address, server, clients, seconds, poll, pages=pages))


async def _load(
    address: str, server: psutil.Process, clients: int, seconds: float, poll: Callable[[int], None], *, pages: bool
) -> Load:
    received = [0]
    poll(0)
    listening = [asyncio.create_task(_listen(address, received)) for _ in range(clients)]
    if pages:
        async with httpx.AsyncClient(base_url=f"http://{address}", timeout=30) as client:
            asking = [asyncio.create_task(_ask(client, path, every / clients)) for path, every in ASKED.items()]
            used = await _measure(server, seconds, poll)
            await _end(asking)
    else:
        used = await _measure(server, seconds, poll)
    for task in listening:
        if task.done():
            task.result()  # raises: who was cut off measures nothing
    await _end(listening)
    return Load(used, server.memory_info().rss / 1e6, received[0] / 1e6)


async def _measure(server: psutil.Process, seconds: float, poll: Callable[[int], None]) -> float:
    await asyncio.sleep(3.0)  # all are connected and have their first values
    begun, cpu = time.monotonic(), _cpu_s(server)
    for turn in range(1, 1 + round(seconds / POLL_S)):
        await asyncio.sleep(POLL_S)
        await asyncio.to_thread(poll, turn)
    return (_cpu_s(server) - cpu) / (time.monotonic() - begun)


async def _listen(address: str, received: list[int]) -> None:
    async with connect(f"ws://{address}{LIVE}", max_size=None) as socket:
        async for message in socket:
            received[0] += len(message)


async def _ask(client: httpx.AsyncClient, path: str, every_s: float) -> None:
    while True:
        await client.get(path)
        await asyncio.sleep(every_s)


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system
