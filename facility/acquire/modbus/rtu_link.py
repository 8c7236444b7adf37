"""RTU frames on a line that units share: a serial port, or a TCP connection to a gateway that passes frames on as they are.

Strictly one question at a time: nothing in an RTU answer says which question it answers, so that one that comes late looks like
the answer to the next. Therefore a question, once out, keeps the line until it is answered or its time is up, even if whoever
asked has gone; after that its unit is left alone for some time (`modbus_turns`), and what it sends by then is known to be late,
and dropped. Before the next question goes out, to whomever, the line must have been quiet.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from facility.acquire.modbus.connection import Connection, Wire
from facility.acquire.modbus.exceptions import is_out_of_reach
from facility.acquire.modbus.rtu import encode_frame, find_answer
from facility.acquire.modbus.turns import Turns
from facility.errors import DeviceError

_SHORTENED = 4  # a unit that was silent is given a quarter of its time to begin
_SHORTEST_S = 0.1
_SETTLE_S = 0.05  # quiet that is waited for when a late answer may be coming in
_NEVER_QUIET_S = 1.0  # a line that chatters on is asked all the same
_FLOOD_BYTES = 4096  # more than that between two questions is no answer
_MUTE = 2  # questions in a row without one byte: perhaps a connection that only we believe in


@dataclass(slots=True, eq=False)
class _Question:
    """The question that has the line."""

    unit: int
    pdu: bytes
    reply: asyncio.Future[bytes]
    asked: float  # loop time
    timeout_s: float
    patience_s: float  # less than its timeout, if it must begin sooner
    timer: asyncio.TimerHandle | None = None


class RtuLink(Connection):
    """Sends PDUs to units and returns theirs; opens the line when needed, and again after a loss."""

    def __init__(self, wire: Wire) -> None:
        super().__init__(wire)
        self._turns = Turns()
        self._question: _Question | None = None
        self._late: _Question | None = None  # the last one that was not answered in time
        self._buffer = bytearray()
        self._settle_s = 0.0  # quiet that the next question must find
        self._heard = 0  # bytes since the last question
        self._heard_at = 0.0  # loop time
        self._mute = 0  # questions in a row without one byte

    async def request(self, unit: int, pdu: bytes, timeout_s: float) -> bytes:
        """Send a PDU to a unit and return its answer.

        Raises
        ------
        DeviceError
            If the line cannot be opened, breaks, or brings no answer of this unit, whole and in time.
        """
        frame = encode_frame(unit, pdu)
        await self._connected(timeout_s)
        await self._turns.take(unit)
        try:
            await self._settled()
            transport = await self._connected(timeout_s)
        except BaseException:
            self._turns.leave()
            raise
        question = self._put(unit, pdu, timeout_s)
        transport.write(frame)
        return await question.reply

    async def _settled(self) -> None:
        clock = asyncio.get_running_loop().time
        gap_s = max(self._wire.gap_s, self._settle_s)
        give_up = clock() + _NEVER_QUIET_S
        while (wait_s := self._heard_at + gap_s - clock()) > 0 and clock() < give_up:
            await asyncio.sleep(wait_s)

    def _put(self, unit: int, pdu: bytes, timeout_s: float) -> _Question:
        loop = asyncio.get_running_loop()
        briefly_s = max(timeout_s / _SHORTENED, _SHORTEST_S) if self._turns.is_silent(unit) else timeout_s
        question = _Question(unit, pdu, loop.create_future(), loop.time(), timeout_s, min(briefly_s, timeout_s))
        question.timer = loop.call_at(question.asked + question.patience_s, self._time_up, question)
        self._question = question
        self._buffer.clear()
        self._settle_s = 0.0
        self._heard = 0
        return question

    def _time_up(self, question: _Question) -> None:
        if self._heard and question.patience_s < question.timeout_s:  # it has begun, or another has
            question.patience_s = question.timeout_s
            deadline = question.asked + question.timeout_s
            question.timer = asyncio.get_running_loop().call_at(deadline, self._time_up, question)
            return
        self._late, self._settle_s = question, _SETTLE_S
        self._turns.silent(question.unit, question.patience_s)
        noise = f" ({self._heard} bytes came that are not its answer: check baud rate, parity and wiring)"
        silence = f"no answer from unit {question.unit} at {self.address} in {question.patience_s:g} s"
        self._end(question, DeviceError(silence + noise if self._heard else silence))
        self._mute = 0 if self._heard else self._mute + 1
        if self._mute >= _MUTE:
            self._mute = 0
            self._drop(f"{self.address} brings no byte")

    def _end(self, question: _Question, outcome: bytes | DeviceError) -> None:
        assert question.timer is not None
        question.timer.cancel()
        self._question = None
        if not question.reply.done():
            if isinstance(outcome, DeviceError):
                question.reply.set_exception(outcome)
            else:
                question.reply.set_result(outcome)
        self._turns.leave()

    def data_received(self, data: bytes) -> None:
        """Look for the answer in what came since the question."""
        self._heard_at = asyncio.get_running_loop().time()
        self._heard += len(data)
        self._mute = 0
        if self._heard > _FLOOD_BYTES:
            self._drop(f"{self.address} sends {self._heard} bytes that answer nothing")
            return
        self._buffer += data
        received = bytes(self._buffer)
        self._watch_for_late(received)
        question = self._question
        if question is not None:
            pdu = find_answer(received, question.unit, question.pdu)
            if pdu is not None:
                self._answered(question, pdu)

    def _answered(self, question: _Question, pdu: bytes) -> None:
        if is_out_of_reach(pdu):
            self._turns.silent(question.unit, asyncio.get_running_loop().time() - question.asked)
        else:
            self._turns.answered(question.unit)
        self._end(question, pdu)

    def _watch_for_late(self, received: bytes) -> None:
        """A late answer is dropped, but shows that its unit lives and owes nothing any more."""
        late = self._late
        if late is not None and find_answer(received, late.unit, late.pdu) is not None:
            self._late = None
            self._turns.answered(late.unit)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        super().connection_made(transport)
        self._buffer.clear()
        self._heard = 0

    def _lost(self, reason: str) -> None:
        if self._question is not None:
            self._end(self._question, DeviceError(reason))
