"""A Modbus TCP server in a thread: input and holding registers that a test may change."""

from __future__ import annotations

import socketserver
import struct
import threading
from typing import cast


class ModbusServer(socketserver.ThreadingTCPServer):
    """Answers function codes 3 and 4 for every unit; registers that are not there are zero."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, registers: dict[int, int]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.registers = registers
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        return self.server_address[1]


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        registers = cast(ModbusServer, self.server).registers
        while header := self.rfile.read(7):
            transaction, _, length, unit = struct.unpack(">HHHB", header)
            code, address, count = struct.unpack(">BHH", self.rfile.read(length - 1))
            values = [registers.get(address + offset, 0) for offset in range(count)]
            body = struct.pack(f">BBB{count}H", unit, code, 2 * count, *values)
            self.wfile.write(struct.pack(">HHH", transaction, 0, len(body)) + body)
