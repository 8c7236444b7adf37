"""From a device of the site file to its client: the protocol chosen, connections shared, secrets resolved when they are needed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from facility.acquire.client import DeviceClient
from facility.acquire.modbus import ModbusClient
from facility.acquire.modbus_link import ModbusLink
from facility.acquire.snmp import Session, SnmpClient
from facility.acquire.snmp_v2c import CommunitySession
from facility.acquire.snmp_v3 import UsmSession
from facility.acquire.udp import UdpChannel
from facility.acquire.usm_keys import UsmUser, master_key
from facility.errors import ConfigurationError
from facility.profile import Profile
from facility.secrets import resolve_secret
from facility.site import Device, SnmpAddress, SnmpV3


class ClientFactory:
    """Makes clients; devices behind the same Modbus server share its connection."""

    def __init__(self) -> None:
        self._links: dict[tuple[str, int], ModbusLink] = {}

    def client(self, device: Device, profile: Profile, keys: Iterable[str]) -> DeviceClient:
        """Return a client for a device that reads the profile points `keys`; nothing is connected yet.

        Raises
        ------
        ConfigurationError
            If the profile's limits do not let one of its points be read.
        """
        points = {key: profile.points[key] for key in keys}
        if device.modbus is not None:
            return ModbusClient(
                self._link(device.modbus.host, device.modbus.port), device.modbus.unit_id, points, profile.limits
            )
        if device.snmp is not None:
            channel = UdpChannel(device.snmp.host, device.snmp.port)
            return SnmpClient(channel, _session_opener(device.snmp), points, profile.limits)
        raise ConfigurationError(f"device {device.id}: give either modbus or snmp")

    def _link(self, host: str, port: int) -> ModbusLink:
        return self._links.setdefault((host, port), ModbusLink(host, port))


def _session_opener(address: SnmpAddress) -> Callable[[], Session]:
    def open_session() -> Session:
        if address.v3 is not None:
            return UsmSession(_usm_user(address.v3), time.monotonic)
        if address.community is None:
            raise ConfigurationError("give either community (v2c) or v3")
        return CommunitySession(resolve_secret(address.community).get_secret_value())

    return open_session


def _usm_user(v3: SnmpV3) -> UsmUser:
    auth = resolve_secret(v3.auth_key).get_secret_value()
    priv = resolve_secret(v3.priv_key).get_secret_value() if v3.priv_key else None
    return UsmUser(
        name=v3.user.encode(),
        auth_protocol=v3.auth_protocol,
        auth_master=master_key(auth, v3.auth_protocol),
        priv_protocol=v3.priv_protocol,
        priv_master=None if priv is None else master_key(priv, v3.auth_protocol),
    )
