"""Dispatch as command line, API and service use it: mode, orders, lock-outs, the way back to local control."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from datetime import datetime
from typing import Self

from facility.acquire.client import DeviceClient
from facility.acquire.factory import ClientFactory
from facility.acquire.writing.writer import PointWriter, rules_of
from facility.dispatch.applier import Applier
from facility.dispatch.commission import Commissioning
from facility.dispatch.orders import DISPATCH, Orders
from facility.dispatch.pulse import Pulse
from facility.dispatch.put_back import PutBack
from facility.dispatch.reading import FactReader
from facility.dispatch.settings import device_of, load_settings
from facility.dispatch.switchback import Switchbacks, Timetable
from facility.dispatch.turn import turn
from facility.errors import ConfigurationError, DeviceError, NotTheWriterError, WriteRefusedError
from facility.history.dispatch_records import (
    RELEASED,
    Application,
    LockOut,
    Mode,
    ReversionTest,
    Said,
    Target,
)
from facility.history.switchback_records import Switchback
from facility.log import get_logger
from facility.ports import Clock
from facility.site_file import LoadedSite
from facility.site_history import open_site_history
from facility.site_journal import (
    open_dispatch_book,
    open_site_journal,
    open_stand_in_book,
    open_switchback_book,
    open_write_ledger,
    open_writer_lease,
)
from facility.state import StateFolder

TURN_S = 15.0  # longer than a device takes to be given up
_log = get_logger(__name__)


class DispatchDesk:
    """Everything that acts on, or tells of, the dispatch of one site; a context manager."""

    def __init__(self, loaded: LoadedSite, state: StateFolder, clock: Clock) -> None:
        self.loaded, self.state, self.clock = loaded, state, clock
        self.settings = load_settings(loaded)
        self._open = ExitStack()
        self.book = open_dispatch_book(loaded, state)
        self._open.callback(self.book.close)
        self.journal = open_site_journal(loaded, state)
        self._open.callback(self.journal.close)
        self.ledger = open_write_ledger(loaded, state)
        self._open.callback(self.ledger.close)
        self.lease = open_writer_lease(loaded, state)
        self._open.callback(self.lease.close)
        self.telemetry = open_site_history(loaded, state, clock)
        self._open.callback(self.telemetry.close)
        stand_ins = open_stand_in_book(loaded, state)
        self._open.callback(stand_ins.close)
        self.reader = FactReader(loaded, self.book, self.ledger, self.telemetry, stand_ins)
        trials = open_switchback_book(loaded, state)
        self._open.callback(trials.close)
        self.orders = Orders(
            loaded.site, book=self.book, journal=self.journal, reader=self.reader, clock=clock, trials=trials
        )
        self.switchbacks = Switchbacks(
            loaded,
            kept=trials,
            book=self.book,
            journal=self.journal,
            orders=self.orders,
            reader=self.reader,
            clock=clock,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close what was opened."""
        self._open.close()

    def set_mode(self, mode: Mode, by: str, reason: str) -> None:
        """Set the mode of the site."""
        self.book.set_mode(mode, self._said(by, reason))

    def resume(self, by: str, reason: str) -> None:
        """End a suspension; refused while an abnormal state or a local veto still holds.

        Raises
        ------
        WriteRefusedError
            If one holds.
        JournalError
            If dispatch is not suspended.
        """
        facts = self.reader.site_facts(self.clock.now())
        holding = sorted(facts.abnormal | facts.vetoes)
        if holding:
            raise WriteRefusedError(f"not resumed while {', '.join(holding)} holds; wait until it is over")
        self.book.resume(self._said(by, reason))

    def veto(self, by: str, reason: str, *, lift: bool = False) -> None:
        """Forbid all writing, or allow it again."""
        said = self._said(by, reason)
        (self.book.lift_veto if lift else self.book.veto)(said)

    def lock_out(self, equipment: str, until: datetime, by: str, reason: str) -> None:
        """Lock equipment out until a time.

        Raises
        ------
        ConfigurationError
            If the site has no such equipment, or the time is past.
        """
        if equipment not in {name for name, _ in self.loaded.site.equipment()}:
            raise ConfigurationError(f"{equipment}: the site has no such equipment; `facility check` lists it")
        said = self._said(by, reason)
        if until <= said.at:
            raise ConfigurationError(f"{until.isoformat()} is past")
        self.book.lock_out(LockOut(equipment, said, until))

    def return_to_service(self, equipment: str, by: str, reason: str) -> None:
        """End a lock-out."""
        self.book.return_to_service(equipment, self._said(by, reason))

    def apply(self, recommendation: str, by: str, reason: str) -> Application:
        """Order an approved recommendation to be written; the service does it.

        Raises
        ------
        WriteRefusedError
            If the second check forbids it, with every reason.
        """
        return self.orders.order(recommendation, self._said(by, reason))

    def start_switchback(self, recommendation: str, asked: Timetable, by: str, reason: str) -> Switchback:
        """Have an approved or applied recommendation go on and off by chance; the service does it, or a person by hand.

        Raises
        ------
        ConfigurationError
            If the timetable makes no sense.
        WriteRefusedError
            If dispatch may not carry it out, with every reason.
        """
        return self.switchbacks.start(recommendation, asked, self._said(by, reason))

    def stop_switchback(self, name: str, by: str, reason: str) -> Switchback:
        """End a switchback; what it holds is put back."""
        return self.switchbacks.stop(name, self._said(by, reason))

    async def release(self, by: str, reason: str) -> list[Target]:
        """Return the site to local control: hold dispatch up, hand heartbeats back, put every point back that we hold.

        It needs neither planner nor service, only the journal and the devices. Returns the points; those still held were not
        taken by their device, or are for another machine to put back, and the service goes on trying.
        """
        said = self._said(by, f"{RELEASED}: {reason}")
        self.book.suspend(said)
        with turn(self.state, TURN_S) as came:
            if not came:
                _log.warning("the service has not ended its pass; going on without waiting for it")
            for register in self.settings.heartbeats:
                await self._hand_back(Pulse(self.loaded, register))
            here = self.lease.take()
            if not here:
                _log.warning(
                    "another machine writes to this site; its service puts the points back", writer=self.lease.holder()
                )
            async with self.writer() as writer:
                return await PutBack(self.book, self.journal, writer, self.clock).release(said, here=here)

    async def commission(self, point: str, value: float, by: str, reason: str) -> ReversionTest:
        """Test that a point goes back to local control when our heartbeat stops, and keep the outcome.

        Raises
        ------
        ConfigurationError
            If no heartbeat is declared for it.
        WriteRefusedError
            If the service may be beating, or the point may not be written.
        NotTheWriterError
            If another machine writes to the site's devices.
        """
        register = self.settings.heartbeat_of(point)
        rules_of(self.loaded, self.loaded.points[point])
        self._refuse_test(point)
        if register is None:
            raise ConfigurationError(f"{point}: no heartbeat has it among its points; name it in the dispatch file")
        with turn(self.state, TURN_S) as came:
            if not came or self.wants_heartbeat():
                raise WriteRefusedError(
                    "the service beats the heartbeat: leave Auto and return to local control first, "
                    "on Dispatch or with `facility dispatch mode` and `facility dispatch release`"
                )
            if not self.lease.take():
                raise NotTheWriterError(f"{self.lease.holder()} writes to this site's devices; test there")
            test = await self._test(Pulse(self.loaded, register), point, value, self._said(by, reason))
        self.book.record_test(test)
        return test

    def _refuse_test(self, point: str) -> None:
        facts, equipment = self.reader.site_facts(self.clock.now()), self.loaded.points[point].equipment
        against = [*sorted(facts.abnormal | facts.vetoes)]
        against += [f"the veto of {facts.posture.vetoed.by}"] if facts.posture.vetoed else []
        against += [f"{equipment} is locked out"] if equipment in facts.lock_outs else []
        if against:
            raise WriteRefusedError(f"{point} is not tested now: {', '.join(against)}")

    async def _test(self, pulse: Pulse, point: str, value: float, said: Said) -> ReversionTest:
        try:
            async with self.writer() as writer:
                return await Commissioning(writer, self.ledger, pulse, self.clock).test(point, value, said)
        finally:
            await pulse.close()

    def wants_heartbeat(self) -> bool:
        """Tell whether the plant should know that we are there: in Auto, or while we hold points; never while held up."""
        posture = self.book.posture()
        if posture.suspended or posture.vetoed or posture.mode is Mode.OBSERVE:
            return False
        return posture.mode is Mode.AUTO or self.book.holds_any()

    def may_beat(self) -> bool:
        """Tell whether this machine may keep the plant under remote control: it writes here, and the plant should know."""
        return self.lease.fence is not None and self.wants_heartbeat()

    @asynccontextmanager
    async def writer(self) -> AsyncIterator[PointWriter]:
        """Give a writer with connections of its own."""
        factory, clients = ClientFactory(), dict[str, DeviceClient]()

        def client_of(name: str) -> DeviceClient:
            if name not in clients:
                device = device_of(self.loaded, name)
                assert device is not None
                clients[name] = factory.client(device, self.loaded.profile_of(device))
            return clients[name]

        try:
            yield PointWriter(self.loaded, client_of, self.ledger, self.clock)
        finally:
            for client in clients.values():
                await client.close()

    def applier(self, writer: PointWriter) -> Applier:
        """Return what brings applications forward."""
        return Applier(
            self.loaded, book=self.book, journal=self.journal, ledger=self.ledger, reader=self.reader,
            writer=writer, clock=self.clock, settle=self.settings.settle,
        )  # fmt: skip

    def suspend_if_abnormal(self) -> bool:
        """Hold dispatch up and void what is open while the plant is abnormal; tell whether all is well."""
        facts = self.reader.site_facts(self.clock.now())
        if facts.abnormal:
            states = sorted(facts.abnormal)
            self.book.suspend(self._said(DISPATCH, f"abnormal: {', '.join(states)}"))
            self.orders.void(states)
        posture = self.book.posture()
        return not (facts.abnormal or facts.vetoes or posture.suspended or posture.vetoed)

    async def _hand_back(self, pulse: Pulse) -> None:
        try:
            await pulse.release()
        except DeviceError as error:
            _log.warning(
                "heartbeat not handed back; its watchdog will", heartbeat=pulse.register.name, reason=str(error)
            )
        finally:
            await pulse.close()

    def _said(self, by: str, reason: str) -> Said:
        return Said(by, reason, self.clock.now())
