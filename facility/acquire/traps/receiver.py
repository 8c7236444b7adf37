"""Receives SNMP traps and informs of the site's devices, and makes events of them.

Not with pysnmp: its engine knows a user by name only, while a site's devices may share names with different pass phrases, and it
takes half a millisecond for a trap (this: 27 us) before it asks who sends it. Here a flood costs little: what is no device of the
site is dropped unread, and each device and the site as a whole have a bucket of tokens. An inform is acknowledged when its event
is taken, so one that is not comes again.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from facility.acquire.snmp.ber import WireError
from facility.acquire.traps.bucket import Bucket
from facility.acquire.traps.event import trap_event
from facility.acquire.traps.senders import Sender, SenderBook, plain_address
from facility.acquire.traps.usm import NotificationEngine
from facility.errors import DeviceError
from facility.log import get_logger
from facility.ports import Clock
from facility.records import Event
from facility.site import Site, Traps

_LARGEST = 65_535
_READS_PER_EVENT = 10  # an inform takes a few datagrams, and a wrong one shall not cost the right one its place
_AT_ONCE = 16  # datagrams of a flood that are read before polling has its turn
_LOOK_UP_EVERY_S = 300.0
_log = get_logger(__name__)
Sink = Callable[[Event], bool]


@dataclass(slots=True)
class _Source:
    """An address of the site's devices, and what was suppressed of what it sent."""

    senders: tuple[Sender, ...]
    reads: Bucket
    events: Bucket
    suppressed: int = 0
    said: bool = False


class TrapReceiver:
    """Turns datagrams into events; `sink` takes an event, or says that it cannot now."""

    def __init__(
        self, site: Site, traps: Traps, sink: Sink, clock: Clock, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._traps, self._sink, self._clock = traps, sink, clock
        self._monotonic = monotonic
        self._engine = NotificationEngine(site.id, clock.now().timestamp())
        self._book = SenderBook(site, self._engine)
        self._sources: dict[str, _Source] = {}
        self._site_bucket = Bucket(traps.per_site_per_min, monotonic)
        self._log_bucket = Bucket(1, monotonic)
        self._unsaid = 0
        self.dropped = 0  # that came from nobody of the site, or prove nothing

    async def run(self) -> None:
        """Listen until cancelled; devices' names are looked up again now and then.

        Raises
        ------
        DeviceError
            If the address cannot be listened on.
        """
        listening = _listen(self._traps)
        loop = asyncio.get_running_loop()
        buffer = bytearray(_LARGEST)
        try:
            self.take_senders(await asyncio.to_thread(self._book.look_up))
            loop.add_reader(listening, self._readable, listening, buffer)
            _log.info("traps are received", listen=self._traps.listen, port=self._traps.port)
            while True:
                await asyncio.sleep(_LOOK_UP_EVERY_S)
                self.take_senders(await asyncio.to_thread(self._book.look_up))
        finally:
            loop.remove_reader(listening)
            listening.close()

    def take_senders(self, senders: Mapping[str, tuple[Sender, ...]]) -> None:
        """Take these devices' notifications from now on; an address that stays keeps its bucket."""
        known = self._sources
        self._sources = {address: self._source(known.get(address), each) for address, each in senders.items()}

    def _source(self, known: _Source | None, senders: tuple[Sender, ...]) -> _Source:
        if known is None:
            per_min = self._traps.per_device_per_min * len(senders)
            return _Source(
                senders, Bucket(per_min * _READS_PER_EVENT, self._monotonic), Bucket(per_min, self._monotonic)
            )
        known.senders = senders
        return known

    def _readable(self, listening: socket.socket, buffer: bytearray) -> None:
        for _ in range(_AT_ONCE):
            try:
                size, peer = listening.recvfrom_into(buffer)
                reply = self.receive(buffer, size, plain_address(peer[0]))
                if reply is not None:
                    listening.sendto(reply, peer)
            except BlockingIOError:
                return
            except OSError as error:  # an answer that cannot be delivered: the sender asks again
                self._drop(str(error), "a reply")

    def receive(self, buffer: bytearray, size: int, address: str) -> bytes | None:
        """Take the datagram at the start of a buffer, and return what to answer."""
        source = self._sources.get(address)
        if source is None:
            self._drop("it is no device of the site", address)
            return None
        if source.events.full:
            source.said = False  # a flood that is over; the next one is said again
        if not source.reads.take():
            self._suppress(source, address)
            return None
        reason = ""
        data = bytes(memoryview(buffer)[:size])
        for sender in source.senders:
            try:
                return self._take(source, sender, data, address)
            except WireError as error:
                reason = str(error)
        self._drop(reason, address)
        return None

    def _take(self, source: _Source, sender: Sender, data: bytes, address: str) -> bytes | None:
        version, received = sender.open(data, self._engine)
        notification = received.notification
        if notification is None or (notification.inform and notification == sender.last_inform):
            return received.reply
        event = trap_event(
            notification,
            sender.device,
            self._clock.now(),
            version=version,
            address=address,
            suppressed=source.suppressed,
        )
        if not (source.events.take() and self._site_bucket.take() and self._sink(event)):
            self._suppress(source, address)
            return None
        source.suppressed = 0
        if notification.inform:
            sender.last_inform = notification
        return received.reply

    def _suppress(self, source: _Source, address: str) -> None:
        source.suppressed += 1
        if not source.said:
            source.said = True
            devices = ", ".join(sender.device for sender in source.senders[:5])
            _log.warning(
                "too many traps: some are suppressed; the next event counts them", device=devices, address=address
            )

    def _drop(self, reason: str, address: str) -> None:
        self.dropped += 1
        self._unsaid += 1
        if self._log_bucket.take():
            _log.warning("notifications dropped", number=self._unsaid, last_from=address, last_because=reason)
            self._unsaid = 0


def _listen(traps: Traps) -> socket.socket:
    listening: socket.socket | None = None
    try:
        found = socket.getaddrinfo(traps.listen, traps.port, type=socket.SOCK_DGRAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        listening = socket.socket(family, kind | socket.SOCK_NONBLOCK, protocol)
        listening.bind(address)
    except OSError as error:
        if listening is not None:
            listening.close()
        where = f"{traps.listen} port {traps.port}"
        raise DeviceError(
            f"traps: cannot listen on {where}: {error.strerror or error}; change traps in the site file"
        ) from error
    return listening
