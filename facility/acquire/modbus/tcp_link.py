"""One TCP connection to a Modbus server, shared by the units behind it.

One request at a time goes out: the protocol lets a server take more, but many cannot (pymodbus's own drops the second of two frames
in one segment). A unit that stays silent holds the line for a moment only; its answer is still taken until its time is up, by
transaction id, and dropped after that rather than taken for the next one's.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from facility.acquire.modbus.connection import Connection, TcpWire
from facility.acquire.modbus.exceptions import is_out_of_reach
from facility.acquire.modbus.mbap import NotModbusError, cut_frames, encode_frame
from facility.acquire.modbus.turns import Turns
from facility.errors import DeviceError

_HOLD_S = 0.25  # how long a unit may keep its neighbours from asking


@dataclass(slots=True, eq=False)
class _Question:
    """A request under way: it has the line until it is answered, or for a moment."""

    transaction: int
    unit: int
    reply: asyncio.Future[bytes]
    timeout_s: float
    asked: float  # loop time
    received_before: int
    timer: asyncio.TimerHandle | None = None
    has_line: bool = True


class ModbusLink(Connection):
    """Sends PDUs to units and returns theirs; connects when needed, and again after a loss."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(TcpWire(host, port))
        self._open: dict[int, _Question] = {}
        self._transaction = 0
        self._rest = b""  # of a frame that is not whole yet
        self._received = 0  # bytes, ever
        self._unmatched = 0  # answers that fit no request, since the last question
        self._turns = Turns()

    async def request(self, unit: int, pdu: bytes, timeout_s: float) -> bytes:
        """Send a PDU to a unit and return its answer.

        Raises
        ------
        DeviceError
            If there is no connection, it breaks, or no answer with this transaction id comes in time.
        """
        await self._connected(timeout_s)  # before the turn: if the server is down, all its units learn it together
        await self._turns.take(unit)
        try:
            transport = await self._connected(timeout_s)
        except BaseException:
            self._turns.leave()
            raise
        question = self._ask(transport, unit, pdu, timeout_s)
        try:
            return await question.reply
        finally:
            self._end(question)

    def _ask(self, transport: asyncio.Transport, unit: int, pdu: bytes, timeout_s: float) -> _Question:
        loop = asyncio.get_running_loop()
        transaction = self._transaction = self._transaction % 0xFFFF + 1
        question = _Question(transaction, unit, loop.create_future(), timeout_s, loop.time(), self._received)
        question.timer = loop.call_at(question.asked + min(_HOLD_S, timeout_s), self._hold_over, question)
        self._open[transaction] = question
        self._unmatched = 0
        transport.write(encode_frame(transaction, unit, pdu))
        return question

    def _hold_over(self, question: _Question) -> None:
        if question.reply.done():
            return
        if question.timeout_s > _HOLD_S:
            deadline = question.asked + question.timeout_s
            question.timer = asyncio.get_running_loop().call_at(deadline, self._time_up, question)
        else:
            self._time_up(question)
        question.has_line = False
        self._turns.leave()

    def _time_up(self, question: _Question) -> None:
        if not question.reply.done():
            stray = f" ({self._unmatched} with a wrong transaction id or unit)" if self._unmatched else ""
            waited = f"no answer from unit {question.unit} at {self.address} in {question.timeout_s:g} s{stray}"
            question.reply.set_exception(_SilenceError(waited))

    def _end(self, question: _Question) -> None:
        assert question.timer is not None
        question.timer.cancel()
        del self._open[question.transaction]
        reply = question.reply
        if reply.cancelled() or isinstance(reply.exception(), _SilenceError):
            self._turns.silent(question.unit, min(_HOLD_S, question.timeout_s))
            self._drop_if_dead(question.received_before)
        if question.has_line:
            self._turns.leave()

    def _drop_if_dead(self, received_before: int) -> None:
        if self._received == received_before and not self._open:
            self._drop("nobody answered at all: perhaps a connection that only we believe in")

    def data_received(self, data: bytes) -> None:
        """Cut frames out of the stream; bytes that are not Modbus end the connection."""
        self._received += len(data)
        try:
            frames, self._rest = cut_frames(self._rest + data if self._rest else data)
        except NotModbusError:
            self._drop(f"{self.address} answers bytes that are not Modbus TCP")
            return
        for transaction, unit, pdu in frames:
            self._deliver(transaction, unit, pdu)

    def _deliver(self, transaction: int, unit: int, pdu: bytes) -> None:
        question = self._open.get(transaction)
        if question is None or question.unit != unit:
            self._unmatched += 1
            return
        if is_out_of_reach(pdu):
            self._turns.silent(unit, min(_HOLD_S, asyncio.get_running_loop().time() - question.asked))
        else:
            self._turns.answered(unit)
        if not question.reply.done():
            question.reply.set_result(pdu)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        super().connection_made(transport)
        self._rest = b""

    def _lost(self, reason: str) -> None:
        for question in self._open.values():
            if not question.reply.done():
                question.reply.set_exception(DeviceError(reason))


class _SilenceError(DeviceError):
    """No answer came in time."""
