"""Traps and informs as net-snmp's own programs send them, over sockets."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from facility.acquire.traps.receiver import TrapReceiver
from facility.errors import DeviceError
from facility.records import Event
from facility.site import Site, Traps
from tests.acquire.servers import free_port
from tests.acquire.sites import SystemClock, site, snmp_device

ON_BATTERY, TEXT = "1.3.6.1.4.1.318.0.5", ["1.3.6.1.4.1.318.2.3.3.0", "s", "on battery"]
V3_LEVELS: dict[str, tuple[dict[str, object], list[str]]] = {
    "noAuthNoPriv": ({"auth_protocol": "none"}, []),
    "MD5 and DES": (
        {
            "auth_protocol": "MD5",
            "auth_key": "env:AUTH",
            "priv_protocol": "DES",
            "priv_key": "env:PRIV",
            "legacy": True,
        },
        ["-a", "MD5", "-A", "authpass12", "-x", "DES", "-X", "privpass12"],
    ),
    "authNoPriv": (
        {"auth_protocol": "SHA1", "auth_key": "env:AUTH"},
        ["-a", "SHA", "-A", "authpass12"],
    ),
    "authPriv": (
        {"auth_key": "env:AUTH", "priv_protocol": "AES256", "priv_key": "env:PRIV"},
        ["-a", "SHA-256", "-A", "authpass12", "-x", "AES-256", "-X", "privpass12"],
    ),
    "authPriv, reeder": (
        {
            "auth_protocol": "SHA1",
            "auth_key": "env:AUTH",
            "priv_protocol": "AES256",
            "priv_key": "env:PRIV",
            "priv_key_extension": "reeder",
        },
        ["-a", "SHA", "-A", "authpass12", "-x", "AES-256-C", "-X", "privpass12"],
    ),
}
Send = Callable[..., Awaitable[int]]


async def program(name: str, *words: str) -> int:
    """Run one of net-snmp's programs; returns its exit code."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} (net-snmp) is not installed")
    environment = {**os.environ, "MIBS": "", "SNMPCONFPATH": "/nowhere", "SNMP_PERSISTENT_DIR": "/nowhere"}
    process = await asyncio.create_subprocess_exec(
        path, *words, env=environment, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    return await process.wait()


@asynccontextmanager
async def listening(where: Site, events: list[Event]) -> AsyncIterator[tuple[TrapReceiver, int]]:
    """Receive a site's traps into a list; yields the receiver and its port."""
    traps = Traps(listen="127.0.0.1", port=free_port(), per_device_per_min=100)

    def take(event: Event) -> bool:
        events.append(event)
        return True

    receiver = TrapReceiver(where, traps, take, SystemClock())
    running = asyncio.create_task(receiver.run())
    while not receiver._sources:
        assert not running.done()
        await asyncio.sleep(0.005)
    try:
        yield receiver, traps.port
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


def receive(where: Site, scene: Callable[[Send, list[Event]], Awaitable[None]]) -> list[Event]:
    """Run a scene whose notifications, all of the same trap, go to a receiver; returns the events."""
    events: list[Event] = []

    async def run() -> None:
        async with listening(where, events) as (_, port):
            await scene(lambda name, *words: program(name, *words, f"127.0.0.1:{port}", "", ON_BATTERY, *TEXT), events)

    asyncio.run(run())
    return events


async def until(events: list[Event], number: int) -> None:
    async with asyncio.timeout(5):
        while len(events) < number:
            await asyncio.sleep(0.005)


def of_version(monkeypatch: pytest.MonkeyPatch, folder: Path, v3: Mapping[str, object] | None = None) -> Site:
    for name, value in {"COMMUNITY": "public", "AUTH": "authpass12", "PRIV": "privpass12"}.items():
        monkeypatch.setenv(name, value)
    more = {"v3": {"user": "facility", **v3}} if v3 else {}
    return site(folder, [snmp_device("ups", "apc_rpdu2", 161, "rack-1", **more)]).site


def test_v1_and_v2c(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(send: Send, events: list[Event]) -> None:
        await send("snmptrap", "-v", "2c", "-c", "publik")
        await send("snmptrap", "-v", "2c", "-c", "public")
        assert await send("snmpinform", "-v", "2c", "-c", "public", "-r", "0") == 0
        assert await send("snmpinform", "-v", "2c", "-c", "publik", "-r", "0", "-t", "0.1") == 1
        await until(events, 2)

    trap, inform = receive(of_version(monkeypatch, tmp_path), scene)
    assert (trap.subject, trap.kind, trap.detail["trap"]) == ("ups", "trap.enterprise", ON_BATTERY)
    assert trap.detail["varbinds"] == "1.3.6.1.4.1.318.2.3.3.0 = on battery"
    assert (trap.detail["inform"], inform.detail["inform"]) == (False, True)


def test_traps_of_v1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[Event] = []

    async def run() -> None:
        async with listening(of_version(monkeypatch, tmp_path), events) as (_, port):
            to = ["-v", "1", "-c", "public", f"127.0.0.1:{port}"]
            await program("snmptrap", *to, "1.3.6.1.4.1.318", "10.0.0.7", "6", "5", "100", *TEXT)
            await program("snmptrap", *to, "1.3.6.1.4.1.318", "10.0.0.7", "2", "0", "100")
            await until(events, 2)

    asyncio.run(run())
    assert [event.kind for event in events] == ["trap.enterprise", "trap.link_down"]
    assert (events[0].detail["trap"], events[0].detail["uptime_s"]) == (ON_BATTERY, 1.0)


@pytest.mark.parametrize("level", list(V3_LEVELS))
def test_v3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, level: str) -> None:
    v3, words = V3_LEVELS[level]
    name = "noAuthNoPriv" if not words else "authPriv" if "-x" in words else "authNoPriv"
    common = ["-v", "3", "-u", "facility", "-l", name, *words]

    async def scene(send: Send, events: list[Event]) -> None:
        assert await send("snmpinform", *common, "-r", "0") == 0
        await send("snmptrap", *common, "-e", "0x80001f8880e9630000d61ff449", "-Z", "3,1000")
        await until(events, 2)
        assert await send("snmpinform", *common, "-u", "nobody", "-r", "0", "-t", "0.1") == 1

    events = receive(of_version(monkeypatch, tmp_path, v3), scene)
    assert [(event.subject, event.detail["inform"], event.detail["version"]) for event in events] == [
        ("ups", True, "v3"),
        ("ups", False, "v3"),
    ]


@pytest.mark.parametrize(
    "words",
    [
        ["-l", "authPriv", "-a", "SHA-256", "-A", "authpass12", "-x", "AES-256", "-X", "wrongpass12"],
        ["-l", "authPriv", "-a", "SHA-256", "-A", "wrongpass12", "-x", "AES-256", "-X", "privpass12"],
        ["-l", "authNoPriv", "-a", "SHA-256", "-A", "authpass12"],
        ["-l", "noAuthNoPriv"],
    ],
)
def test_an_inform_that_does_not_prove_itself_is_not_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    async def scene(send: Send, events: list[Event]) -> None:
        assert await send("snmpinform", "-v", "3", "-u", "facility", *words, "-r", "0", "-t", "0.2") == 1

    assert receive(of_version(monkeypatch, tmp_path, V3_LEVELS["authPriv"][0]), scene) == []


def test_a_flood_is_read_a_little_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> list[int]:
        where = of_version(monkeypatch, tmp_path)
        read = []
        async with listening(where, []) as (receiver, port):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as flooding:
                for _ in range(20):
                    for _ in range(100):
                        flooding.sendto(b"noise", ("127.0.0.1", port))
                    before = receiver.dropped
                    await asyncio.sleep(0)
                    read.append(receiver.dropped - before)
        return read

    read = asyncio.run(run())
    assert sum(read) > 0
    assert max(read) <= 16  # then the loop's others have their turn


def test_a_port_that_is_taken_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    where = of_version(monkeypatch, tmp_path)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        receiver = TrapReceiver(where, Traps(listen="127.0.0.1", port=port), lambda _: True, SystemClock())
        with pytest.raises(DeviceError, match=rf"cannot listen on 127\.0\.0\.1 port {port}: Address already in use"):
            asyncio.run(receiver.run())
