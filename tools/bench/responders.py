"""The process that answers for a fleet: `python -m tools.bench.responders SNMP MODBUS PORT FAULT_PERIOD_S SLOW_S`.

One socket a device, all in one epoll loop, so that thousands of devices cost little beside the poller that is measured. With a
fault period above zero, one device in five misbehaves, each period in another way. Told to end, it says how many values it gave.
"""

from __future__ import annotations

import heapq
import itertools
import os
import resource
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from typing import Literal

from tools.bench.poll_fleet import FAULTY_ONE_IN, WOBBLES, host, is_faulty
from tools.bench.responder_modbus import ModbusResponder
from tools.bench.responder_snmp import SnmpResponder

Mode = Literal["well", "silent", "slow", "garbage", "cut"]
_FAULTS: tuple[Mode, ...] = ("silent", "slow", "garbage", "cut")
_WOBBLE_S = 5.0
_BACKLOG = 16


class Responders:
    """All devices of a fleet."""

    def __init__(self, fault_period_s: float, slow_s: float) -> None:
        self._epoll = select.epoll()
        self._ready: dict[int, Callable[[], None]] = {}
        self._later: list[tuple[float, int, Callable[[], object]]] = []
        self._order = itertools.count()
        self._fault_period_s, self._slow_s = fault_period_s, slow_s
        self._started = self._now = time.monotonic()
        self.values = 0  # given, by devices that were well
        self.ending = False

    def add_snmp(self, device: int, port: int) -> None:
        """Begin to answer for a PDU."""
        listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        listening.bind((host(device), port))
        responder = SnmpResponder(device)

        def ready() -> None:
            request, peer = listening.recvfrom(4096)
            answer, values = responder.answer(request, self._wobble())
            self._send(device, answer, values, lambda data: listening.sendto(data, peer))

        self._watch(listening, ready)

    def add_modbus(self, device: int, port: int) -> None:
        """Begin to answer for a meter."""
        listening = socket.create_server((host(device), port), backlog=_BACKLOG)
        listening.setblocking(False)

        def ready() -> None:
            connection, _ = listening.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._serve(device, connection)

        self._watch(listening, ready)

    def _serve(self, device: int, connection: socket.socket) -> None:
        responder = ModbusResponder(device)
        left = b""

        def ready() -> None:
            nonlocal left
            try:
                received = connection.recv(4096)
            except ConnectionError:
                received = b""
            if not received:
                self._forget(connection)
                return
            answers, values, left = responder.answers(left + received, self._wobble())
            if answers:
                self._send(device, b"".join(answers), values, lambda data: self._send_on(connection, device, data))

        self._watch(connection, ready)

    def _send_on(self, connection: socket.socket, device: int, data: bytes) -> None:
        try:
            connection.sendall(data)
            if self._mode(device) == "cut":
                self._forget(connection)
        except OSError:  # the poller has given the connection up
            self._forget(connection)

    def _watch(self, each: socket.socket, ready: Callable[[], None]) -> None:
        self._ready[each.fileno()] = ready
        self._epoll.register(each.fileno(), select.EPOLLIN)

    def _forget(self, connection: socket.socket) -> None:
        if connection.fileno() >= 0:
            self._epoll.unregister(connection.fileno())
            del self._ready[connection.fileno()]
            connection.close()

    def _wobble(self) -> int:
        return int(self._now / _WOBBLE_S) % WOBBLES

    def _mode(self, device: int) -> Mode:
        if not self._fault_period_s or not is_faulty(device):
            return "well"
        period = int((self._now - self._started) / self._fault_period_s)
        return _FAULTS[(device // FAULTY_ONE_IN + period) % len(_FAULTS)]

    def _send(self, device: int, answer: bytes, values: int, send: Callable[[bytes], object]) -> None:
        mode = self._mode(device)
        if mode == "well":
            self.values += values
            send(answer)
        elif mode == "slow":
            due = (self._now + self._slow_s, next(self._order), lambda: send(answer))
            heapq.heappush(self._later, due)
        elif mode != "silent":
            send(_garbled(answer) if mode == "garbage" else answer[: len(answer) // 2])

    def run(self) -> None:
        """Answer until told to end."""
        while not self.ending:
            until_s = self._later[0][0] - time.monotonic() if self._later else 1.0
            events = self._epoll.poll(max(0.0, min(1.0, until_s)))
            self._now = time.monotonic()
            for descriptor, _ in events:
                if descriptor in self._ready:  # not closed by an earlier event of this round
                    self._ready[descriptor]()
            while self._later and self._later[0][0] <= self._now:
                heapq.heappop(self._later)[2]()

    def end(self, *_: object) -> None:
        """End after the present round."""
        self.ending = True


def _garbled(answer: bytes) -> bytes:
    """Return bytes that are no answer, or an answer with some bytes wrong: both reach the parser, at different depths."""
    noise = os.urandom(len(answer))
    if noise[0] & 1:
        return noise
    wrong = bytearray(answer)
    for at in noise[1:4]:
        wrong[at % len(wrong)] ^= noise[4] | 1
    return bytes(wrong)


def main() -> None:
    """Answer for a fleet."""
    snmp, modbus, port = (int(word) for word in sys.argv[1:4])
    fault_period_s, slow_s = (float(word) for word in sys.argv[4:6])
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    responders = Responders(fault_period_s, slow_s)
    signal.signal(signal.SIGTERM, responders.end)
    for device in range(snmp):
        responders.add_snmp(device, port)
    for device in range(snmp, snmp + modbus):
        responders.add_modbus(device, port)
    print("ready", flush=True)
    responders.run()
    print(responders.values, flush=True)


if __name__ == "__main__":
    main()
