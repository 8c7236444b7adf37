"""Asks an address for Modbus units: device identification (function 43, MEI type 14) and nothing else, over one connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from facility.acquire.discovery.found import Answer, Fault, Found, place
from facility.acquire.discovery.recognise import Recogniser
from facility.acquire.discovery.texts import printable
from facility.acquire.modbus.exceptions import is_out_of_reach
from facility.acquire.modbus.identity import read_device_identification
from facility.acquire.modbus.tcp_link import ModbusLink
from facility.errors import DeviceError
from facility.site import ModbusAddress

_OBJECTS = ("vendor", "product code", "revision", "url", "product", "model", "application")  # by their ids


class ProbeLink(ModbusLink):
    """Knows whether its server takes connections, and whether the unit that is asked is there."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(host, port)
        self.taken = False
        self.answered = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        super().connection_made(transport)
        self.taken = True

    async def request(self, unit: int, pdu: bytes, timeout_s: float) -> bytes:
        """Send a PDU to a unit and return its answer; see ModbusLink."""
        answer = await super().request(unit, pdu, timeout_s)
        self.answered = not is_out_of_reach(answer)
        return answer


async def probe_modbus(
    host: str, port: int, units: Sequence[int], recogniser: Recogniser, timeout_s: float
) -> AsyncIterator[Answer]:
    """Yield what answers at an address, unit by unit; nothing if it takes no connections."""
    link = ProbeLink(host, port)
    try:
        for unit in units:
            link.answered = False
            address = ModbusAddress(host=host, port=port, unit_id=unit)
            try:
                yield await _unit(link, address, recogniser, timeout_s)
            except DeviceError as error:
                if not link.taken:
                    return
                yield _unwell(address, str(error)) if link.answered else Fault(place(host, port), str(error))
    finally:
        link.close()


async def _unit(link: ProbeLink, address: ModbusAddress, recogniser: Recogniser, timeout_s: float) -> Found:
    objects = await read_device_identification(link, address.unit_id, timeout_s)
    if not objects:
        return Found(address, {}, notes=("a Modbus device that does not identify itself",))
    named = {_OBJECTS[each]: printable(text) for each, text in sorted(objects.items()) if each < len(_OBJECTS) and text}
    return Found(address, named, recogniser.modbus(objects))


def _unwell(address: ModbusAddress, reason: str) -> Found:
    return Found(address, {}, notes=(f"a Modbus device that does not identify itself: {reason}",))
