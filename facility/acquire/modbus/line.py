"""What a unit's client needs of the line to it, whatever carries it."""

from __future__ import annotations

from typing import Protocol


class ModbusLine(Protocol):
    """A line that several units share; one question at a time goes out on it."""

    address: str  # in words: host and port, or the serial port
    users: int  # devices that share it
    busy_answers: int  # "ask again later", ever

    async def request(self, unit: int, pdu: bytes, timeout_s: float) -> bytes:
        """Send a PDU to a unit and return its answer, which may be an exception answer.

        `timeout_s` runs from when the question goes out; waiting for the line comes on top.

        Raises
        ------
        facility.errors.DeviceError
            If the line cannot be opened, breaks, or brings no answer in time.
        """
        ...

    def close(self) -> None:
        """Close the line; a later request opens it again."""
        ...
