"""Asking a busy unit again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from facility.acquire.modbus.exceptions import may_repeat
from facility.acquire.modbus.line import ModbusLine

_FIRST_WAIT_S = 0.05
_LONGEST_WAIT_S = 0.5


async def ask(line: ModbusLine, unit: int, pdu: bytes, timeout_s: float) -> bytes:
    """Send a PDU to a unit and return its answer; while it says that it is busy, ask again after a wait.

    The waits sum to at most `timeout_s`; the last "busy" is returned like any answer. Each is counted in `line.busy_answers`.

    Raises
    ------
    facility.errors.DeviceError
        As `ModbusLine.request` does.
    """
    answer = await line.request(unit, pdu, timeout_s)
    if not may_repeat(pdu, answer):
        return answer
    for wait_s in waits(timeout_s):
        line.busy_answers += 1
        await asyncio.sleep(wait_s)
        answer = await line.request(unit, pdu, timeout_s)
        if not may_repeat(pdu, answer):
            return answer
    line.busy_answers += 1
    return answer


def waits(in_all_s: float) -> Iterator[float]:
    """Return waits that double up to half a second and sum to at most `in_all_s`."""
    wait_s = _FIRST_WAIT_S
    while wait_s <= in_all_s:
        yield wait_s
        in_all_s -= wait_s
        wait_s = min(2 * wait_s, _LONGEST_WAIT_S)
