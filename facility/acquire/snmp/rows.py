"""Which rows of a table an agent has: walks one column with GETNEXT, and nothing beside it.

An agent is not believed: answers have to lie within the column and to rise, and there is an end to how many are taken.
"""

from __future__ import annotations

from collections.abc import Mapping

from facility.acquire.snmp.ber import NULL, Raw, WireError, header, oid, oid_arcs, tlv
from facility.acquire.snmp.client import Session
from facility.acquire.snmp.pdu import GET_NEXT, NO_SUCH_NAME, Pdu, Request
from facility.acquire.snmp.udp import UdpChannel
from facility.errors import DeviceError

MOST_ROWS = 300
_LAST_ARC = (1 << 32) - 1
_ROW = "{row}"

Arcs = tuple[int, ...]


class TableWalk:
    """Walks the columns of one agent."""

    def __init__(self, session: Session, channel: UdpChannel, timeout_s: float) -> None:
        self._session = session
        self._channel = channel
        self._timeout_s = timeout_s

    async def rows(self, column: str) -> Mapping[str, Raw]:
        """Return the rows that a column has, in the agent's order, each with the value that was found in it.

        Parameters
        ----------
        column
            An object identifier with {row} in it. Where more follows after {row}, a row is there if it has any such instance,
            and the value is that of the first.

        Raises
        ------
        DeviceError
            If the agent does not answer, goes round in circles, or has more than `MOST_ROWS` rows.
        """
        before, _, after = column.partition(_ROW)
        start, inner = _arcs(before), len(_arcs(after))
        found: dict[str, Raw] = {}
        last = start
        while True:
            name, value = await self._next(last)
            if value is None or name[: len(start)] != start or len(name) <= len(start) + inner:
                return found
            if name <= last:
                raise DeviceError("the agent's answers do not rise: a walk of them would not end")
            row = name[len(start) : len(name) - inner]
            if len(found) == MOST_ROWS:
                raise DeviceError(f"more than {MOST_ROWS} rows: is {column} really a column of rows?")
            found[".".join(map(str, row))] = value
            last = (*start, *row, _LAST_ARC) if inner else name

    async def _next(self, after: Arcs) -> tuple[Arcs, Raw]:
        """Return what follows an instance; a value of None where nothing does."""
        request = Request(GET_NEXT, [oid(".".join(map(str, after)))], [tlv(NULL, b"")])
        request.whole = False  # its answer gives another name
        pdu: Pdu = await self._session.ask(self._channel, request, self._timeout_s)
        if pdu.error_status == NO_SUCH_NAME:  # how v1 says that nothing follows
            return after, None
        if pdu.error_status or len(pdu.names) != 1:
            raise DeviceError(f"the agent does not answer GETNEXT: error status {pdu.error_status}")
        try:
            _, start, stop = header(pdu.names[0], 0, len(pdu.names[0]))
            return oid_arcs(pdu.names[0][start:stop]), pdu.values[0]
        except WireError as error:
            raise DeviceError(f"the agent answers {error}") from error


def _arcs(dotted: str) -> Arcs:
    return tuple(int(arc) for arc in dotted.strip(".").split(".") if arc)


def text_of(value: Raw) -> str:
    """Return a value for people: text as it is, an object identifier in numbers; what is not printable as "?"."""
    if not isinstance(value, bytes):
        return "" if value is None else str(value)
    text = value.decode("utf-8", errors="replace").rstrip("\0 ")
    if text.isprintable():
        return text
    try:
        return ".".join(map(str, oid_arcs(value)))
    except WireError:
        return "".join(each if each.isprintable() else "?" for each in text)
