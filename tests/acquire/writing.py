"""A writer with a ledger on disk, before a controller whose registers the test holds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from facility.acquire.factory import ClientFactory
from facility.acquire.writing.writer import PointWriter
from facility.history.journal import open_journal
from facility.history.write_ledger import SqlWriteLedger
from facility.records import Event, Permit, PointStanding, Write
from facility.site_file import LoadedSite
from facility.site_journal import open_write_ledger
from facility.state import StateFolder
from tests.acquire.servers import tcp_server
from tests.acquire.sites import SetClock, modbus_device, site

POINT = "crah-1.supply_air_temperature_setpoint_degc"
FAN = "crah-1.fan_speed_setpoint_frac"
LIMITS: Mapping[str, Any] = {"point": POINT, "low": 17.0, "high": 25.0, "reversion": "bms"}


@dataclass
class Controller:
    """A CRAH controller's holding registers."""

    registers: list[int] = field(default_factory=lambda: [180, 600])
    written: list[bytes] = field(default_factory=list)
    mood: str = "obeys"  # or refuses, ignores, silent

    def answer(self, frame: bytes) -> bytes | None:
        function, address, value = frame[7], int.from_bytes(frame[8:10], "big"), frame[10:12]
        if function == 6:
            self.written.append(frame[7:])
            if self.mood == "silent":
                return None
            if self.mood == "refuses":
                return frame[:4] + b"\x00\x03" + frame[6:7] + b"\x86\x03"
            if self.mood == "obeys":
                self.registers[address] = int.from_bytes(value, "big")
            return frame
        count = int.from_bytes(value, "big")
        data = b"".join(register.to_bytes(2, "big") for register in self.registers[address : address + count])
        pdu = bytes([function, len(data)]) + data
        return frame[:4] + (len(pdu) + 1).to_bytes(2, "big") + frame[6:7] + pdu


def crah_site(folder: Path, port: int, **limits: Any) -> LoadedSite:
    devices = [modbus_device("controller", "bms_crah", port, "crah-1", interval_s=0.1)]
    return site(folder, devices, [{**LIMITS, **limits}, {"point": FAN, "low": 0.3, "high": 1.0}])


@dataclass
class Desk:
    """Where an engineer sits: a writer, its ledger and a clock that only moves when told."""

    loaded: LoadedSite
    ledger: SqlWriteLedger
    state: StateFolder
    writer: PointWriter
    clock: SetClock

    async def write(self, value: float, point: str = POINT) -> Write:
        return await self.writer.write(point, value, actor="R. Weber", reason="a warmer night")

    def allow(self, point: str = POINT, **until: Any) -> None:
        self.ledger.allow(point, Permit("R. Weber", "commissioned", self.clock.now(), until.get("until")))

    def standing(self, point: str = POINT) -> PointStanding:
        return self.ledger.standing(point, self.clock.now())

    def events(self) -> list[Event]:
        with closing(open_journal(None, self.state)) as journal:
            assert journal.verify() is None
            return list(journal.events(kind="write"))

    def told(self) -> list[str]:
        return [event.kind for event in self.events()]


@asynccontextmanager
async def desk(loaded: LoadedSite, folder: Path, clock: SetClock | None = None) -> AsyncIterator[Desk]:
    """Open a writer on the devices of a site, with clients of its own."""
    state, clock, factory = StateFolder(folder / "state"), clock or SetClock(), ClientFactory()
    clients = {device.id: factory.client(device, loaded.profile_of(device)) for device in loaded.site.devices}
    with closing(open_write_ledger(loaded, state)) as ledger:
        yield Desk(loaded, ledger, state, PointWriter(loaded, clients.__getitem__, ledger, clock), clock)
    for client in clients.values():
        await client.close()


@asynccontextmanager
async def allowed_desk(folder: Path, controller: Controller, **limits: Any) -> AsyncIterator[Desk]:
    """Open a writer before a controller, on a point that an engineer has allowed."""
    async with tcp_server(controller.answer) as port, desk(crah_site(folder, port, **limits), folder) as opened:
        opened.allow()
        yield opened
