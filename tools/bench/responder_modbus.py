"""The meter's side of Modbus TCP for the polling benchmark: answers encoded when a request is first seen."""

from __future__ import annotations

import struct

from tools.bench.poll_fleet import MODBUS_POINTS, WOBBLES, least_raw

_READ = struct.Struct(">BHH")  # function, address, count
_READ_HOLDING, _READ_INPUT = 3, 4
_HEADER = 7  # transaction, protocol, length, unit


class ModbusResponder:
    """One meter with one connection's worth of memory: the bytes of a frame that has not come whole."""

    def __init__(self, device: int) -> None:
        self._device = device
        self._known: dict[bytes, tuple[list[bytes], int]] = {}

    def answers(self, received: bytes, wobble: int) -> tuple[list[bytes], int, bytes]:
        """Return the answers to the whole frames in what was received, how many values they hold, and the bytes left."""
        answers, values = [], 0
        while len(received) >= _HEADER and len(received) >= 6 + int.from_bytes(received[4:6]):
            end = 6 + int.from_bytes(received[4:6])
            pdu = received[_HEADER:end]
            if pdu not in self._known:
                self._known[pdu] = self._encoded(pdu)
            bodies, held = self._known[pdu]
            body = bodies[wobble]
            answers.append(received[:4] + (len(body) + 1).to_bytes(2) + received[6:7] + body)
            values += held
            received = received[end:]
        return answers, values, received

    def _encoded(self, pdu: bytes) -> tuple[list[bytes], int]:
        if pdu[0] not in (_READ_HOLDING, _READ_INPUT) or len(pdu) != _READ.size:
            return [bytes((pdu[0] | 0x80, 1))] * WOBBLES, 0
        function, first, count = _READ.unpack(pdu)
        if first + count > MODBUS_POINTS:
            return [bytes((function | 0x80, 2))] * WOBBLES, 0
        return [
            bytes((function, 2 * count)) + self._registers(first, count, wobble) for wobble in range(WOBBLES)
        ], count

    def _registers(self, first: int, count: int, wobble: int) -> bytes:
        values = [least_raw(self._device, register) + wobble for register in range(first, first + count)]
        return struct.pack(f">{count}H", *values)
