"""Traps on their way through the poller's process into the journal."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import structlog.testing

from facility.acquire.snmp import ber
from facility.heartbeat import Heartbeat
from facility.records import Event
from facility.service.traps import receive_traps
from facility.service.worker import Worker
from facility.site import Traps
from facility.site_file import LoadedSite
from facility.site_journal import open_site_journal
from facility.state import StateFolder
from tests.acquire.ber_by_hand import element
from tests.acquire.servers import free_port
from tests.acquire.sites import SystemClock, site, snmp_device


def cold_start(uptime_s: int) -> bytes:
    """A v2c trap of community public."""
    uptime = element(0x30, ber.oid("1.3.6.1.2.1.1.3.0"), ber.integer(uptime_s * 100, 0x43))
    trap = element(0x30, ber.oid("1.3.6.1.6.3.1.1.4.1.0"), ber.oid("1.3.6.1.6.3.1.1.5.1"))
    pdu = element(0xA7, ber.integer(7), ber.integer(0), ber.integer(0), element(0x30, uptime, trap))
    return element(0x30, ber.integer(1), element(4, b"public"), pdu)


def listening_on(loaded: LoadedSite, port: int | None) -> LoadedSite:
    traps = Traps(listen="127.0.0.1", port=port) if port else None
    return replace(loaded, site=loaded.site.model_copy(update={"traps": traps}))


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Worker:
    monkeypatch.setenv("COMMUNITY", "public")
    state = StateFolder(tmp_path / "state")
    state.root.mkdir()
    loaded = site(tmp_path, [snmp_device("ups", "apc_rpdu2", 161, "rack-1")])
    return Worker(state, SystemClock(), Heartbeat(state, "poller", SystemClock()), loaded)


def during(worker: Worker, scene: Callable[[], Awaitable[None]]) -> None:
    async def run() -> None:
        receiving = asyncio.create_task(receive_traps(worker))
        try:
            async with asyncio.timeout(20):
                await scene()
        finally:
            receiving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await receiving

    asyncio.run(run())


def journaled(worker: Worker) -> list[Event]:
    with closing(open_site_journal(worker.loaded, worker.state)) as journal:
        return list(journal.events(kind="trap"))


async def sent_until_journaled(worker: Worker, port: int, uptime_s: int) -> Event:
    """Send a trap, again where it came too early, until the journal has it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as device:
        while True:
            device.sendto(cold_start(uptime_s), ("127.0.0.1", port))
            await asyncio.sleep(0.2)
            for event in await asyncio.to_thread(journaled, worker):
                if event.detail["uptime_s"] == uptime_s:
                    return event


@pytest.fixture
def ports() -> tuple[int, int]:
    return free_port(), free_port()


def test_a_trap_is_journaled_and_a_changed_site_is_followed(worker: Worker, ports: tuple[int, int]) -> None:
    async def scene() -> None:
        await asyncio.to_thread(worker.take_over, listening_on(worker.loaded, ports[0]))
        event = await sent_until_journaled(worker, ports[0], 10)
        assert (event.kind, event.subject, event.actor) == ("trap.cold_start", "ups", "poller")
        await asyncio.to_thread(worker.take_over, listening_on(worker.loaded, ports[1]))
        await sent_until_journaled(worker, ports[1], 20)
        await asyncio.to_thread(worker.take_over, listening_on(worker.loaded, None))
        while True:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as again, contextlib.suppress(OSError):
                again.bind(("127.0.0.1", ports[1]))
                return
            await asyncio.sleep(0.05)

    during(worker, scene)


def test_a_port_that_is_taken_is_said_and_stops_nothing(worker: Worker, ports: tuple[int, int]) -> None:
    async def scene() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind(("127.0.0.1", ports[0]))
            await asyncio.to_thread(worker.take_over, listening_on(worker.loaded, ports[0]))
            while not logs:
                await asyncio.sleep(0.01)
        await asyncio.to_thread(worker.take_over, listening_on(worker.loaded, ports[1]))
        await sent_until_journaled(worker, ports[1], 10)

    with structlog.testing.capture_logs() as logs:
        during(worker, scene)
    assert any("Address already in use" in str(line.get("reason")) for line in logs)
