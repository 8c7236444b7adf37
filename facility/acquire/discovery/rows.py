"""Which rows the tables of a recognised agent have."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from facility.acquire.discovery.texts import printable
from facility.acquire.snmp.client import Session
from facility.acquire.snmp.pdu import get
from facility.acquire.snmp.rows import TableWalk, text_of
from facility.acquire.snmp.udp import UdpChannel
from facility.errors import DeviceError
from facility.profile import Profile

_ALL_S = 30.0  # for all tables of a device
_LONGEST = 60  # of a row in a site file
_ROW = "{row}"


@dataclass(frozen=True, slots=True)
class SharedRows:
    """Rows that several tables of a profile look for in one place: a person has to say which belong to which."""

    tables: tuple[str, ...]
    labels: Mapping[str, str]  # row -> what the device calls it


@dataclass(slots=True)
class Rows:
    """What was found, and what was not to be had."""

    of_table: dict[str, tuple[str, ...]] = field(default_factory=dict)
    shared: list[SharedRows] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


async def find_rows(session: Session, channel: UdpChannel, profile: Profile, timeout_s: float) -> Rows:
    """Walk the tables of a profile; what an agent does not tell is a note, never an error."""
    search = _Search(session, channel, profile, timeout_s)
    try:
        async with asyncio.timeout(_ALL_S):
            for column, tables in _columns(profile).items():
                await search.look(column, tables)
    except TimeoutError:
        search.found.notes.append(f"rows may not be all: they take more than {_ALL_S:g} s to read")
    return search.found


def _columns(profile: Profile) -> Mapping[str, list[str]]:
    """Return the tables by the column that tells their rows: that of the first point."""
    columns: dict[str, list[str]] = {}
    for name, table in profile.tables.items():
        column = next((point.oid for point in table.points.values() if point.oid), None)
        if column is not None:
            columns.setdefault(column, []).append(name)
    return columns


class _Search:
    def __init__(self, session: Session, channel: UdpChannel, profile: Profile, timeout_s: float) -> None:
        self.found = Rows()
        self._session, self._channel, self._timeout_s = session, channel, timeout_s
        self._walk = TableWalk(session, channel, timeout_s)
        self._profile = profile

    async def look(self, column: str, tables: list[str]) -> None:
        """Find the rows of tables that share a column."""
        try:
            rows = await self._rows(column)
            if rows and len(tables) > 1:
                self.found.shared.append(SharedRows(tuple(tables), await self._labels(rows, tables)))
            elif rows:
                self.found.of_table[tables[0]] = rows
        except DeviceError as error:
            self.found.notes.append(f"rows of {', '.join(tables)} not found: {error}")

    async def _rows(self, column: str) -> tuple[str, ...]:
        walked = [row for row in await self._walk.rows(column) if len(row) <= _LONGEST]
        if column.endswith(_ROW):
            return tuple(walked)
        return tuple([row for row in walked if await self._has(column.replace(_ROW, row))])  # not only others beside it

    async def _has(self, instance: str) -> bool:
        answer = await self._session.ask(self._channel, get([instance]), self._timeout_s)
        return answer.error_status == 0 and answer.values[0] is not None

    async def _labels(self, rows: tuple[str, ...], tables: list[str]) -> Mapping[str, str]:
        column = next((label for name in tables if (label := self._profile.tables[name].label)), None)
        called = await self._walk.rows(column) if column else {}
        return {row: printable(text_of(called.get(row)), _LONGEST) for row in rows}
