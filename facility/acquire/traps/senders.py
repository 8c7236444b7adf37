"""Who may send traps: the devices of the site, by the addresses and credentials that the site file gives them."""

from __future__ import annotations

import hmac
import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass

from facility.acquire.snmp.ber import SEQUENCE, WireError, expect, read_integer, read_octets
from facility.acquire.snmp.session import usm_user
from facility.acquire.traps.message import Notification, acknowledgement, read_notification
from facility.acquire.traps.usm import NotificationEngine, Received, UsmSender
from facility.errors import SecretError
from facility.log import get_logger
from facility.secrets import resolve_secret
from facility.site import Site, SnmpAddress

_V3 = 3
_VERSIONS = {0: "v1", 1: "v2c", _V3: "v3"}
_log = get_logger(__name__)


@dataclass(slots=True)
class Sender:
    """A device of the site, and how its notifications prove that they are its own."""

    device: str
    communities: frozenset[bytes]
    user: UsmSender | None
    last_inform: Notification | None = None  # one that comes again has lost its acknowledgement

    def open(self, data: bytes, engine: NotificationEngine) -> tuple[str, Received]:
        """Return the version of a notification, and what it holds.

        Raises
        ------
        WireError
            If it is no notification of this device.
        """
        at, end = expect(data, 0, len(data), SEQUENCE)
        number, at = read_integer(data, at, end)
        if number not in _VERSIONS:
            raise WireError(f"SNMP version {number}")
        if number != _V3:
            return _VERSIONS[number], self._community(data, at, end)
        if self.user is None:
            raise WireError("v3, though the site file gives this device no v3 user")
        return _VERSIONS[_V3], engine.receive(data, self.user)

    def _community(self, data: bytes, at: int, end: int) -> Received:
        community, at = read_octets(data, at, end)
        if not any(hmac.compare_digest(community, each) for each in self.communities):
            raise WireError("another community")
        notification = read_notification(data, at, end)
        return Received(notification, acknowledgement(data[:end], at) if notification.inform else None)


class SenderBook:
    """The site's SNMP devices by the addresses that they have now."""

    def __init__(self, site: Site, engine: NotificationEngine) -> None:
        self._site, self._engine = site, engine
        self._known: dict[str, Sender] = {}

    def look_up(self) -> Mapping[str, tuple[Sender, ...]]:
        """Return the senders by address; asks for names and secrets, so call it in a thread.

        A device without an address or with a secret that cannot be had is left out, and the log says so.
        """
        found: dict[str, tuple[Sender, ...]] = {}
        for device in self._site.devices:
            if device.snmp is None:
                continue
            try:
                sender, addresses = self._sender(device.id, device.snmp), _addresses(device.snmp.host)
            except (SecretError, OSError) as error:
                _log.error("traps of a device cannot be taken", device=device.id, reason=str(error))
                continue
            for address in addresses:
                found[address] = (*found.get(address, ()), sender)
        return found

    def _sender(self, device: str, snmp: SnmpAddress) -> Sender:
        shared = self._site.traps.community if self._site.traps else None
        secrets = [resolve_secret(each).get_secret_value() for each in (snmp.community, shared) if each]
        communities = frozenset(each.encode() for each in secrets)
        user = usm_user(snmp.v3) if snmp.v3 else None
        known = self._known.get(device)
        if known is None or (known.communities, known.user and known.user.user) != (communities, user):
            known = Sender(device, communities, UsmSender(user, self._engine.id) if user else None)
            self._known[device] = known
        return known  # as it was: it remembers the clock of the device's engine


def _addresses(host: str) -> list[str]:
    found = socket.getaddrinfo(host, None, type=socket.SOCK_DGRAM)
    return sorted({plain_address(str(address[0])) for *_, address in found})


def plain_address(address: str) -> str:
    """Return an address in its one spelling: IPv4 that came through an IPv6 socket is IPv4."""
    ip = ipaddress.ip_address(address)
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return str(mapped or ip)
