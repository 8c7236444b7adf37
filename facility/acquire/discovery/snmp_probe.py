"""Asks an address for an SNMP agent: sysObjectID, sysDescr, sysName, and the rows of a recognised device's tables.

With the sessions that polling uses rather than pysnmp's: what a scan reaches with a credential, the poller reaches with it, and
the same rules say what is believed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from facility.acquire.discovery.found import Answer, Fault, Found, place
from facility.acquire.discovery.recognise import Recogniser
from facility.acquire.discovery.rows import Rows, find_rows
from facility.acquire.discovery.texts import printable
from facility.acquire.snmp.ber import Raw, WireError, oid_arcs
from facility.acquire.snmp.client import Session
from facility.acquire.snmp.pdu import Pdu, Request, get
from facility.acquire.snmp.session import session_opener
from facility.acquire.snmp.udp import SilenceError, UdpChannel
from facility.errors import DeviceError, SecretError
from facility.site import SnmpAddress

_SYSTEM = {"sysObjectID": "1.3.6.1.2.1.1.2.0", "sysDescr": "1.3.6.1.2.1.1.1.0", "sysName": "1.3.6.1.2.1.1.5.0"}
Reply = TypeVar("Reply")


class ProbeChannel(UdpChannel):
    """Sends a question that stays unanswered once more, and knows whether anything ever came."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(host, port)
        self.heard = False

    async def exchange(self, payload: bytes, accept: Callable[[bytes], Reply], timeout_s: float) -> Reply:
        """Send a question and return what `accept` makes of its answer; see UdpChannel."""

        def hear(data: bytes) -> Reply:
            self.heard = True
            return accept(data)

        try:
            return await super().exchange(payload, hear, timeout_s)
        except SilenceError:
            return await super().exchange(payload, hear, timeout_s)


async def probe_snmp(address: SnmpAddress, recogniser: Recogniser, timeout_s: float) -> Answer | None:
    """Return what answers at an address; None if nothing does."""
    channel = ProbeChannel(address.host, address.port)
    try:
        return await _found(address, session_opener(address)(), channel, recogniser, timeout_s)
    except SecretError as error:  # it was there when the scan began
        return Fault(place(address.host, address.port), str(error))
    except DeviceError as error:
        return Fault(place(address.host, address.port), str(error)) if channel.heard else None
    finally:
        channel.close()


async def _found(
    address: SnmpAddress, session: Session, channel: UdpChannel, recogniser: Recogniser, timeout_s: float
) -> Found:
    says = await _system(lambda request: session.ask(channel, request, timeout_s))
    match = recogniser.snmp(says.get("sysObjectID", ""))
    rows = await find_rows(session, channel, match.profile, timeout_s) if match.profile else Rows()
    return Found(address, says, match, rows.of_table, tuple(rows.shared), tuple(rows.notes))


async def _system(ask: Callable[[Request], Awaitable[Pdu]]) -> dict[str, str]:
    """Read the three names together; one by one where an agent refuses them together, as v1 does if it has not all."""
    answer = await ask(get(list(_SYSTEM.values())))
    values: Sequence[Raw] = answer.values
    if answer.error_status:
        alone = [await ask(get([instance])) for instance in _SYSTEM.values()]
        values = [each.values[0] if not each.error_status else None for each in alone]
    said = dict(zip(_SYSTEM, values, strict=True))
    texts = {name: _object_id(value) if name == "sysObjectID" else _text(value) for name, value in said.items()}
    return {name: text for name, text in texts.items() if text}


def _text(value: Raw) -> str:
    return printable(value) if isinstance(value, bytes) else ""


def _object_id(value: Raw) -> str:
    try:
        return printable(".".join(map(str, oid_arcs(value)))) if isinstance(value, bytes) else ""
    except WireError:
        return ""  # something else in its place
