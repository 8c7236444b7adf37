"""The scan: each host in its turn, not faster than allowed, and one question to a host at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

from facility.acquire.discovery.found import Answer, Fault
from facility.acquire.discovery.modbus_probe import probe_modbus
from facility.acquire.discovery.ranges import Target
from facility.acquire.discovery.recognise import Recogniser
from facility.acquire.discovery.snmp_probe import probe_snmp
from facility.site import SnmpAddress


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of each host, and how patiently."""

    snmp: SnmpAddress | None = None  # credentials and default port; its host stands for that of each target
    modbus_units: Sequence[int] = ()  # none: no TCP connection is opened
    modbus_port: int = 502
    timeout_s: float = 2.0
    host_s: float = 60.0  # for all of one host


@dataclass(frozen=True, slots=True)
class Pace:
    """How many hosts are begun in a second, and how many may be under way together."""

    hosts_per_s: float = 10.0
    parallel: int = 64


class Scan:
    """Asks targets; `answers` fills while it runs, so that a scan that is broken off has what it found."""

    def __init__(self, targets: Sequence[Target], wanted: Wanted, pace: Pace, recogniser: Recogniser) -> None:
        self._ports: dict[str, list[int | None]] = {}  # of each host: its targets are asked one after the other
        for target in targets:
            self._ports.setdefault(target.host, []).append(target.port)
        self._wanted = wanted
        self._pace = pace
        self._recogniser = recogniser
        self._answers: dict[str, list[Answer]] = {}
        self.finished = 0  # hosts

    @property
    def hosts(self) -> int:
        """How many hosts there are to ask."""
        return len(self._ports)

    @property
    def answers(self) -> list[Answer]:
        """What was found so far, in the order of the targets."""
        return [answer for of_host in self._answers.values() for answer in of_host]

    async def run(self, on_host: Callable[[], None] = lambda: None) -> None:
        """Ask all hosts; `on_host` is called after each."""
        places = asyncio.Semaphore(self._pace.parallel)
        loop = asyncio.get_running_loop()
        begin = loop.time()

        async def ask(host: str) -> None:
            try:
                await self._ask(host)
            finally:
                places.release()
            self.finished += 1
            on_host()

        async with asyncio.TaskGroup() as asking:
            for host in self._ports:
                await places.acquire()
                await asyncio.sleep(begin - loop.time())
                begin = max(begin, loop.time()) + 1 / self._pace.hosts_per_s
                asking.create_task(ask(host))

    async def _ask(self, host: str) -> None:
        found = self._answers.setdefault(host, [])
        try:
            async with asyncio.timeout(self._wanted.host_s):
                async for answer in self._host(host):
                    found.append(answer)
        except TimeoutError:
            found.append(Fault(host, f"left after {self._wanted.host_s:g} s"))

    async def _host(self, host: str) -> AsyncIterator[Answer]:
        wanted = self._wanted
        for port in self._ports[host]:
            if wanted.snmp is not None:
                address = wanted.snmp.model_copy(update={"host": host, "port": port or wanted.snmp.port})
                answer = await probe_snmp(address, self._recogniser, wanted.timeout_s)
                if answer is not None:
                    yield answer
            tcp = port or wanted.modbus_port
            async for answer in probe_modbus(host, tcp, wanted.modbus_units, self._recogniser, wanted.timeout_s):
                yield answer
