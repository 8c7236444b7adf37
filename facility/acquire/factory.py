"""From a device of the site file to its client: the protocol chosen, connections shared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from facility.acquire.client import DeviceClient
from facility.acquire.modbus.client import ModbusClient
from facility.acquire.modbus.connection import TcpWire
from facility.acquire.modbus.layout import ModbusLayout
from facility.acquire.modbus.line import ModbusLine
from facility.acquire.modbus.rtu_link import RtuLink
from facility.acquire.modbus.serial_port import SerialWire
from facility.acquire.modbus.tcp_link import ModbusLink
from facility.acquire.snmp.client import SnmpClient
from facility.acquire.snmp.layout import SnmpLayout
from facility.acquire.snmp.session import session_opener
from facility.acquire.snmp.udp import UdpChannel
from facility.errors import ConfigurationError
from facility.profile import Limits, Profile, ProfilePoint
from facility.site import Device, ModbusAddress

Layout = TypeVar("Layout")


class ClientFactory:
    """Makes clients; devices behind the same Modbus server, or on the same serial port, share it."""

    def __init__(self) -> None:
        self._lines: dict[ModbusAddress, ModbusLine] = {}
        self._snmp = _Shared(SnmpLayout)
        self._snmp_v1 = _Shared(_without_bulk)
        self._modbus = _Shared(ModbusLayout)

    def client(self, device: Device, profile: Profile) -> DeviceClient:
        """Return a client for a device; nothing is connected yet.

        Raises
        ------
        ConfigurationError
            If the device has no address.
        """
        if device.modbus is not None:
            return ModbusClient(self._link(device.modbus), device.modbus.unit_id, self._modbus.of(profile))
        if device.snmp is not None:
            channel = UdpChannel(device.snmp.host, device.snmp.port)
            layouts = self._snmp_v1 if device.snmp.version == "v1" else self._snmp
            return SnmpClient(channel, session_opener(device.snmp), layouts.of(profile))
        raise ConfigurationError(f"device {device.id}: give either modbus or snmp")

    def _link(self, address: ModbusAddress) -> ModbusLine:
        settings = address.model_copy(update={"unit_id": 1})  # what the units of a line have in common
        if settings not in self._lines:
            self._lines[settings] = _modbus_line(settings)
        return self._lines[settings]


class _Shared(Generic[Layout]):
    """One layout a profile, for all the devices that have it."""

    def __init__(self, make: Callable[[Mapping[str, ProfilePoint], Limits], Layout]) -> None:
        self._make = make
        self._layouts: dict[int, tuple[Profile, Layout]] = {}  # a profile that is kept keeps its id

    def of(self, profile: Profile) -> Layout:
        """Return the layout of a profile."""
        if id(profile) not in self._layouts:
            self._layouts[id(profile)] = (profile, self._make(profile.points, profile.limits))
        return self._layouts[id(profile)][1]


def _modbus_line(address: ModbusAddress) -> ModbusLine:
    if address.serial is not None:
        return RtuLink(SerialWire(address.serial, address.baud, address.parity, address.stop_bits))
    assert address.host is not None  # the schema asks for one of the two
    if address.framing == "rtu":
        return RtuLink(TcpWire(address.host, address.port))
    return ModbusLink(address.host, address.port)


def _without_bulk(points: Mapping[str, ProfilePoint], limits: Limits) -> SnmpLayout:
    return SnmpLayout(points, limits.model_copy(update={"bulk": False}))  # v1 has no GETBULK
