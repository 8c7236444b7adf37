"""A serial port as a wire for RTU frames: pyserial sets it up, the event loop reads and writes it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import termios
from dataclasses import dataclass
from typing import Literal

import serial

from facility.errors import DeviceError

_PARITIES = {"none": serial.PARITY_NONE, "even": serial.PARITY_EVEN, "odd": serial.PARITY_ODD}
_GAP_CHARACTERS = 3.5
_FAST_BAUD = 19200
_FAST_GAP_S = 0.00175  # above 19200 baud the specification fixes it, since timers and interrupts cannot keep up
_READ_BYTES = 1024


@dataclass(frozen=True)
class SerialWire:
    """A serial port and how its bits are set, the same for all units on it."""

    path: str
    baud: int
    parity: Literal["none", "even", "odd"]
    stop_bits: Literal[1, 2]

    @property
    def address(self) -> str:
        """The wire in words."""
        return self.path

    @property
    def gap_s(self) -> float:
        """The silence between two frames: 3.5 characters (MODBUS over Serial Line V1.02, section 2.5.1.1)."""
        bits = 1 + 8 + (self.parity != "none") + self.stop_bits
        return _FAST_GAP_S if self.baud > _FAST_BAUD else _GAP_CHARACTERS * bits / self.baud

    async def open(self, protocol: asyncio.Protocol) -> None:
        """Open the port for this process alone.

        Raises
        ------
        DeviceError
            If it is not there, may not be opened, belongs to another process or cannot be set as wanted.
        """
        try:
            port = serial.Serial(
                self.path,
                self.baud,
                parity=_PARITIES[self.parity],
                stopbits=self.stop_bits,
                timeout=0,
                exclusive=True,
            )
        except (OSError, ValueError, termios.error) as error:
            setting = f"{self.baud} baud, {self.parity} parity, stop bits {self.stop_bits}"
            need = "it must be there, in no other use, and open to a group of this user"
            raise DeviceError(f"serial port {self.path} cannot be opened at {setting}: {error} ({need})") from error
        protocol.connection_made(SerialTransport(port, protocol))


class SerialTransport(asyncio.Transport):
    """An open port in the event loop. Frames are short and the driver takes them at once, so that it does not push back."""

    def __init__(self, port: serial.Serial, protocol: asyncio.Protocol) -> None:
        super().__init__()
        self._port = port
        self._protocol = protocol
        self._loop = asyncio.get_running_loop()
        self._unsent = bytearray()
        self._file = port.fileno()
        self._loop.add_reader(self._file, self._readable)

    def _readable(self) -> None:
        try:
            data = os.read(self._file, _READ_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self._end(error)
            return
        if data:
            self._protocol.data_received(data)
        else:
            self._end(None)  # hung up: the adapter was pulled out

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send bytes, now or as soon as the driver takes them."""
        self._unsent += data
        self._writable()

    def _writable(self) -> None:
        if self.is_closing():
            return
        try:
            del self._unsent[: os.write(self._file, self._unsent)]
        except BlockingIOError:
            pass
        except OSError as error:
            self._end(error)
            return
        if self._unsent:
            self._loop.add_writer(self._file, self._writable)
        else:
            self._loop.remove_writer(self._file)

    def is_closing(self) -> bool:
        """Whether the port is closed."""
        return not self._port.is_open

    def close(self) -> None:
        """Close the port; what is not sent yet is dropped."""
        self._end(None)

    def abort(self) -> None:
        """Close the port; what is not sent yet is dropped."""
        self._end(None)

    def _end(self, error: OSError | None) -> None:
        if self.is_closing():
            return
        self._loop.remove_reader(self._file)
        self._loop.remove_writer(self._file)
        with contextlib.suppress(termios.error):  # gone already
            termios.tcflush(self._file, termios.TCIOFLUSH)  # closing would wait until all is sent
        self._port.close()
        self._loop.call_soon(self._protocol.connection_lost, error)
